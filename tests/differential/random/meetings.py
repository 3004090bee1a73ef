"""More constructs of random programs: generators, and where tasks meet: groups, events, futures, queues.

A generator of the program is a Python generator that yields an Item where it hands one out."""
from constructs import Error, Jump, guarded, indented, once, undoing
from model import ECLOSED, EINVAL, Group

# ---- generators -------------------------------------------------------------------------------------------------------


class Item:
    def __init__(self, value):
        self.value = value


class Stream:
    """A call of a generator."""

    def __init__(self, function, world, values):
        self.is_closing = False
        self.body = function.body(world, values, self)

    def next(self):
        """The next Item; null at the end."""
        try:
            signal = next(self.body)
            while not isinstance(signal, Item):
                yield
                signal = next(self.body)
        except StopIteration:
            return None
        return signal

    def close(self):
        """A return from where the generator stands."""
        self.is_closing = True
        try:
            self.body.throw(Jump('return', 0))
            while True:
                yield
                next(self.body)
        except StopIteration:
            return


class Yield:
    def __init__(self, expression):
        self.expression = expression

    def text(self, indent):
        return indented(indent, f'yield {self.expression.text()};')

    def run(self, frame):
        value = yield from self.expression.value(frame)
        if frame.stream.is_closing:
            raise Error(EINVAL)
        yield Item(value)


class AsyncFor:
    """Over a call of a generator, or over one made before."""

    def __init__(self, variable, call, body, handle=None):
        self.variable, self.call, self.body, self.handle = variable, call, body, handle

    def text(self, indent):
        head = f'async for (int {self.variable.text()} : {self.handle or self.call.text()})'
        text = indented(indent, head) + self.body.text(indent)
        if not self.handle:
            return text
        made = indented(indent, f'ac_gen(int) {self.handle} = {self.call.text()};')
        return indented(indent, '{') + made + text + indented(indent, '}')

    def run(self, frame):
        values = []
        for argument in self.call.arguments:
            values.append((yield from argument.value(frame)))
        stream = Stream(self.call.function, frame.world, values)
        pending, item = None, None
        try:
            while (item := (yield from stream.next())):
                frame.world.count()
                frame.variables[self.variable.key] = item.value
                if not (yield from once(frame, self.body)):
                    break
                item = None
        except (Error, Jump) as leaving:
            pending = leaving
        if item:  # the generator has not ended
            yield from undoing(frame, pending, stream.close())
        if pending:
            raise pending


# ---- groups -----------------------------------------------------------------------------------------------------------


class WithGroup:
    def __init__(self, variable, body):
        self.variable, self.body = variable, body

    def text(self, indent):
        head = f'async with (ac_group *{self.variable.text()} = ac_group_new())'
        return indented(indent, head) + self.body.text(indent)

    def run(self, frame):
        group = frame.variables[self.variable.key] = Group(frame.loop)

        def leave(pending):
            yield from group.leave(pending if isinstance(pending, Error) else None)
        yield from guarded(frame, self.body, leave)


class GroupSpawn:
    def __init__(self, variable, call):
        self.variable, self.call = variable, call

    def text(self, indent):
        return indented(indent, f'ac_group_spawn({self.variable.text()}, {self.call.text()});')

    def run(self, frame):
        frame.variables[self.variable.key].spawn((yield from self.call.coroutine(frame)))


# ---- events, futures, queues ------------------------------------------------------------------------------------------


class Setup:
    """At the beginning of main: what has no static initialiser."""

    def __init__(self, queue, capacity, is_lifo, future):
        self.queue, self.capacity, self.is_lifo, self.future = queue, capacity, is_lifo, future

    def text(self, indent):
        order = ', .order = AC_LIFO' if self.is_lifo else ''
        return indented(indent, f'{self.queue} = ac_queue_new(int, {self.capacity}{order});') + \
            indented(indent, f'{self.future} = ac_future_new(int);')

    def run(self, frame):
        return
        yield


class Ask:
    """Prints what a call answers that never waits."""

    def __init__(self, number, text, answer):
        self.number, self.call, self.answer = number, text, answer

    def text(self, indent):
        return indented(indent, f't({self.number}, (int){self.call});')

    def run(self, frame):
        frame.world.print(self.number, int(self.answer(frame.world)))
        return
        yield


class Do:
    """A statement that never waits."""

    def __init__(self, text, action):
        self.call, self.action = text, action

    def text(self, indent):
        return indented(indent, self.call)

    def run(self, frame):
        self.action(frame)
        return
        yield


class AwaitObject:
    """Awaits an event or a future."""

    def __init__(self, name, is_event):
        self.name, self.is_event = name, is_event

    def text(self):
        return f'(await ac_event_wait(&{self.name}), 0)' if self.is_event else f'(await {self.name})'

    def value(self, frame):
        return (yield from frame.world.objects[self.name].wait(frame.loop)) or 0


class AwaitGet:
    def __init__(self, name):
        self.name = name

    def text(self):
        return f'(await ac_queue_get({self.name}))'

    def value(self, frame):
        value = yield from frame.world.objects[self.name].get(frame.loop)
        if value is None:
            raise Error(ECLOSED)
        return value


class AwaitPut:
    def __init__(self, name, expression):
        self.name, self.expression = name, expression

    def text(self):
        return f'(await ac_queue_put({self.name}, {self.expression.text()}), 0)'

    def value(self, frame):
        value = yield from self.expression.value(frame)
        yield from frame.world.objects[self.name].put(frame.loop, value)
        return 0


class EachOfQueue:
    def __init__(self, variable, name, body):
        self.variable, self.name, self.body = variable, name, body

    def text(self, indent):
        head = f'async for (int {self.variable.text()} : {self.name})'
        return indented(indent, head) + self.body.text(indent)

    def run(self, frame):
        queue = frame.world.objects[self.name]
        while (value := (yield from queue.get(frame.loop))) is not None:
            frame.world.count()
            frame.variables[self.variable.key] = value
            if not (yield from once(frame, self.body)):
                return
