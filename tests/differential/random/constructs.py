"""What random programs consist of: each construct knows its text in Async C and what it does.

Expressions have text() and value(frame); statements text(indent) and run(frame). value and run are Python generators:
they yield where the task waits. A frame is one call of an async function."""
from model import (ECANCELED, Discard, Error, Family, Limit, end_child, join, shield, sleep, stop, wait_for)

LIMIT = 1 << 30


class Jump(Exception):
    """break, continue, return or goto on its way: kind, and the label or the value."""

    def __init__(self, kind, what=None):
        super().__init__(kind)
        self.kind, self.what = kind, what
        self.error = None  # what was under way where a generator was closed while it undid something


class Frame:
    def __init__(self, world, function, stream=None):
        self.world, self.loop, self.function = world, world.loop, function
        self.variables, self.handled = {}, None
        self.stream = stream  # of a generator


class World:
    """One run of a program: its loop, globals, shared objects (locks, queues, ...), and what it prints."""

    def __init__(self, loop, objects):
        self.loop, self.objects = loop, objects
        self.globals, self.lines = {}, []
        self.steps = 0

    def print(self, number, value):
        self.lines.append(f'{number}:{value}')

    def count(self):
        self.steps += 1
        if self.steps > 4000:
            raise Discard


def checked(value):
    if not -LIMIT < value < LIMIT:
        raise Discard  # C leaves an overflow open
    return value


def indented(indent, text):
    return '    ' * indent + text + '\n'


# ---- expressions ------------------------------------------------------------------------------------------------------


class Constant:
    def __init__(self, number):
        self.number = number

    def text(self):
        return str(self.number) if self.number >= 0 else f'({self.number})'

    def value(self, frame):
        return self.number
        yield


class Local:
    """A variable that nobody else changes meanwhile. `name` is what is printed, `key` tells those of one name apart."""

    def __init__(self, key, name):
        self.key, self.name = key, name

    def text(self):
        return self.name

    def value(self, frame):
        return frame.variables[self.key]
        yield

    def assign(self, frame, value):
        frame.variables[self.key] = checked(value)

    def cell(self, frame):
        return lambda value: self.assign(frame, value)


class Shared(Local):
    """A variable whose address others have: read and written in statements of its own only."""


class Global(Shared):
    def value(self, frame):
        return frame.world.globals.get(self.key, 0)
        yield

    def assign(self, frame, value):
        frame.world.globals[self.key] = checked(value)


class Binary:
    def __init__(self, operator, left, right):
        self.operator, self.left, self.right = operator, left, right

    def text(self):
        return f'({self.left.text()} {self.operator} {self.right.text()})'

    def value(self, frame):
        left = yield from self.left.value(frame)
        right = yield from self.right.value(frame)
        return apply(self.operator, left, right)


def apply(operator, left, right):
    if operator == '%':  # by a positive constant only; C's sign
        return left % right if left >= 0 else -(-left % right)
    operators = {'+': int.__add__, '-': int.__sub__, '*': int.__mul__, '<': int.__lt__, '==': int.__eq__,
                 '^': int.__xor__, '|': int.__or__}
    return checked(int(operators[operator](left, right)))


class Unary:
    def __init__(self, operator, operand):
        self.operator, self.operand = operator, operand

    def text(self):
        return f'({self.operator}{self.operand.text()})'

    def value(self, frame):
        value = yield from self.operand.value(frame)
        return -value if self.operator == '-' else int(not value)


class Logical:
    def __init__(self, operator, left, right):
        self.operator, self.left, self.right = operator, left, right

    def text(self):
        return f'({self.left.text()} {self.operator} {self.right.text()})'

    def value(self, frame):
        left = yield from self.left.value(frame)
        if bool(left) == (self.operator == '||'):
            return int(bool(left))
        return int(bool((yield from self.right.value(frame))))


class Conditional:
    def __init__(self, condition, yes, no):
        self.condition, self.yes, self.no = condition, yes, no

    def text(self):
        return f'({self.condition.text()} ? {self.yes.text()} : {self.no.text()})'

    def value(self, frame):
        condition = yield from self.condition.value(frame)
        return (yield from (self.yes if condition else self.no).value(frame))


