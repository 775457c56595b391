"""One clock, one queue of events, and an asyncio loop for each simulated process.

The scheduler always runs the earliest event, whoever it belongs to. A process is an ``asyncio`` loop of its own, so
it can be *frozen* (its events wait until it thaws, while the world goes on) and *killed* (its events never run)
between any two steps of its tasks, as SIGSTOP and SIGKILL do. Only public parts of asyncio are used: a task needs
``call_soon``, a timer ``call_at``.
"""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from itertools import count
from typing import Any

MOST_EVENTS = 300_000  # a world has about 3,000, one with a long quiet time 50,000
AWAITS_AT_ITS_END = 3  # a coroutine that awaits in its ``finally`` is closed once more
Callback = Callable[..., object]


class Call(asyncio.TimerHandle):
    """One event: at ``when`` run a callback; ``loop`` is None for the world's own."""

    __slots__ = ("args", "callback", "called_off", "loop", "run_in", "when_s")

    def __init__(
        self,
        when: float,
        callback: Callback,
        args: tuple[object, ...],
        loop: "ProcessLoop | None",
        run_in: Context | None,
    ) -> None:
        self.when_s, self.callback, self.args, self.loop, self.run_in = when, callback, args, loop, run_in
        self.called_off = False

    def cancel(self) -> None:
        self.called_off = True

    def cancelled(self) -> bool:
        return self.called_off

    def when(self) -> float:
        return self.when_s

    def run(self) -> None:
        if self.run_in is None:
            self.callback(*self.args)
        else:
            self.run_in.run(self.callback, *self.args)


class Scheduler:
    """The clock of the world, in seconds from 0."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events = 0
        self.stopped = False
        self._queue: list[tuple[float, int, Call]] = []
        self._numbers = count()

    def at(self, when: float, callback: Callback, *args: object) -> Call:
        """Run a callback of the world."""
        return self.put(Call(when, callback, args, None, None))

    def after(self, delay: float, callback: Callback, *args: object) -> Call:
        """Run a callback of the world, ``delay`` seconds from now."""
        return self.at(self.now + delay, callback, *args)

    def put(self, call: Call) -> Call:
        """Queue an event."""
        heapq.heappush(self._queue, (call.when_s, next(self._numbers), call))
        return call

    def run(self, until: float) -> None:
        """Let the world go on until this time."""
        queue = self._queue
        while queue and queue[0][0] <= until and not self.stopped:
            when, _, call = heapq.heappop(queue)
            if call.called_off:
                continue
            self.now = max(self.now, when)
            self.events += 1
            if call.loop is None:
                call.run()
            else:
                call.loop.take(call)
            if self.events > MOST_EVENTS:
                raise RuntimeError("the world goes round in circles")
        if not self.stopped:
            self.now = max(self.now, until)

    def sleep(self, seconds: float) -> None:
        """Let time pass in which nobody runs: what came due meanwhile runs right after."""
        self.now += seconds


class ProcessLoop(asyncio.AbstractEventLoop):
    """The event loop of one simulated process."""

    def __init__(self, scheduler: Scheduler, told: Callable[[str], None]) -> None:
        self._scheduler, self._told = scheduler, told
        self.dead = False
        self.frozen_until = 0.0
        self.thawed_at = 0.0

    def take(self, call: Call) -> None:
        """Run an event of this process, unless the process is dead, or frozen: then later."""
        if self.dead:
            return
        if self.frozen_until > self._scheduler.now:
            call.when_s = self.frozen_until
            self._scheduler.put(call)
            return
        self.enter(call.run)

    def enter(self, callback: Callback, *args: object) -> None:
        """Run a callback as this process, now."""
        asyncio._set_running_loop(self)
        try:
            callback(*args)
        finally:
            asyncio._set_running_loop(None)

    def freeze(self, seconds: float) -> None:
        """Stop the process; what comes due meanwhile runs when it goes on."""
        self.frozen_until = max(self.frozen_until, self._scheduler.now + seconds)

    def end(self) -> None:
        """The process is dead: nothing of it runs any more. Its coroutines are closed right after this step.

        Left to the garbage collector, they would be closed at some later time, in the middle of somebody else's step.
        """
        self.dead = True
        self._scheduler.at(self._scheduler.now, self.bury)

    def bury(self) -> None:
        """Close what never ended."""
        self.dead = True
        for task in asyncio.all_tasks(self):
            for _ in range(AWAITS_AT_ITS_END):
                with suppress(RuntimeError):
                    task.get_coro().close()

    def thaw(self) -> None:
        """Let the process go on at once."""
        self.frozen_until = min(self.frozen_until, self._scheduler.now)

    def start(self, main: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        """Begin a coroutine from outside."""
        self.call_soon(lambda: self.create_task(main(*args)))

    def time(self) -> float:
        return self._scheduler.now

    def call_soon(self, callback: Callback, *args: Any, context: Context | None = None) -> Call:  # type: ignore[override]
        return self._scheduler.put(Call(self._scheduler.now, callback, args, self, context))

    def call_soon_threadsafe(self, callback: Callback, *args: Any, context: Context | None = None) -> Call:  # type: ignore[override]
        return self.call_soon(callback, *args, context=context)

    def call_later(self, delay: float, callback: Callback, *args: Any, context: Context | None = None) -> Call:  # type: ignore[override]
        return self.call_at(self._scheduler.now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Callback, *args: Any, context: Context | None = None) -> Call:  # type: ignore[override]
        return self._scheduler.put(Call(when, callback, args, self, context))

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, name=name)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self.dead and "exception" in context:
            self._told(f"{context['message']}: {context['exception']!r}")

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return self.dead
