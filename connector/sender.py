"""The sender: one worker a line, each reading that line's own partition of the dispatch topic.

Lines never wait for each other. The sender itself only hands records to the workers, wakes them when the ledger says
something, keeps the low watermark of each partition and lets the edge commit it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

from connector.account import Account
from connector.core.backoff import Backoff
from connector.core.callbacks import Report
from connector.core.facts import Observer
from connector.core.identities import body_hash, contact_hash
from connector.core.messages import Dispatch
from connector.core.offsets import Watermark
from connector.core.outcomes import Answer
from connector.core.standing import request_key
from connector.core.turns import Held, Owe, Policy
from connector.core.window import Window
from connector.replica import Replica
from connector.watched import Watch

STOP_S = 25.0  # a turn in work ends within the call's own deadline (20 s) and its OUTCOME's way to the ledger
STOPPED_LINE_S = 300.0  # a line Sendblue says is not ours: asked again this often, in case the account was mended


class LineInfo(NamedTuple):
    """A line: its alias, its partition of the dispatch topic, its gap in seconds and how many may be in flight."""

    alias: str
    partition: int
    gap_s: float = 1.0
    in_flight: int = 1


class DispatchRecord(NamedTuple):
    """A record of the dispatch topic as the edge read it; ``size`` in bytes bounds the window."""

    partition: int
    offset: int
    timestamp_ms: int
    size: int
    dispatch: Dispatch


class Sendblue(Protocol):
    """The call itself: exactly one POST, no retries, bounded in time; what came of it is in the answer."""

    async def send(self, dispatch: Dispatch, attempt: str, within_s: float) -> Answer:
        """POST the message once; nothing is written later than ``within_s`` seconds from now."""

    def report(self, answer: Answer) -> Report | None:
        """Read the message object of an answer, None when there is none."""


class Outlets(Protocol):
    """Where ends go. Each returns once durable and raises nothing: it retries until it is, or is cancelled."""

    async def owed(self, held: Held, owe: Owe, report: Report | None) -> None:
        """Publish the event the end owes, and the dead letter and the parked record where one is owed."""

    async def hop(self, dispatch: Dispatch, line: str) -> None:
        """Append the record to the partition of another line."""


class Ids(Protocol):
    """Chance comes from outside."""

    def attempt(self) -> str:
        """64 random bits in hex, never the same twice."""

    def jitter(self) -> float:
        """A number in [0, 1)."""


class Clocks(Protocol):
    """The two clocks: the boot-time clock in seconds (counts suspension), the wall clock in milliseconds."""

    def mono(self) -> float:
        """Boot-time seconds."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a line needs from outside."""

    replica: Replica
    sendblue: Sendblue
    outlets: Outlets
    account: Account
    policy: Policy
    clocks: Clocks
    ids: Ids
    observe: Observer
    hash_key: bytes


class Lane:
    """One assigned partition: the line's window, its watermark and what its turns share."""

    def __init__(
        self,
        line: LineInfo,
        around: Surroundings,
        sleepers: dict[bytes, set["Lane"]],
        paused: Callable[[bool], None],
    ) -> None:
        self.line, self.around, self._sleepers = line, around, sleepers
        self.window: Window[Held] = Window()
        self.watermark = Watermark()
        self.backoff = Backoff()
        self.last_write: float | None = None
        self.owned = True
        self.stopping = False
        self.reports: dict[str, Report] = {}
        self._paused = paused
        self._is_paused = False
        self._stir = asyncio.Event()

    @property
    def ready_at(self) -> float:
        """When the line may propose again, monotonic seconds."""
        return max(self.backoff.until, self.around.account.ready_at)

    def add(self, record: DispatchRecord) -> None:
        """Take a record into the window; when it is full the partition is paused."""
        request = record.dispatch.request
        held = Held(
            record.dispatch,
            record.timestamp_ms,
            contact_hash(request, self.around.hash_key),
            body_hash(request, self.around.hash_key),
        )
        self.watermark.track(record.offset)
        self.window.add(record.offset, held, record.size, held.contact, request_key(request.request_id))
        self._pause_if_full()
        self._stir.set()

    def wait(self, offset: int, held: Held, until: float, reason: str) -> None:
        """The record sleeps until ``until``, or until the ledger changes its request or its contact."""
        self.window.wait(offset, until, reason)
        for name in (held.contact, request_key(held.dispatch.request.request_id)):
            self._sleepers.setdefault(name, set()).add(self)

    def wake(self, name: bytes) -> None:
        """The ledger changed the state of this request or contact."""
        self.window.wake(name, self.around.clocks.mono())
        self._stir.set()

    def wake_all(self) -> None:
        """Something about the whole line changed: look at every record again."""
        self.window.wake_all(self.around.clocks.mono())
        self._stir.set()

    def done(self, offset: int, held: Held) -> None:
        """The record has its end: its offset may be committed once all before it are done too."""
        self.window.done(offset)
        self.watermark.done(offset)
        self.wake(held.contact)
        self._pause_if_full()

    async def next(self) -> tuple[int, Held] | None:
        """Wait for the next due record; None when the lane stops."""
        while not self.stopping:
            self._stir.clear()
            taken = self.window.take(self.around.clocks.mono())
            if taken is not None:
                return taken
            await self._doze()
        return None

    def stop(self) -> None:
        """No new turn begins; the one in work ends."""
        self.stopping = True
        self._stir.set()

    async def _doze(self) -> None:
        wake_at = self.window.next_wake()
        timeout = None if wake_at is None else max(wake_at - self.around.clocks.mono(), 0.0)
        try:
            async with asyncio.timeout(timeout):
                await self._stir.wait()
        except TimeoutError:
            return

    def _pause_if_full(self) -> None:
        if self.window.full != self._is_paused:
            self._is_paused = self.window.full
            self._paused(self._is_paused)