class Comma:
    def __init__(self, left, right):
        self.left, self.right = left, right

    def text(self):
        return f'((void){self.left.text()}, {self.right.text()})'

    def value(self, frame):
        yield from self.left.value(frame)
        return (yield from self.right.value(frame))


class StatementExpression:
    def __init__(self, statements, result):
        self.block, self.result = Block(statements, braces=False), result

    def text(self):
        return '({\n' + self.block.text(3) + '            ' + self.result.text() + ';\n        })'

    def value(self, frame):
        return (yield from self.block.run(frame, self.result))


class Element:
    """An element of an array that is filled in place: (int[]){a, b, c}[index]."""

    def __init__(self, elements, index):
        self.elements, self.index = elements, index

    def text(self):
        return f'((int[]){{{", ".join(e.text() for e in self.elements)}}})[({self.index.text()} & 1)]'

    def value(self, frame):
        values = []
        for element in self.elements:
            values.append((yield from element.value(frame)))
        index = yield from self.index.value(frame)
        return values[index & 1]


class Call:
    """A call of an async function: makes a coroutine."""

    def __init__(self, function, arguments):
        self.function, self.arguments = function, arguments

    def text(self):
        return f'{self.function.name}({", ".join(a.text() for a in self.arguments)})'

    def coroutine(self, frame):
        """Evaluates the arguments now; gives a generator that runs the body."""
        values = []
        for argument in self.arguments:
            values.append(argument.cell(frame) if isinstance(argument, AddressOf)
                          else (yield from argument.value(frame)))
        return self.function.body(frame.world, values)


class AddressOf:
    def __init__(self, variable):
        self.variable = variable

    def text(self):
        return '&' + self.variable.text()

    def cell(self, frame):
        return self.variable.cell(frame)


class AwaitCall:
    def __init__(self, call):
        self.call = call

    def text(self):
        if self.call.function.kind == 'void':
            return f'(await {self.call.text()}, 0)'
        return f'(await {self.call.text()}){self.call.function.member}'

    def value(self, frame):
        frame.world.count()
        coroutine = yield from self.call.coroutine(frame)
        return (yield from coroutine)


class AwaitPause:
    """ac_yield, ac_sleep: have no value; as an expression 0."""

    def __init__(self, eighths):
        self.eighths = eighths

    def text(self):
        pause = f'ac_sleep({self.eighths / 8})' if self.eighths else 'ac_yield()'
        return f'(await {pause}, 0)'

    def value(self, frame):
        yield from sleep(frame.loop, self.eighths)
        return 0


class AwaitHandle:
    """A task's handle, consumed; or a scoped child, any number of times."""

    def __init__(self, variable):
        self.variable = variable

    def text(self):
        return f'(await {self.variable.text()})'

    def value(self, frame):
        return (yield from join(frame.loop, frame.variables[self.variable.key]))


class AwaitWithin:
    """ac_wait_for."""

    def __init__(self, operand, eighths):
        self.operand, self.eighths = operand, eighths

    def text(self):
        return f'(await ac_wait_for({self.operand.text()}, {self.eighths / 8})){member_of(self.operand)}'

    def value(self, frame):
        if isinstance(self.operand, Call):
            body = yield from self.operand.coroutine(frame)
        else:
            body = join(frame.loop, frame.variables[self.operand.key])
        return (yield from wait_for(frame.loop, self.eighths, body))


def member_of(operand):
    return operand.function.member if isinstance(operand, Call) else ''


class AwaitFirst:
    """ac_race and ac_any."""

    def __init__(self, kind, calls):
        self.kind, self.calls = kind, calls

    def text(self):
        return f'(await ac_{self.kind}({", ".join(call.text() for call in self.calls)})){member_of(self.calls[0])}'

    def value(self, frame):
        children = []
        for call in self.calls:
            children.append(((yield from call.coroutine(frame)), None))
        return (yield from Family(frame.loop, self.kind, children).run())


class AwaitSettle:
    """The code of an ac_settle."""

    def __init__(self, call):
        self.call = call

    def text(self):
        return f'(await ac_settle({self.call.text()})).code'

    def value(self, frame):
        coroutine = yield from self.call.coroutine(frame)
        return (yield from Family(frame.loop, 'settle', [(coroutine, None)]).run())


