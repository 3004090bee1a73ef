"""Makes random programs: trees of constructs.py whose meaning the reference fixes.

What C or the reference leaves open does not come up: a variable whose address somebody else has, or a global one, is
read and written in statements of its own; loops end; handles are consumed once."""
import random

import constructs as c
import meetings as m
from model import Event, Future, Lock, Queue

OWN_CODES = [1001, 1002, 1003]
CODES = OWN_CODES + [22, 110, 125]


class Scope:
    """What a statement may use where it stands."""

    def __init__(self, outer=None, **changes):
        if outer:
            self.__dict__.update(outer.__dict__)
        else:
            self.breaks = self.continues = self.catches = False
            self.returns, self.labels = True, ()
            self.depth, self.may_label, self.may_yield = 0, True, False
        self.__dict__.update(changes)
        self.locals, self.assignable, self.shared = (list(outer.locals), list(outer.assignable), list(outer.shared)) \
            if outer else ([], [], [])


class Generator:
    def __init__(self, seed, prefix):
        self.random, self.prefix = random.Random(seed), prefix
        self.traces = self.names = self.resources = 0
        self.globals = [c.Global(f'{prefix}_g{i}', f'{prefix}_g{i}') for i in range(3)]
        self.locks = {f'{prefix}_mutex': 1, f'{prefix}_sem': 2}
        self.event, self.future, self.queue = f'{prefix}_event', f'{prefix}_future', f'{prefix}_queue'
        self.capacity, self.is_lifo = self.random.choice([0, 1, 2]), self.random.random() < 0.3
        self.functions, self.current = [], None
        self.budget = 0

    # -- small choices

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, items):
        return self.random.choice(items)

    def number(self):
        return self.pick([0, 1, 2, 3, 5, 7, -1, -4, 11])

    def eighths(self):
        return self.random.choices([0, 1, 2, 3, 4, 6], [6, 4, 3, 2, 2, 1])[0]

    def trace_number(self):
        self.traces += 1
        return self.traces

    def name(self, stem):
        self.names += 1
        return f'{stem}{self.names}'

    def local(self, stem='v'):
        name = self.name(stem)
        return c.Local(name, name)

    # -- expressions

    def plain(self, scope, depth=2):
        """An expression without awaits or effects."""
        if depth == 0 or self.chance(40):
            return self.pick(scope.locals) if scope.locals and self.chance(65) else c.Constant(self.number())
        operator = self.pick(['+', '-', '+', '*', '<', '==', '^', '%'])
        left = self.plain(scope, depth - 1)
        if operator == '%':
            return c.Binary('%', left, c.Constant(self.pick([3, 7, 100])))
        return c.Binary(operator, left, self.plain(scope, depth - 1))

    def expression(self, scope, depth=3):
        """An expression that may await."""
        if depth == 0 or self.budget <= 0:
            return self.plain(scope, 1)
        kinds = {'plain': 3, 'await': 7, 'binary': 3, 'logical': 2, 'conditional': 2, 'comma': 1, 'unary': 1,
                 'statements': 1, 'element': 1}
        kind = self.random.choices(list(kinds), kinds.values())[0]

        def one():
            return self.expression(scope, depth - 1)
        if kind == 'await':
            return self.await_expression(scope, depth)
        if kind == 'binary':
            return c.Binary(self.pick(['+', '-', '<', '==', '^']), one(), one())
        if kind == 'logical':
            return c.Logical(self.pick(['&&', '||']), one(), one())
        if kind == 'conditional':
            return c.Conditional(one(), one(), one())
        if kind == 'comma':
            return c.Comma(one(), one())
        if kind == 'unary':
            return c.Unary(self.pick(['-', '!']), one())
        if kind == 'element':
            return c.Element([one(), one()], self.plain(scope, 1))
        if kind == 'statements':
            return self.statement_expression(scope)
        return self.plain(scope)

    def statement_expression(self, scope):
        inner = Scope(scope, breaks=False, continues=False, labels=(), returns=False, catches=False,
                      depth=scope.depth + 2, may_label=False, may_yield=False)  # a macro may name its argument twice
        inner.assignable, inner.shared = [], []
        variable = self.local()
        first = c.Declare(variable, self.await_expression(inner, 1))
        self.declared_here(inner).add(variable.name)
        inner.locals.append(variable)
        inner.assignable.append(variable)
        statements = [first] + self.statements(inner, self.random.randint(0, 2))
        return c.StatementExpression(statements, c.Binary('%', variable, c.Constant(100)))

    def callees(self, kinds, direct=True):
        return [f for f in self.functions if f.kind in kinds and f is not self.current]

    def call(self, scope, kinds, outlives=False):
        """A call of a function; `outlives`: it may go on after the block has been left. Null if there is none."""
        callees = self.callees(kinds)
        if not callees:
            return None
        function = self.pick(callees)
        arguments = [self.plain(scope, 1) for _ in function.parameters]
        if self.chance(10) and arguments and self.budget > 0:
            arguments[0] = self.expression(scope, 1)
        if function.parameters:  # keeps recursion short
            arguments[0] = c.Binary('%', arguments[0], c.Constant(3))
        if function.has_out:
            variables = self.globals if outlives or not scope.shared else scope.shared
            arguments.append(c.AddressOf(self.pick(variables)))
        return c.Call(function, arguments)

    def pause(self):
        return c.AwaitPause(self.eighths())

    def await_expression(self, scope, depth):
        self.budget -= 1
        kinds = {'call': 10, 'recursion': 1, 'pause': 2, 'within': 2, 'race': 1, 'any': 1, 'settle': 1, 'shield': 1}
        kind = self.random.choices(list(kinds), kinds.values())[0]
        if kind == 'recursion' and self.current.parameters and self.current.kind in ('int', 'struct') \
                and not self.current.has_out:
            return self.recursion(scope)
        if kind == 'within':
            call = self.call(scope, ['int', 'struct'])
            return c.AwaitWithin(call, self.eighths()) if call else self.pause()
        if kind in ('race', 'any'):
            first = self.call(scope, ['int', 'struct'])
            calls = [first] + [self.call(scope, [first.function.kind]) for _ in range(self.random.randint(0, 2))] \
                if first else []
            return c.AwaitFirst(kind, calls) if first else self.pause()
        if kind == 'settle':
            call = self.call(scope, ['int', 'struct', 'void'])
            return c.AwaitSettle(call) if call else self.pause()
        if kind == 'shield':
            call = self.call(scope, ['int', 'struct'], outlives=True)
            return c.AwaitShield(call) if call else self.pause()
        call = self.call(scope, ['int', 'struct', 'void']) if kind != 'pause' else None
        return c.AwaitCall(call) if call else self.pause()

    def recursion(self, scope):
        depth = self.current.parameters[0]
        arguments = [c.Binary('-', depth, c.Constant(1))] + [self.plain(scope, 1) for _ in self.current.parameters[1:]]
        call = c.AwaitCall(c.Call(self.current, arguments))
        return c.Conditional(c.Binary('<', c.Constant(0), depth), call, c.Constant(self.number()))

    # -- statements

    def statements(self, scope, count):
        """Some statements; what they declare is seen by those that follow."""
        result = []
        for _ in range(count):
            if self.budget <= 0:
                break
            self.budget -= 1
            made = self.statement(scope)
            result += made if isinstance(made, list) else [made]
        return result

    def block(self, scope, count=None, **changes):
        inner = Scope(scope, depth=scope.depth + 1, **changes)
        count = self.random.randint(1, 3) if count is None else count
        statements = self.statements(inner, count) or [self.trace(inner)]
        if inner.returns and self.chance(3):
            statements.append(self.leave(inner))
        elif self.chance(12) and (inner.breaks or inner.labels):
            statements.append(c.If(self.plain(inner, 1), c.Block([self.leave(inner)]), None))
        return c.Block(statements)

    def statement(self, scope):
        simple = {'declare': 5, 'assign': 4, 'share': 2, 'trace': 5, 'evaluate': 4, 'throw': 1, 'global': 4, 'store': 2,
                  'static': 1, 'gather': 2, 'gather_n': 1, 'cancel_self': 0.4, 'defer': 2, 'meet': 2,
                  'yield': 8 * scope.may_yield}
        compound = {'if': 3, 'for': 2, 'while': 2, 'switch': 1, 'duff': 0.6, 'try': 5, 'with': 3, 'timeout': 2,
                    'lock': 2, 'labelled': 2, 'block': 1, 'child': 3, 'spawn': 4, 'array': 1, 'each': 4, 'group': 2,
                    'wait': 2, 'each_of_queue': 0.5}
        kinds = {**simple, **compound} if scope.depth < 5 else simple
        kind = self.random.choices(list(kinds), kinds.values())[0]
        return getattr(self, 'make_' + kind, self.make_trace)(scope)

    def trace(self, scope):
        return c.Trace(self.trace_number(), self.plain(scope))

    make_trace = trace

    def make_declare(self, scope):
        variable = self.local()
        if scope.assignable and self.chance(15):  # hides another of this name
            variable.name = self.pick(scope.assignable).name
            initial = c.Constant(self.number())
            scope.locals = [v for v in scope.locals if v.name != variable.name]
            scope.assignable = [v for v in scope.assignable if v.name != variable.name]
            if variable.name in self.declared_here(scope):
                return self.trace(scope)
        else:
            initial = self.expression(scope)
        self.declared_here(scope).add(variable.name)
        scope.locals.append(variable)
        scope.assignable.append(variable)
        return c.Declare(variable, initial)

    @staticmethod
    def declared_here(scope):
        if 'own_names' not in scope.__dict__ or scope.own_names[0] is not scope:
            scope.own_names = (scope, set())
        return scope.own_names[1]

    def make_assign(self, scope):
        if not scope.assignable:
            return self.make_declare(scope)
        variable = self.pick(scope.assignable)
        return c.Assign(variable, self.pick(['', '', '+', '-', '^']),
                        c.Binary('%', self.expression(scope), c.Constant(100)))

    def make_share(self, scope):
        """A variable that others write to through its address; or a look at one."""
        if scope.shared and self.chance(60):
            return self.look(scope, self.pick(scope.shared))
        name = self.name('s')
        variable = c.Shared(name, name)
        scope.shared.append(variable)
        return c.Declare(variable, self.plain(scope))

    def look(self, scope, shared):
        variable = self.local()
        scope.locals.append(variable)
        return [c.Declare(variable, shared), c.Trace(self.trace_number(), variable)]

    def make_global(self, scope):
        variables = self.globals + scope.shared
        variable = self.pick(variables)
        if self.chance(30):
            return self.look(scope, variable)
        return c.Assign(variable, self.pick(['', '+', '-', '^']), c.Binary('%', self.expression(scope), c.Constant(100)))

    def make_static(self, scope):
        name = self.name('k')
        variable = c.Global(f'{self.prefix}_{name}', name)
        return [c.DeclareStatic(variable, self.number()), c.Assign(variable, '+', self.plain(scope, 1)),
                *self.look(scope, variable)]

    def make_evaluate(self, scope):
        return c.Evaluate(self.await_expression(scope, 2))

    def make_throw(self, scope):
        throw = c.Throw(self.random.choices(CODES, [5, 5, 5, 1, 1, 1])[0],
                        self.expression(scope, 1) if self.chance(30) else None)
        return throw if self.chance(25) else c.If(self.plain(scope), c.Block([throw]), None)

    def make_store(self, scope):
        return c.Store('out', self.expression(scope, 2)) if self.current.has_out else self.make_trace(scope)

    def make_gather(self, scope):
        children, used = [], set()
        for _ in range(self.random.randint(1, 3)):
            call = self.call(scope, ['int', 'void', 'struct'])
            if not call:
                return self.make_trace(scope)
            free = [v for v in scope.assignable + scope.shared if v.key not in used]
            variable = self.pick(free) if free and call.function.kind == 'int' and self.chance(60) else None
            used.add(variable.key if variable else '')
            children.append((variable, call))
        read = {v for _, call in children for v in call.text().replace('(', ' ').replace(')', ' ').split()}
        children = [(v if v and v.name not in read else None, call) for v, call in children]
        return c.Gather(children)

    def make_gather_n(self, scope):
        are_tasks = self.chance(40)
        calls = [self.call(scope, ['int'], outlives=are_tasks) for _ in range(self.random.randint(1, 3))]
        if None in calls or not scope.assignable:
            return self.make_trace(scope)
        return c.GatherArray(self.pick(scope.assignable), calls, are_tasks)

    def make_cancel_self(self, scope):
        return c.CancelSelf()

    def make_defer(self, scope):
        return c.Defer(self.cleanup(scope))

    def cleanup(self, scope):
        """A block that nothing may jump out of."""
        return self.block(scope, self.random.randint(1, 2), breaks=False, continues=False, returns=False, labels=(),
                          catches=False)

    def leave(self, scope):
        kinds = ['return'] * scope.returns + ['break'] * scope.breaks + ['continue'] * scope.continues
        kinds += ['goto'] * bool(scope.labels) + ['rethrow'] * scope.catches
        kind = self.pick(kinds)
        if kind == 'return':
            return self.returned(scope)
        if kind == 'rethrow':
            return c.Rethrow()
        return c.Leave(kind, self.pick(scope.labels) if kind == 'goto' else None)

    def returned(self, scope):
        if self.current.kind in ('void', 'yield'):
            return c.Return(None)
        value = c.Binary('%', self.expression(scope, 2), c.Constant(1000))
        return c.ReturnStruct(value) if self.current.kind == 'struct' else c.Return(value)

    # -- compound statements

    def make_if(self, scope):
        no = self.block(scope) if self.chance(40) else None
        return c.If(self.expression(scope, 2), self.block(scope), no)

    def make_for(self, scope):
        variable = self.local('i')
        inner = Scope(scope)
        inner.locals.append(variable)
        condition = self.expression(inner, 1) if self.chance(20) else None
        count = c.Constant(self.random.randint(1, 3))
        return c.For(variable, count, condition, self.block(inner, breaks=True, continues=True))

    def make_while(self, scope):
        variable = self.local('n')
        body = self.block(scope, breaks=True, continues=True)
        return [c.While(variable, self.random.randint(1, 3), self.expression(scope, 2), body, self.chance(40))]

    def make_switch(self, scope):
        sections = [self.block(scope, breaks=True) for _ in range(self.random.randint(2, 4))]
        return c.Switch(self.expression(scope, 2), sections, [self.chance(60) for _ in sections])

    def make_duff(self, scope):
        sections = [self.block(scope, breaks=True, continues=True) for _ in range(self.random.randint(2, 3))]
        return c.Duff(self.local('n'), self.random.randint(1, 2), self.expression(scope, 1), sections)

    def make_try(self, scope):
        body = self.block(scope, self.random.randint(1, 3))
        clauses = []
        if self.chance(40):
            clauses.append(self.catch(scope, self.random.sample(CODES, self.random.randint(1, 2))))
        if self.chance(60) or not clauses:
            clauses.append(self.catch(scope, []))
        if self.chance(25):
            clauses = []
        final = self.cleanup(scope) if not clauses or self.chance(35) else None
        return c.Try(body, clauses, final)

    def catch(self, scope, codes):
        return c.Catch(self.name('e'), codes, self.block(scope, catches=True), self.trace_number())

    def make_with(self, scope):
        self.resources += 1
        resource = (self.resources, self.pick([0, 0, 1, 2]), self.pick([0] * 9 + [1001]), self.pick([0, 0, 1, 2]),
                    self.pick([0] * 9 + [1002]), int(self.chance(15)))
        return c.WithResource(resource, self.block(scope), self.name('r') if self.chance(40) else None)

    def make_timeout(self, scope):
        return c.WithTimeout(self.eighths(), self.block(scope, may_yield=False))

    def make_lock(self, scope):
        return c.WithLock(self.pick(list(self.locks)), self.block(scope))

    def make_labelled(self, scope):
        if not scope.may_label:
            return self.block(scope)
        label = self.name('label')
        is_loop = self.chance(40)
        body = self.block(scope, labels=(*scope.labels, label))
        return c.Labelled(label, body, self.local('n') if is_loop else None, self.random.randint(1, 3))

    def make_block(self, scope):
        return self.block(scope)

    def make_array(self, scope):
        if not scope.assignable:
            return self.make_trace(scope)
        return c.Array(self.local('a'), self.plain(scope, 1), self.expression(scope, 1), self.pause(),
                       self.pick(scope.assignable))

    def make_child(self, scope):
        """A block with scoped children of its own."""
        inner = Scope(scope, depth=scope.depth + 1, may_yield=False)
        statements = []
        for _ in range(self.random.randint(1, 2)):
            variable = self.local('c')
            call = self.call(inner, ['int'])
            if not call:
                return self.make_trace(scope)
            statements.append(c.Child(variable, call))
            statements += self.statements(inner, self.random.randint(0, 2))
            if self.chance(30):
                statements.append(c.TaskQuestion(self.pick(['cancel', 'done']), variable, self.trace_number()))
            for _ in range(self.random.randint(0, 2)):
                statements.append(c.Trace(self.trace_number(), c.AwaitHandle(variable)))
        return c.Block(statements)

    def make_spawn(self, scope):
        """A task: spawned, something else done, its handle consumed."""
        variable, call = self.local('t'), self.call(scope, ['int'], outlives=True)
        if not call:
            return self.make_trace(scope)
        statements = [c.Spawn(variable, call), *self.statements(scope, self.random.randint(0, 3))]
        for _ in range(self.random.choice([0, 0, 1, 2])):
            statements.append(self.question(variable))
        return statements + [self.consume(scope, variable)]

    def question(self, variable):
        if self.chance(20):
            return c.Trace(self.trace_number(), c.AwaitShield(variable))
        return c.TaskQuestion(self.pick(['cancel', 'cancel', 'done']), variable, self.trace_number())

    def consume(self, scope, variable):
        kind = self.pick(['await', 'await', 'try', 'try', 'detach', 'stop', 'within'])
        if kind == 'detach':
            return c.TaskQuestion('detach', variable, 0)
        if kind == 'stop':
            return c.Stop(variable)
        awaited = c.AwaitWithin(variable, self.eighths()) if kind == 'within' else c.AwaitHandle(variable)
        trace = c.Trace(self.trace_number(), awaited)
        if kind != 'try':
            return trace
        return c.Try(c.Block([trace]), [self.catch(scope, self.pick([[125], [125, 1001], []]))], None)

    # -- generators

    def make_yield(self, scope):
        return m.Yield(c.Binary('%', self.expression(scope, 2), c.Constant(1000)))

    def make_each(self, scope):
        callees = self.callees(['yield'])
        if not callees:
            return self.make_trace(scope)
        function = self.pick(callees)
        arguments = [c.Binary('%', self.plain(scope, 1), c.Constant(3)) for _ in function.parameters]
        variable, inner = self.local('x'), Scope(scope)
        inner.locals.append(variable)
        body = self.block(inner, breaks=True, continues=True)
        body.statements.insert(0, c.Trace(self.trace_number(), variable))
        return m.AsyncFor(variable, c.Call(function, arguments), body, self.name('g') if self.chance(20) else None)

    # -- where tasks meet

    def make_group(self, scope):
        group = self.local('group')
        body = self.block(scope, may_yield=False)
        for _ in range(self.random.randint(1, 3)):
            call = self.call(scope, ['int', 'void', 'struct'], outlives=True)
            if call:
                body.statements.insert(0, m.GroupSpawn(group, call))  # before what hides names
        return m.WithGroup(group, body)

    def make_meet(self, scope):
        """Something that others may wait for."""
        event, future, queue, number = self.event, self.future, self.queue, self.trace_number()
        value = self.random.randint(-9, 9)
        kind = self.pick(['set', 'set', 'clear', 'is set', 'result', 'error', 'cancel', 'done', 'put', 'put', 'take',
                          'length', 'close'])
        if kind == 'set':
            return m.Do(f'ac_event_set(&{event});', lambda frame: frame.world.objects[event].set(frame.loop))
        if kind == 'clear':
            return m.Do(f'ac_event_clear(&{event});', lambda frame: setattr(frame.world.objects[event], 'is_set', False))
        if kind == 'close' and self.chance(30):
            return m.Do(f'ac_queue_close({queue});', lambda frame: frame.world.objects[queue].close(frame.loop))
        answers = {
            'is set': (f'ac_event_is_set(&{event})', lambda world: world.objects[event].is_set),
            'result': (f'ac_set_result({future}, {value})', lambda world: world.objects[future].set(world.loop, None, value)),
            'error': (f'ac_set_exception({future}, 1003)', lambda world: world.objects[future].set(world.loop, 1003)),
            'cancel': (f'ac_cancel({future})', lambda world: world.objects[future].set(world.loop, 125)),
            'done': (f'ac_done({future})', lambda world: world.objects[future].is_done),
            'put': (f'ac_queue_try_put({queue}, {value})', lambda world: world.objects[queue].try_put(world.loop, value)),
            'take': (f'ac_queue_try_get({queue}, &(int){{0}})', lambda world: world.objects[queue].try_get(world.loop)),
            'length': (f'ac_queue_len({queue})', lambda world: len(world.objects[queue].items)),
        }
        return m.Ask(number, *answers.get(kind, answers['length']))

    def make_wait(self, scope):
        """Waits for others, mostly not for ever."""
        waits = [m.AwaitObject(self.event, True), m.AwaitObject(self.future, False), m.AwaitGet(self.queue),
                 m.AwaitPut(self.queue, self.plain(scope, 1))]
        trace = c.Trace(self.trace_number(), self.pick(waits))
        if self.chance(15):
            return trace
        return self.limited(scope, trace)

    def limited(self, scope, statement):
        limit = c.WithTimeout(self.random.randint(1, 4), c.Block([statement]))
        return c.Try(c.Block([limit]), [self.catch(scope, self.pick([[110], []]))], None)

    def make_each_of_queue(self, scope):
        variable, inner = self.local('x'), Scope(scope, may_yield=False)
        inner.locals.append(variable)
        body = self.block(inner, breaks=True, continues=True)
        body.statements.insert(0, c.Trace(self.trace_number(), variable))
        return self.limited(scope, m.EachOfQueue(variable, self.queue, body))

    # -- functions and programs

    def function(self, index, is_main):
        kind = 'int' if is_main else self.pick(['int', 'int', 'int', 'struct', 'void', 'yield', 'yield'])
        parameters = [c.Local(f'p{i}', f'p{i}') for i in range(0 if is_main else self.random.randint(0, 2))]
        has_out = not is_main and kind != 'yield' and self.chance(25)
        function = c.Function(f'{self.prefix}_f{index}', kind, parameters, has_out)
        self.current, self.budget = function, 60 if is_main else self.random.randint(5, 30)
        scope = Scope(may_yield=kind == 'yield')
        scope.locals += parameters
        scope.assignable += parameters[1:]
        self.declared_here(scope).update(p.name for p in parameters)
        statements = self.statements(scope, self.random.randint(5, 9) if is_main else self.random.randint(2, 5))
        self.budget = max(self.budget, 3)
        if kind not in ('void', 'yield') or self.chance(30):
            statements.append(self.returned(scope))
        if is_main:
            statements.insert(0, m.Setup(self.queue, self.capacity, self.is_lifo, self.future))
        function.block = c.Block(statements)
        self.functions.append(function)
        return function