class Turns(Protocol):
    """What works a lane: begins a turn for each due record until the lane stops."""

    def __call__(self, lane: Lane) -> Coroutine[Any, Any, None]:
        """Work the lane."""


class Sender:
    """Hands each line's records to that line's worker. ``pause`` stops and resumes reading a partition."""

    def __init__(
        self, lines: Sequence[LineInfo], around: Surroundings, work: Turns, pause: Callable[[int, bool], None]
    ) -> None:
        self._lines: Mapping[int, LineInfo] = {line.partition: line for line in lines}
        self._around, self._work, self._pause = around, work, pause
        self._lanes: dict[int, Lane] = {}
        self._tasks: dict[int, list[asyncio.Task[None]]] = {}
        self._sleepers: dict[bytes, set[Lane]] = {}
        self.watch = Watch()
        around.replica.on_change(self._wake)

    @property
    def lanes(self) -> Mapping[int, Lane]:
        """The lanes of the partitions assigned now."""
        return self._lanes

    def assigned(self, partitions: Sequence[int]) -> None:
        """Begin to work the lines of these partitions; one that belongs to no line of ours is left alone."""
        for partition in partitions:
            if partition in self._lines:
                line = self._lines[partition]
                lane = Lane(line, self._around, self._sleepers, partial(self._pause, partition))
                self._lanes[partition] = lane
                self._tasks[partition] = [self.watch.start(self._work(lane)) for _ in range(line.in_flight)]

    def records(self, batch: Sequence[DispatchRecord]) -> None:
        """Take records in the order of their offsets."""
        for record in batch:
            if (lane := self._lanes.get(record.partition)) is not None:
                lane.add(record)

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        """Finish what is in work on these partitions, within STOP_S; return the next offsets to commit."""
        lanes = [self._lanes[p] for p in partitions if p in self._lanes]
        for lane in lanes:
            lane.stop()
        tasks = [task for p in partitions for task in self._tasks.get(p, [])]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_S)
        offsets = {p: offset for p, offset in self.next_offsets().items() if p in partitions}
        self.lost(partitions)
        return offsets

    def lost(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's now: no grant of theirs is written any more."""
        for partition in partitions:
            if (lane := self._lanes.pop(partition, None)) is not None:
                lane.owned = False
                lane.stop()
            self._tasks.pop(partition, None)

    def next_offsets(self) -> dict[int, int]:
        """Return the next offset to commit of each assigned partition that has one."""
        offsets = {p: lane.watermark.next_offset for p, lane in self._lanes.items()}
        return {p: offset for p, offset in offsets.items() if offset is not None}

    def stir(self) -> None:
        """Something about all lines changed (the account is good again): look at every window."""
        for lane in self._lanes.values():
            lane.wake_all()

    def _wake(self, names: tuple[bytes, ...]) -> None:
        for name in names:
            for lane in self._sleepers.pop(name, ()):
                lane.wake(name)