class AwaitShield:
    def __init__(self, operand):
        self.operand = operand

    def text(self):
        return f'(await ac_shield({self.operand.text()})){member_of(self.operand)}'

    def value(self, frame):
        if isinstance(self.operand, Call):
            task = frame.loop.spawn((yield from self.operand.coroutine(frame)))
        else:
            task = frame.variables[self.operand.key]
        return (yield from shield(frame.loop, task))


# ---- simple statements ------------------------------------------------------------------------------------------------


class Trace:
    def __init__(self, number, expression):
        self.number, self.expression = number, expression

    def text(self, indent):
        return indented(indent, f't({self.number}, {self.expression.text()});')

    def run(self, frame):
        frame.world.print(self.number, (yield from self.expression.value(frame)))


class Declare:
    def __init__(self, variable, expression):
        self.variable, self.expression = variable, expression

    def text(self, indent):
        return indented(indent, f'int {self.variable.text()} = {self.expression.text()};')

    def run(self, frame):
        self.variable.assign(frame, (yield from self.expression.value(frame)))


class DeclareStatic:
    """A static local: initialised once, kept from call to call."""

    def __init__(self, variable, number):
        self.variable, self.number = variable, number

    def text(self, indent):
        return indented(indent, f'static int {self.variable.text()} = {self.number};')

    def run(self, frame):
        frame.world.globals.setdefault(self.variable.key, self.number)
        return
        yield


class Assign:
    """Whoever reads a shared variable by `op=` reads it after the awaits on the right."""

    def __init__(self, variable, operator, expression):
        self.variable, self.operator, self.expression = variable, operator, expression

    def text(self, indent):
        return indented(indent, f'{self.variable.text()} {self.operator}= {self.expression.text()};')

    def run(self, frame):
        value = yield from self.expression.value(frame)
        if self.operator:
            value = apply(self.operator, (yield from self.variable.value(frame)), value)
        self.variable.assign(frame, value)


class Store:
    """Through a pointer parameter: *out = value."""

    def __init__(self, key, expression):
        self.key, self.expression = key, expression

    def text(self, indent):
        return indented(indent, f'*{self.key} = {self.expression.text()};')

    def run(self, frame):
        value = checked((yield from self.expression.value(frame)))
        frame.variables[self.key](value)


class Evaluate:
    def __init__(self, expression):
        self.expression = expression

    def text(self, indent):
        return indented(indent, f'(void){self.expression.text()};')

    def run(self, frame):
        yield from self.expression.value(frame)


class Gather:
    def __init__(self, children):
        self.children = children  # (variable or None, call)

    def text(self, indent):
        parts = [f'{variable.text()} = {call.text()}' if variable else call.text() for variable, call in self.children]
        return indented(indent, f'await ac_gather({", ".join(parts)});')

    def run(self, frame):
        children = []
        for variable, call in self.children:
            coroutine = yield from call.coroutine(frame)
            children.append((coroutine, variable.cell(frame) if variable else None))
        yield from Family(frame.loop, 'gather', children).run()


class GatherArray:
    """ac_gather_n over coroutines, or over spawned tasks."""

    def __init__(self, variable, calls, are_tasks):
        self.variable, self.calls, self.are_tasks = variable, calls, are_tasks

    def text(self, indent):
        wrap = 'ac_spawn({})' if self.are_tasks else '{}'
        kind = 'task' if self.are_tasks else 'coro'
        items = ', '.join(wrap.format(call.text()) for call in self.calls)
        name, count = self.variable.text(), len(self.calls)
        lines = ['{', f'    ac_{kind}(int) items[] = {{{items}}};', f'    int results[{count}] = {{0}};',
                 f'    await ac_gather_n(items, {count}, results);', f'    {name} = results[{count - 1}];', '}']
        return ''.join(indented(indent, line) for line in lines)

    def run(self, frame):
        children, results = [], {}
        for index, call in enumerate(self.calls):
            coroutine = yield from call.coroutine(frame)
            child = frame.loop.spawn(coroutine) if self.are_tasks else coroutine
            children.append((child, lambda value, index=index: results.__setitem__(index, value)))
        yield from Family(frame.loop, 'gather', children).run()
        self.variable.assign(frame, results[len(self.calls) - 1])


class Throw:
    def __init__(self, code, expression=None):
        self.code, self.expression = code, expression

    def text(self, indent):
        message = f', "value %d", {self.expression.text()}' if self.expression else ''
        return indented(indent, f'throw {self.code}{message};')

    def run(self, frame):
        if self.expression:
            yield from self.expression.value(frame)
        raise Error(self.code)