class Program:
    """A program: functions, of which the last one is called, and what it prints."""

    def __init__(self, seed, prefix='p'):
        generator = Generator(seed, prefix)
        count = generator.random.randint(2, 6)
        functions = [generator.function(index, index == count) for index in range(count + 1)]
        self.main, self.globals, self.locks = functions[-1], generator.globals, generator.locks
        self.generator = generator
        self.prefix = prefix
        self.functions = functions[:]
        if generator.chance(30):  # callees below their callers cannot be embedded
            generator.random.shuffle(self.functions)

    def objects(self):
        """What the functions share, as it is before a run."""
        made = self.generator
        locks = {name: Lock(permits) for name, permits in self.locks.items()}
        return {**locks, made.event: Event(), made.future: Future(), made.queue: Queue(made.capacity, made.is_lifo)}

    def text(self):
        lines = [f'static int {variable.name};' for variable in self.globals]
        lines += [f'static {"ac_mutex" if n == 1 else "ac_sem"} {name} = ' +
                  ('AC_MUTEX_INIT;' if n == 1 else f'AC_SEM_INIT({n});') for name, n in self.locks.items()]
        made = self.generator
        lines += [f'static ac_event {made.event} = AC_EVENT_INIT;', f'static ac_future(int) {made.future};',
                  f'static ac_queue(int) {made.queue};']
        lines += [function.prototype() + ';' for function in self.functions]
        return '\n'.join(lines) + '\n\n' + '\n'.join(function.text() for function in self.functions)
