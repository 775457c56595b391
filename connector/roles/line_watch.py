"""Keeps the line facts fresh: three look-ups about once a minute, each of which may fail without harm.

Every process that routes or sends reads for itself, so that no process waits for another one's word. It begins at a
random moment of the minute, and nothing else keeps the processes apart: sixteen of them stay within the share
(``core.looks``), more of them should read less often. When all three fail, the pause doubles.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol, TypeVar

from connector.core.facts import Observer
from connector.core.line_facts import LineFacts, State, Told, Usage
from connector.core.sights import RoomsSeen
from connector.roles.watched import Watch

T = TypeVar("T")
LONGEST_S = 600.0


class LineAnswers(Protocol):
    """What Sendblue says of the account's lines, by their numbers; None: no answer."""

    async def listed(self) -> frozenset[str] | None:
        """Return the account's lines."""

    async def states(self) -> Mapping[str, State] | None:
        """Return each line's state."""

    async def usage(self) -> Mapping[str, Usage] | None:
        """Return each line's new contacts."""


class Clocks(Protocol):
    """The two clocks."""

    def mono(self) -> float:
        """Boot-time seconds."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""


class Pause(NamedTuple):
    """Between two readings: ``every_s`` seconds; ``jitter``: random in [0, 1)."""

    every_s: float
    jitter: Callable[[], float]

    def after(self, failures: int) -> float:
        """A tenth more or less, doubling with each failure in a row."""
        return min(self.every_s * 2.0**failures, max(LONGEST_S, self.every_s)) * (0.9 + 0.2 * self.jitter())


class LineWatch:
    """``firsts``: see ``LineFacts``. ``close`` ends it."""

    def __init__(
        self,
        facts: LineFacts,
        answers: LineAnswers,
        firsts: Callable[[], Mapping[str, int]],
        pause: Pause,
        clocks: Clocks,
        observe: Observer,
    ) -> None:
        self._facts, self._answers, self._firsts = facts, answers, firsts
        self._pause, self._clocks, self._observe = pause, clocks, observe
        self.watch = Watch()
        self._task = self.watch.start(self._run())

    async def close(self) -> None:
        """Read no more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def read(self) -> bool:
        """Read once; False when nobody answered."""
        firsts = dict(self._firsts())  # before the question: what is new meanwhile is counted twice rather than never
        answers = self._answers
        told = Told(await answers.listed(), await answers.states(), await answers.usage(), firsts)
        now, now_ms = self._clocks.mono(), self._clocks.now_ms()
        self._facts.told(told, now, now_ms)
        facts = self._facts
        self._observe(RoomsSeen(tuple((alias, facts.fact(alias, now, now_ms)) for alias in facts.aliases)))
        return any(part is not None for part in told[:3])

    async def _run(self) -> None:
        await self._sleep(self._pause.every_s * self._pause.jitter() / 10)
        failures = 0
        while True:
            failures = 0 if await self.read() else failures + 1
            await self._sleep(self._pause.after(failures))

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def or_none(question: Callable[[], Awaitable[T]], refused: tuple[type[Exception], ...]) -> T | None:
    """The answer, None where there is none."""
    try:
        return await question()
    except refused:
        return None