class Rethrow:
    def text(self, indent):
        return indented(indent, 'throw;')

    def run(self, frame):
        raise frame.handled
        yield


class Return:
    def __init__(self, expression):
        self.expression = expression

    def text(self, indent):
        return indented(indent, f'return {self.expression.text()};' if self.expression else 'return;')

    def run(self, frame):
        value = (yield from self.expression.value(frame)) if self.expression else 0
        raise Jump('return', checked(value))


class ReturnStruct(Return):
    def text(self, indent):
        return indented(indent, f'return (struct pair){{7, {self.expression.text()}}};')


class Leave:
    """break, continue, goto."""

    def __init__(self, kind, label=None):
        self.kind, self.label = kind, label

    def text(self, indent):
        return indented(indent, f'goto {self.label};' if self.label else f'{self.kind};')

    def run(self, frame):
        raise Jump(self.kind, self.label)
        yield


# ---- tasks ------------------------------------------------------------------------------------------------------------


class Spawn:
    def __init__(self, variable, call):
        self.variable, self.call = variable, call

    def text(self, indent):
        return indented(indent, f'ac_task(int) {self.variable.text()} = ac_spawn({self.call.text()});')

    def run(self, frame):
        frame.variables[self.variable.key] = frame.loop.spawn((yield from self.call.coroutine(frame)))


class Child:
    """async int c = f();"""

    def __init__(self, variable, call):
        self.variable, self.call = variable, call

    def text(self, indent):
        return indented(indent, f'async int {self.variable.text()} = {self.call.text()};')

    def run(self, frame):
        frame.variables[self.variable.key] = frame.loop.spawn((yield from self.call.coroutine(frame)))

    def undo(self, frame, _):
        yield from end_child(frame.loop, frame.variables[self.variable.key])


class TaskQuestion:
    """ac_cancel and ac_done, their answer printed; ac_detach."""

    def __init__(self, kind, variable, number):
        self.kind, self.variable, self.number = kind, variable, number

    def text(self, indent):
        call = f'ac_{self.kind}({self.variable.text()})'
        return indented(indent, f'{call};' if self.kind == 'detach' else f't({self.number}, {call});')

    def run(self, frame):
        task = frame.variables[self.variable.key]
        if self.kind == 'cancel':
            frame.world.print(self.number, int(frame.loop.cancel(task)))
        elif self.kind == 'done':
            frame.world.print(self.number, int(task.is_done()))
        return
        yield


class CancelSelf:
    def text(self, indent):
        return indented(indent, '(void)ac_cancel(ac_current());')

    def run(self, frame):
        frame.loop.cancel(frame.loop.current)
        return
        yield


class Stop:
    def __init__(self, variable):
        self.variable = variable

    def text(self, indent):
        return indented(indent, f'await ac_stop({self.variable.text()});')

    def run(self, frame):
        yield from stop(frame.loop, frame.variables[self.variable.key])


# ---- blocks -----------------------------------------------------------------------------------------------------------


class Block:
    """Statements in braces. What has an undo (defer, scoped children) is undone when the block is left, last first."""

    def __init__(self, statements, braces=True):
        self.statements, self.braces = statements, braces

    def text(self, indent):
        inner = ''.join(statement.text(indent + 1) for statement in self.statements)
        return indented(indent, '{') + inner + indented(indent, '}') if self.braces else inner

    def run(self, frame, result=None):
        undo, pending, value = [], None, None
        try:
            for statement in self.statements:
                frame.world.count()
                if isinstance(statement, Defer):
                    undo.append(statement)
                    continue
                yield from statement.run(frame)
                if isinstance(statement, Child):
                    undo.append(statement)
            if result:
                value = yield from result.value(frame)
        except (Error, Jump) as leaving:
            pending = leaving
        for statement in reversed(undo):
            try:
                yield from undoing(frame, pending, statement.undo(frame, pending))
            except (Error, Jump) as leaving:  # a jump: the generator is closed where it yields
                pending = leaving
        if pending:
            raise pending
        return value


class Defer:
    def __init__(self, block):
        self.block = block

    def text(self, indent):
        return indented(indent, 'defer') + self.block.text(indent)

    def undo(self, frame, _):
        yield from self.block.run(frame)


