"""The runtime's rules, in Python: tasks, cancellation, time, combinators, locks.

A coroutine is a Python generator that yields where the task waits. The order in which cancellations are delivered, queue
hops and the counting of limits follow the runtime's sources, so this checks how programs are lowered; where the runtime
misreads its contract, the model may agree with it. Time is virtual, so what a program prints follows from it alone."""
import heapq
from collections import deque

EINVAL, EDEADLK, ETIMEDOUT, ECANCELED, ECLOSED = 22, 35, 110, 125, (1 << 20) + 1


class Error(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code
        self.asked = []      # the requests to cancel its task that it stands for
        self.context = None  # what was handled when it was thrown

    def instead_of(self, other):
        last = self
        while last is not other and last.context:
            last = last.context
        if last is not other:
            last.context = other
        return self

    def cancellations(self):
        error = self
        while error and error.code == ECANCELED:
            yield error
            error = error.context


class Discard(Exception):
    """The program is not to be used: it waits for ever, runs too long, or computes what C leaves open."""


class Task:
    def __init__(self, loop, body):
        self.loop, self.body = loop, body
        self.state = 'ready'
        self.has_started = False
        self.cancel_flag = self.cancel_later = False
        self.requests = []      # to cancel it, for which no error stands yet
        self.earlier = 0        # how many came before those
        self.wait = None        # what it stands at, while blocked: has .cancel() -> a task to cancel instead, or None
        self.watchers = []      # called, in order, when it is finished
        self.error = self.value = None
        self.was_left_over = False

    def interrupted(self):
        flag, self.cancel_flag = self.cancel_flag, False
        return flag

    def is_request_pending(self):
        return self.cancel_flag or self.cancel_later

    def answered(self):
        if not self.is_request_pending():
            self.earlier += len(self.requests)
            self.requests = []

    def caught(self, error):
        if error.code == ECANCELED and not self.is_request_pending():
            error.asked = error.asked + self.requests
        self.answered()
        return error

    def is_done(self):
        return self.state == 'finished'

    def block(self, wait):
        self.state, self.wait = 'blocked', wait

    def outcome(self):
        if self.error:
            raise Error(self.error)
        return self.value


class Loop:
    def __init__(self):
        self.ready, self.alarms, self.tasks = deque(), [], []
        self.now = self.sequence = 0
        self.current = None
        self.steps = 0

    # -- tasks

    def spawn(self, body):
        task = Task(self, body)
        self.tasks.append(task)
        self.ready.append(task)
        return task

    def make_ready(self, task):
        task.state = 'ready'
        self.ready.append(task)

    def cancel(self, task, is_limit=False, whose=None):
        if task.is_done():
            return False
        while task:
            task, is_limit, whose = self.request(task, is_limit, whose), False, None
        return True

    def request(self, task, is_limit, whose):
        if task.is_done():
            return None
        task.requests.append(whose or object())
        if is_limit and task.state == 'ready':
            task.cancel_later = task.cancel_later or not task.cancel_flag
            return None
        task.cancel_later, task.cancel_flag = False, True
        return task.wait.cancel() if task.state == 'blocked' else None

    def finish(self, task, error, value):
        if not error and task.cancel_flag:
            error = ECANCELED
        task.error, task.value, task.state = error, value, 'finished'
        task.cancel_flag = task.cancel_later = False
        watchers, task.watchers = task.watchers, []
        for watcher in watchers:
            watcher()

    def step(self):
        self.steps += 1
        if self.steps > 3000:
            raise Discard
        task = self.ready.popleft()
        if callable(task):
            task()
            return
        if not task.has_started and task.cancel_flag:
            task.cancel_flag = False
            self.finish(task, ECANCELED, None)
            return
        task.has_started, task.state = True, 'running'
        self.current = task
        try:
            next(task.body)
        except StopIteration as end:
            self.finish(task, None, end.value)
        except Error as error:
            self.finish(task, error.code, None)
        else:
            self.deliver(task)
        finally:
            self.current = None

    def deliver(self, task):
        if not (task.cancel_flag or task.cancel_later):
            return
        task.cancel_later, task.cancel_flag = False, True
        other = task.wait.cancel() if task.state == 'blocked' else None
        if other:
            self.cancel(other)

    # -- time

    def arm(self, delay, ring):
        self.sequence += 1
        alarm = [self.now + delay, self.sequence, ring]
        heapq.heappush(self.alarms, alarm)
        return alarm

    @staticmethod
    def disarm(alarm):
        if alarm:
            alarm[2] = None

    def jump(self):
        while self.alarms and not self.alarms[0][2]:
            heapq.heappop(self.alarms)
        if not self.alarms:
            return False
        self.now = self.alarms[0][0]
        self.ring()
        return True

    def ring(self):
        """A limit waits until what rang before it has had its turn."""
        has_rung = False
        while self.alarms and self.alarms[0][0] <= self.now:
            ring = self.alarms[0][2]
            if ring and not is_limit(ring):
                has_rung = True
            elif ring and has_rung:
                self.ready.append(self.ring)
                return
            heapq.heappop(self.alarms)[2] = None
            if ring:
                ring()

    # -- the whole run

    def run(self, body):
        main = self.spawn(body)
        while not main.is_done():
            if self.ready:
                self.step()
            elif not self.jump():
                raise Discard  # a deadlock
        self.wind_up()
        return main

    def wind_up(self):
        self.cancel_left_over()
        while any(not task.is_done() for task in self.tasks):
            if self.ready:
                self.step()
            elif not self.is_any_left_over() and self.cancel_left_over():
                continue
            elif not self.jump() and not self.cancel_left_over():
                raise Discard

    def is_any_left_over(self):
        return any(task.was_left_over and not task.is_done() for task in self.tasks)

    def cancel_left_over(self):
        left = [task for task in self.tasks if not task.is_done() and not task.was_left_over]
        for task in left:
            if task.is_done() or task.was_left_over:
                continue
            task.was_left_over = True
            self.cancel(task)
        return bool(left)


class Wait:
    """What a blocked task stands at. Cancelled, it leaves the queue it is in, and the task goes on."""

    def __init__(self, loop, task, leave):
        self.loop, self.task, self.leave = loop, task, leave

    def cancel(self):
        self.leave()
        self.loop.make_ready(self.task)


def throw_if_interrupted(task):
    if task.interrupted():
        raise Error(ECANCELED)


# ---- waiting ----------------------------------------------------------------------------------------------------------


def sleep(loop, eighths):
    task = loop.current
    if eighths <= 0:
        loop.make_ready(task)
    else:
        alarm = loop.arm(eighths, lambda: loop.make_ready(task))
        task.block(Wait(loop, task, lambda: loop.disarm(alarm)))
    yield
    throw_if_interrupted(task)


class JoinWait:
    def __init__(self, task, target):
        self.task, self.target = task, target

    def cancel(self):
        self.task.cancel_flag = False
        return self.target


def join(loop, target):
    """await t"""
    task = loop.current
    if target is task:
        raise Error(EDEADLK)
    if not target.is_done():
        target.watchers.append(lambda: loop.make_ready(task))
        task.block(JoinWait(task, target))
        yield
        throw_if_interrupted(task)
    value = target.outcome()
    task.answered()
    return value


class KeepWaiting:
    def cancel(self):
        return None


def end_child(loop, child):
    """The end of the block of a scoped child."""
    task = loop.current
    if loop.cancel(child):
        child.watchers.append(lambda: loop.make_ready(task))
        task.block(KeepWaiting())
        yield
        throw_if_interrupted(task)


def shield(loop, target):
    task = loop.current
    if target is task:
        raise Error(EDEADLK)
    if not target.is_done():
        def woken():
            loop.make_ready(task)
        target.watchers.append(woken)
        task.block(Wait(loop, task, lambda: target.watchers.remove(woken)))
        yield
        throw_if_interrupted(task)
    return target.outcome()


class StopWait:
    def __init__(self, task):
        self.task, self.is_interrupted, self.was_asked_first = task, False, False

    def cancel(self):
        self.task.cancel_flag = False
        self.is_interrupted = True


def stop(loop, target):
    task, wait = loop.current, StopWait(loop.current)
    if target is task:
        raise Error(EDEADLK)
    if loop.cancel(target):
        wait.was_asked_first = task.is_request_pending()
        target.watchers.append(lambda: loop.make_ready(task))
        task.block(wait)
        yield
        wait.is_interrupted |= task.interrupted()
    is_interrupted = wait.is_interrupted
    if target.error and target.error != ECANCELED and not (is_interrupted and wait.was_asked_first):
        task.cancel_flag = is_interrupted
        raise Error(target.error)
    if is_interrupted:
        raise Error(ECANCELED)


# ---- limits -----------------------------------------------------------------------------------------------------------


def is_limit(ring):
    return isinstance(getattr(ring, '__self__', None), Limit)


class Scope:
    """What may cancel its own task, and answers for that where it ends."""

    def __init__(self, loop):
        self.loop, self.task = loop, loop.current
        self.task.answered()
        self.first, self.has_asked = self.task.earlier, False

    def ask(self, is_limit):
        self.has_asked = True
        self.loop.cancel(self.task, is_limit, self)

    def end(self, error):
        """Whether all others who asked have been answered."""
        task, cancellations, others = self.task, list(error.cancellations()) if error else [], 0
        if not all(error.asked for error in cancellations):
            others = task.earlier - self.first + len(task.requests) - self.has_asked
        if self.has_asked:
            self.take_back(cancellations)
        return others + len(task.requests) + sum(len(error.asked) for error in cancellations) == 0

    def take_back(self, cancellations):
        task = self.task
        if self not in task.requests:
            task.earlier -= 1
            for error in cancellations:
                error.asked = [whose for whose in error.asked if whose is not self]
            return
        task.requests.remove(self)
        if not task.requests:
            task.cancel_flag = task.cancel_later = False


class Limit:
    def __init__(self, loop, eighths):
        self.loop, self.scope = loop, Scope(loop)
        self.alarm = None
        if eighths <= 0:
            self.fire()
        else:
            self.alarm = loop.arm(eighths, self.fire)

    def fire(self):
        self.scope.ask(is_limit=True)

    def end(self, error=None):
        """Whether the error is the limit's own cancellation."""
        self.loop.disarm(self.alarm)
        return self.scope.end(error) and self.scope.has_asked and bool(error) and error.code == ECANCELED


def wait_for(loop, eighths, body):
    """body: a coroutine, or the join of a task."""
    limit = Limit(loop, eighths)
    if limit.scope.has_asked and body.__name__ != 'join':
        limit.end()
        raise Error(ETIMEDOUT)
    try:
        value = yield from body
    except Error as error:
        loop.current.caught(error)
        raise Error(ETIMEDOUT).instead_of(error) if limit.end(error) else error
    limit.end()
    return value


# ---- several at once --------------------------------------------------------------------------------------------------


class Family:
    """gather, settle, race and any. Children: (task or coroutine, what takes its value or None)."""

    def __init__(self, loop, kind, children):
        self.loop, self.kind, self.task = loop, kind, loop.current
        self.children = children
        self.remaining = len(children)
        self.live = [None] * len(children)
        self.error = self.winner = None
        self.has_winner = self.is_stopping = self.has_suspended = False
        self.is_interrupted = self.has_failed_first = self.was_asked_first = False

    def keep_first_error(self, error):
        if self.error == ECANCELED and self.is_interrupted:
            self.error = None
        self.error = self.error or error

    def keep_last_error(self, error):
        self.error = error

    def take(self, task, store):
        """A child is done."""
        if self.kind in ('gather', 'settle'):
            if task.error:
                self.keep_first_error(task.error)
            elif store:
                store(task.value)
        elif self.kind == 'race':
            if not self.has_winner and not (self.error and not self.is_interrupted):
                self.win_or_fail(task, self.keep_first_error)
        elif not self.has_winner:
            self.win_or_fail(task, self.keep_first_error if self.is_interrupted else self.keep_last_error)

    def win_or_fail(self, task, fail):
        if task.error:
            fail(task.error)
        elif not self.is_interrupted:
            self.has_winner, self.winner = True, task.value

    def finish(self, index, task):
        self.take(task, self.children[index][1])
        self.live[index] = None
        stops = self.kind in ('gather', 'race') if task.error else self.kind in ('race', 'any')
        if stops and not self.is_stopping:
            self.is_stopping = True
            self.cancel_rest()
        self.remaining -= 1
        if self.remaining == 0 and self.has_suspended:
            self.loop.make_ready(self.task)

    def cancel_rest(self):
        for task in list(self.live) if self.has_suspended else []:
            if task:
                self.loop.cancel(task)

    def start(self, index, child):
        task = child if isinstance(child, Task) else self.loop.spawn(child)
        if task.is_done():
            self.finish(index, task)
            return
        self.live[index] = task
        task.watchers.append(lambda: self.finish(index, task))

    def interrupt(self, has_failed):
        """The caller has been cancelled: has the family failed, or only children that need not succeed?"""
        self.is_interrupted = True
        was_asked_first, self.was_asked_first = self.was_asked_first, False
        if not has_failed or was_asked_first and self.error != ECANCELED:
            self.error = None
        elif self.error not in (None, ECANCELED):
            self.has_failed_first = self.kind != 'settle'

    def cancel(self):
        self.task.cancel_flag = False
        self.interrupt(self.kind in ('gather', 'race') or self.is_interrupted)
        self.is_stopping = True
        self.cancel_rest()

    def run(self):
        for index, (child, _) in enumerate(self.children):
            self.start(index, child)
        if self.remaining:
            self.has_suspended = True
            self.was_asked_first = self.task.is_request_pending()
            self.task.block(self)
            if self.is_stopping:
                self.cancel_rest()
            yield
            if self.task.interrupted():
                self.interrupt(not self.has_winner)
        return self.end()

    def end(self):
        if self.has_failed_first:
            self.task.cancel_flag = True
        if self.is_interrupted and (self.kind == 'settle' or self.has_winner or self.error in (None, ECANCELED)):
            raise Error(ECANCELED)
        if self.kind == 'settle':
            return self.error or 0
        if self.error and not self.has_winner:
            raise Error(self.error)
        return self.winner


# ---- locks ------------------------------------------------------------------------------------------------------------


class Lock:
    """A semaphore; a mutex is one with a single permit."""

    def __init__(self, permits):
        self.permits, self.queue = permits, deque()

    def acquire(self, loop):
        task = loop.current
        if self.permits:
            self.permits -= 1
            return
        entry = [task, False]
        self.queue.append(entry)
        task.block(Wait(loop, task, lambda: self.queue.remove(entry)))
        yield
        if task.interrupted():
            if entry[1]:
                self.release(loop)
            raise Error(ECANCELED)

    def release(self, loop):
        if self.queue:
            entry = self.queue.popleft()
            entry[1] = True
            loop.make_ready(entry[0])
        else:
            self.permits += 1


# ---- events, futures, queues -------------------------------------------------------------------------------------------


def wait_in(loop, queue):
    """Waits in a queue of entries [task, state]; who wakes it takes it out and sets the state."""
    task, entry = loop.current, [loop.current, None]
    queue.append(entry)
    task.block(Wait(loop, task, lambda: queue.remove(entry)))
    yield
    return entry


def wake_first(loop, queue, state=None):
    entry = queue.popleft()
    entry[1] = state
    loop.make_ready(entry[0])


class Event:
    def __init__(self):
        self.is_set, self.waiters = False, deque()

    def set(self, loop):
        self.is_set = True
        while self.waiters:
            wake_first(loop, self.waiters)

    def wait(self, loop):
        if not self.is_set:
            entry = yield from wait_in(loop, self.waiters)
            throw_if_interrupted(entry[0])


class Future:
    def __init__(self):
        self.is_done, self.error, self.value, self.waiters = False, None, None, deque()

    def set(self, loop, error, value=None):
        if self.is_done:
            return 0
        self.is_done, self.error, self.value = True, error, value
        while self.waiters:
            wake_first(loop, self.waiters)
        return 1

    def wait(self, loop):
        if not self.is_done:
            entry = yield from wait_in(loop, self.waiters)
            throw_if_interrupted(entry[0])
        if self.error:
            raise Error(self.error)
        return self.value


class Queue:
    """Whoever is woken has an item, or room, promised; if it is cancelled before it runs, the next one gets that."""

    def __init__(self, capacity, is_lifo):
        self.capacity, self.is_lifo = capacity, is_lifo
        self.items, self.getters, self.putters = deque(), deque(), deque()
        self.promised = self.granted = 0
        self.is_closed = False

    def has_item(self):
        return len(self.items) > self.promised

    def has_room(self):
        return not self.capacity or len(self.items) + self.granted < self.capacity

    def promise_item(self, loop):
        if self.getters and self.has_item():
            self.promised += 1
            wake_first(loop, self.getters, 'promised')

    def grant_room(self, loop):
        if self.putters and self.has_room():
            self.granted += 1
            wake_first(loop, self.putters, 'promised')

    def get_now(self, loop):
        value = self.items.pop() if self.is_lifo else self.items.popleft()
        self.grant_room(loop)
        return value

    def put_now(self, loop, value):
        self.items.append(value)
        self.promise_item(loop)

    def try_put(self, loop, value):
        if self.is_closed or not self.has_room():
            return 0
        self.put_now(loop, value)
        return 1

    def try_get(self, loop):
        if not self.has_item():
            return 0
        self.get_now(loop)
        return 1

    def get(self, loop):
        """An item; null if there will be none."""
        while not self.has_item():
            if self.is_closed:
                return None
            task, state = yield from wait_in(loop, self.getters)
            self.promised -= state == 'promised'
            if task.interrupted():
                if state == 'promised':
                    self.promise_item(loop)
                raise Error(ECANCELED)
        return self.get_now(loop)

    def put(self, loop, value):
        while True:
            if self.is_closed:
                raise Error(ECLOSED)
            if self.has_room():
                self.put_now(loop, value)
                return
            task, state = yield from wait_in(loop, self.putters)
            self.granted -= state == 'promised'
            if task.interrupted():
                if state == 'promised':
                    self.grant_room(loop)
                raise Error(ECANCELED)

    def close(self, loop):
        self.is_closed = True
        for waiters in self.putters, self.getters:
            while waiters:
                wake_first(loop, waiters)


# ---- groups -----------------------------------------------------------------------------------------------------------


class Group:
    def __init__(self, loop):
        self.loop, self.task, self.scope = loop, loop.current, Scope(loop)
        self.children, self.error = [], None
        self.is_stopping = self.is_leaving = self.is_waiting = self.is_interrupted = False
        self.was_asked_first, self.asked_before = self.task.is_request_pending(), self.task.earlier

    def spawn(self, body):
        if self.is_stopping:
            return
        task = self.loop.spawn(body)
        self.children.append(task)
        task.watchers.append(lambda: self.child_done(task))

    def child_done(self, task):
        self.children.remove(task)
        if task.error and task.error != ECANCELED:
            self.error = self.error or task.error
            self.stop()
            if not self.is_leaving and not self.scope.has_asked:
                self.scope.ask(is_limit=False)
        if not self.children and self.is_waiting:
            self.loop.make_ready(self.task)

    def stop(self):
        if not self.is_stopping:
            self.is_stopping = True
            for child in list(self.children):
                self.loop.cancel(child)

    def cancel(self):
        """Cancelled while it waits for its children."""
        self.task.cancel_flag = False
        self.is_interrupted = True
        self.stop()

    def request_again(self, error):
        task = self.task
        for cancellation in error.cancellations() if error else []:
            task.earlier -= len(cancellation.asked)
            task.requests, cancellation.asked = task.requests + cancellation.asked, []
        task.cancel_flag = True

    def leave(self, error):
        """error: that of the body, or None. Throws what goes on instead."""
        task, code = self.task, error.code if error else 0
        is_alone = self.scope.end(error)
        self.is_leaving = True
        has_failed = code not in (0, ECANCELED)
        is_body_first = has_failed and not self.error
        if code:
            self.stop()
        was_asked_first = self.was_asked_first and task.is_request_pending() and task.earlier == self.asked_before
        if self.children:
            self.is_waiting = True
            task.block(self)
            yield
            self.is_interrupted |= task.interrupted()
        if self.is_interrupted and was_asked_first and not self.error:
            raise Error(ECANCELED)
        is_outside = self.is_interrupted or (code == ECANCELED and not is_alone)
        if is_outside and not self.error and not code:
            raise Error(ECANCELED)
        if is_outside and (self.error or has_failed):
            self.request_again(error)
        if self.error and not is_body_first:
            raise Error(self.error)