def undoing(frame, pending, undo, is_handled=False):
    """Runs what undoes something while an error, a jump or nothing is on its way; its own error takes the place. A
    generator that is closed there throws the error in the end, unless it is handled."""
    error = pending.error if isinstance(pending, Jump) else pending
    if error:
        frame.loop.current.caught(error)
    try:
        return (yield from undo)
    except Error as other:
        raise other.instead_of(error) if error else other
    except Jump as jump:
        if jump.error and error:
            jump.error.instead_of(error)
        elif not is_handled:
            jump.error = jump.error or error
        raise


def guarded(frame, body, leave):
    """Runs body; then leave(what is on its way, or None), which may replace it. leave answers: swallow it?"""
    pending = None
    try:
        yield from body.run(frame)
    except (Error, Jump) as leaving:
        pending = leaving
    swallows = yield from undoing(frame, pending, leave(pending))
    if pending and not (swallows and isinstance(pending, Error)):
        raise pending


class Try:
    def __init__(self, body, clauses, final):
        self.body, self.clauses, self.final = body, clauses, final

    def text(self, indent):
        text = indented(indent, 'try') + self.body.text(indent)
        for clause in self.clauses:
            text += indented(indent, clause.head()) + clause.body.text(indent)
        return text + (indented(indent, 'finally') + self.final.text(indent) if self.final else '')

    def run(self, frame):
        def leave(_):
            if self.final:
                yield from self.final.run(frame)
        yield from guarded(frame, Handled(self.body, self.clauses), leave)


class Handled:
    def __init__(self, body, clauses):
        self.body, self.clauses = body, clauses

    def run(self, frame):
        try:
            yield from self.body.run(frame)
            return
        except Error as error:
            caught = frame.loop.current.caught(error)
        for clause in self.clauses:
            if clause.takes(caught.code):
                outer, frame.handled = frame.handled, caught
                try:
                    frame.world.print(clause.number, caught.code)
                    yield from undoing(frame, caught, clause.body.run(frame), is_handled=True)
                finally:
                    frame.handled = outer
                return
        raise caught


class Catch:
    def __init__(self, name, codes, body, number):
        self.name, self.codes, self.number, self.body = name, codes, number, body
        body.statements.insert(0, TraceCode(name, number))

    def head(self):
        codes = ' : ' + ', '.join(map(str, self.codes)) if self.codes else ''
        return f'catch ({self.name}{codes})'

    def takes(self, code):
        return code in self.codes if self.codes else code != ECANCELED


class TraceCode:
    """Printed by the clause itself; here only its text."""

    def __init__(self, name, number):
        self.name, self.number = name, number

    def text(self, indent):
        return indented(indent, f't({self.number}, {self.name}->code);')

    def run(self, frame):
        return
        yield


class WithResource:
    """async with (&resource) {...}, of the type `res` in prelude.h."""

    def __init__(self, resource, body, name=None):
        self.resource, self.body, self.name = resource, body, name

    def text(self, indent):
        operand = '(res){' + ', '.join(map(str, self.resource)) + '}'
        operand = f'res *{self.name} = &{operand}' if self.name else operand
        return indented(indent, f'async with ({operand})') + self.body.text(indent)

    def run(self, frame):
        number, enter_sleep, enter_code, exit_sleep, exit_code, swallows = self.resource
        frame.world.print(1000 + number, 0)
        if enter_sleep:
            yield from sleep(frame.loop, enter_sleep)
        if enter_code:
            raise Error(enter_code)

        def leave(pending):
            frame.world.print(2000 + number, pending.code if isinstance(pending, Error) else 0)
            if exit_sleep:
                yield from sleep(frame.loop, exit_sleep)
            if exit_code:
                raise Error(exit_code)
            return swallows
        yield from guarded(frame, self.body, leave)


class WithTimeout:
    def __init__(self, eighths, body):
        self.eighths, self.body = eighths, body

    def text(self, indent):
        return indented(indent, f'async with (ac_timeout({self.eighths / 8}))') + self.body.text(indent)

    def run(self, frame):
        limit = Limit(frame.loop, self.eighths)

        def leave(pending):
            if limit.end(pending if isinstance(pending, Error) else None):
                raise Error(110)
            return False
            yield
        yield from guarded(frame, self.body, leave)


class WithLock:
    def __init__(self, name, body):
        self.name, self.body = name, body

    def text(self, indent):
        return indented(indent, f'async with (&{self.name})') + self.body.text(indent)

    def run(self, frame):
        lock = frame.world.objects[self.name]
        yield from lock.acquire(frame.loop)

        def leave(_):
            lock.release(frame.loop)
            return False
            yield
        yield from guarded(frame, self.body, leave)


# ---- control flow -----------------------------------------------------------------------------------------------------


def once(frame, body):
    """A round of a loop. False: it was left by break."""
    try:
        yield from body.run(frame)
    except Jump as jump:
        if jump.kind not in ('break', 'continue'):
            raise
        return jump.kind == 'continue'
    return True


class If:
    def __init__(self, condition, yes, no):
        self.condition, self.yes, self.no = condition, yes, no

    def text(self, indent):
        text = indented(indent, f'if ({self.condition.text()})') + self.yes.text(indent)
        return text + (indented(indent, 'else') + self.no.text(indent) if self.no else '')

    def run(self, frame):
        condition = yield from self.condition.value(frame)
        if condition:
            yield from self.yes.run(frame)
        elif self.no:
            yield from self.no.run(frame)


class For:
    def __init__(self, variable, count, condition, body):
        self.variable, self.count, self.condition, self.body = variable, count, condition, body

    def text(self, indent):
        name = self.variable.text()
        condition = f'{name} < {self.count.text()}' + (f' && {self.condition.text()}' if self.condition else '')
        return indented(indent, f'for (int {name} = 0; {condition}; {name}++)') + self.body.text(indent)

    def goes_on(self, frame):
        count = yield from self.count.value(frame)
        if frame.variables[self.variable.key] >= count:
            return False
        return not self.condition or (yield from self.condition.value(frame))

    def run(self, frame):
        frame.variables[self.variable.key] = 0
        while (yield from self.goes_on(frame)):
            if not (yield from once(frame, self.body)):
                break
            frame.variables[self.variable.key] += 1


class While:
    """while (n-- > 0 && condition), or do ... while (n-- > 0 && condition)."""

    def __init__(self, variable, count, condition, body, is_do):
        self.variable, self.count, self.condition, self.body = variable, count, condition, body
        self.is_do = is_do

    def text(self, indent):
        name = self.variable.text()
        head = f'while ({name}-- > 0 && {self.condition.text()})'
        first = indented(indent, f'int {name} = {self.count};')
        if self.is_do:
            return first + indented(indent, 'do') + self.body.text(indent) + indented(indent, head + ';')
        return first + indented(indent, head) + self.body.text(indent)

    def goes_on(self, frame):
        frame.variables[self.variable.key] -= 1
        if frame.variables[self.variable.key] < 0:
            return False
        return (yield from self.condition.value(frame))

    def run(self, frame):
        frame.variables[self.variable.key] = self.count
        if self.is_do and not (yield from once(frame, self.body)):
            return
        while (yield from self.goes_on(frame)):
            if not (yield from once(frame, self.body)):
                break


class Switch:
    """Cases 0, 1, 2, ... and a default, with fall-through where a section does not break."""

    def __init__(self, operand, sections, breaks):
        self.operand, self.sections, self.breaks = operand, sections, breaks

    def text(self, indent):
        last = len(self.sections) - 1
        text = indented(indent, f'switch (({self.operand.text()}) & 3)') + indented(indent, '{')
        for index, (section, breaks) in enumerate(zip(self.sections, self.breaks)):
            text += indented(indent, 'default:' if index == last else f'case {index}:') + section.text(indent + 1)
            text += indented(indent + 1, 'break;') if breaks else ''
        return text + indented(indent, '}')

    def run(self, frame):
        value = yield from self.operand.value(frame)
        at = min(value & 3, len(self.sections) - 1)
        try:
            for section, breaks in list(zip(self.sections, self.breaks))[at:]:
                yield from section.run(frame)
                if breaks:
                    break
        except Jump as jump:
            if jump.kind != 'break':
                raise


class Duff:
    """A switch into the middle of a loop."""

    def __init__(self, variable, rounds, operand, sections):
        self.variable, self.rounds, self.operand, self.sections = variable, rounds, operand, sections

    def text(self, indent):
        name = self.variable.text()
        text = indented(indent, f'int {name} = {self.rounds};') + indented(indent, f'switch (({self.operand.text()}) & 3)')
        text += indented(indent, '{') + indented(indent, 'default: do {')
        for index, section in enumerate(self.sections):
            text += indented(indent, f'case {index}:;') + section.text(indent + 1)
        return text + indented(indent, f'}} while (--{name} > 0);') + indented(indent, '}')

    def run(self, frame):
        frame.variables[self.variable.key] = self.rounds
        value = (yield from self.operand.value(frame)) & 3
        at = value if value < len(self.sections) else 0
        while True:
            if not (yield from once(frame, Block(self.sections[at:]))):
                return
            at = 0
            frame.variables[self.variable.key] -= 1
            if frame.variables[self.variable.key] <= 0:
                return


class Labelled:
    """{ ... goto end; ... } end:; and again: { ... } if (--n > 0) goto again;"""

    def __init__(self, label, body, variable=None, rounds=0):
        self.label, self.body, self.variable, self.rounds = label, body, variable, rounds

    def text(self, indent):
        if not self.variable:
            return self.body.text(indent) + indented(indent, f'{self.label}:;')
        name = self.variable.text()
        text = indented(indent, f'int {name} = {self.rounds};') + indented(indent, f'{self.label}:;')
        text += indented(indent, f'if (--{name} >= 0)')
        return text + indented(indent, '{') + self.body.text(indent + 1) + indented(indent + 1, f'goto {self.label};') \
            + indented(indent, '}')

    def attempt(self, frame):
        try:
            yield from self.body.run(frame)
        except Jump as jump:
            if jump.kind != 'goto' or jump.what != self.label:
                raise

    def run(self, frame):
        if not self.variable:
            yield from self.attempt(frame)
            return
        frame.variables[self.variable.key] = self.rounds
        while True:
            frame.variables[self.variable.key] -= 1
            if frame.variables[self.variable.key] < 0:
                return
            yield from self.attempt(frame)


class Array:
    """A variable-length array that lives across an await, summed up."""

    def __init__(self, variable, length, element, pause, result):
        self.variable, self.length, self.element, self.pause, self.result = variable, length, element, pause, result

    def text(self, indent):
        name, i = self.variable.text(), 'at'
        lines = ['{', f'    int {name}[({self.length.text()} & 3) + 1];',
                 f'    int count = (int)(sizeof {name} / sizeof *{name});',
                 f'    for (int {i} = 0; {i} < count; {i}++)', f'        {name}[{i}] = {i} + {self.element.text()};',
                 f'    (void){self.pause.text()};', f'    for (int {i} = 0; {i} < count; {i}++)',
                 f'        {self.result.text()} += {name}[{i}];', '}']
        return ''.join(indented(indent, line) for line in lines)

    def run(self, frame):
        count = ((yield from self.length.value(frame)) & 3) + 1
        values = []
        for index in range(count):
            values.append(index + (yield from self.element.value(frame)))
        yield from self.pause.value(frame)
        for value in values:
            self.result.assign(frame, (yield from self.result.value(frame)) + value)


# ---- functions --------------------------------------------------------------------------------------------------------


class Function:
    """kind: int, struct (its value in a member), void (as an expression, 0 by a comma) or yield (a generator of int)."""

    def __init__(self, name, kind, parameters, has_out):
        self.name, self.kind, self.parameters, self.has_out = name, kind, parameters, has_out
        self.member = '.value' if kind == 'struct' else ''
        self.block = None

    def prototype(self):
        result = {'int': 'int', 'struct': 'struct pair', 'void': 'void', 'yield': 'yield int'}[self.kind]
        parameters = ['int ' + p.name for p in self.parameters] + (['int *out'] if self.has_out else [])
        return f'static async {result} {self.name}({", ".join(parameters)})'

    def text(self):
        return self.prototype() + '\n' + self.block.text(0) + '\n'

    def body(self, world, values, stream=None):
        frame = Frame(world, self, stream)
        for parameter, value in zip(self.parameters, values):
            frame.variables[parameter.key] = value
        if self.has_out:
            frame.variables['out'] = values[-1]
        try:
            yield from self.block.run(frame)
        except Jump as jump:
            if jump.error:
                raise jump.error
            return jump.what
        return 0
