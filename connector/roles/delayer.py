"""The delayer: gives the records of one delay topic back to their lines, each when its time is over.

A delay topic holds all records for the same span, so the head of a partition is always the next one due. What is due
goes back to its line's lane, byte for byte, in the order it came; its offset is done once that is durable. A crash in
between gives a record back twice: the ledger knows its origin, so the second one only says again what the first became.
A line keeps its partitions for ever, so a record finds its way also when its line is configured no more.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from connector.core.delays import Delay
from connector.core.facts import DelayEnded, Observer
from connector.core.messages import Priority
from connector.core.offsets import Watermark
from connector.roles.ends import loudly, surely
from connector.roles.giving_back import given_back
from connector.roles.surroundings import Clocks
from connector.roles.watched import Watch

AHEAD_RECORDS = 500  # read ahead of the head, per partition: enough to give back thousands a second when many are due
AHEAD_BYTES = 4_000_000  # the same as a line's window; eight partitions hold 32 MB at most
NAP_S = 30.0  # asks the clock again this often, since a suspended machine's timers stand still


class DelayRecord(NamedTuple):
    """A record of a delay topic as the edge read it; ``timestamp_ms`` is when it was appended."""

    partition: int
    offset: int
    timestamp_ms: int
    line: str
    value: bytes
    priority: Priority = Priority.NORMAL


class Lines(Protocol):
    """Where records go back to."""

    async def again(self, line: str, priority: Priority, value: bytes) -> None:
        """Append to the line's dispatch partition for this priority; return once durable, else raise PublishFailed."""


class _Shelf:
    """One partition: what was read and is not due, by the time it is."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[float, DelayRecord]] = deque()
        self.size = 0
        self.mark = Watermark()
        self.stir = asyncio.Event()
        self.stopping = self.paused = False

    @property
    def full(self) -> bool:
        return len(self.waiting) >= AHEAD_RECORDS or self.size >= AHEAD_BYTES

    def put(self, due: float, record: DelayRecord) -> None:
        self.mark.track(record.offset)
        self.waiting.append((due, record))
        self.size += len(record.value)
        self.stir.set()

    def take_due(self, now: float) -> list[DelayRecord]:
        due = []
        while self.waiting and self.waiting[0][0] <= now:
            record = self.waiting.popleft()[1]
            self.size -= len(record.value)
            due.append(record)
        return due


class Delayer:
    """One delay topic. ``pause`` stops and resumes reading a partition."""

    def __init__(
        self,
        delay: Delay,
        lines: Lines,
        clocks: Clocks,
        observe: Observer,
        pause: Callable[[int, bool], None],
    ) -> None:
        self._delay, self._lines, self._clocks = delay, lines, clocks
        self._observe, self._pause = observe, pause
        self._shelves: dict[int, _Shelf] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.watch = Watch()

    def assigned(self, partitions: Sequence[int]) -> None:
        """Begin to hold the records of these partitions, afresh."""
        self.lost(partitions)
        for partition in partitions:
            shelf = self._shelves[partition] = _Shelf()
            self._tasks[partition] = self.watch.start(self._serve(partition, shelf))

    def records(self, batch: Sequence[DelayRecord]) -> None:
        """Take records in the order of their offsets."""
        for record in batch:
            if (shelf := self._shelves.get(record.partition)) is not None:
                shelf.put(self._due(record), record)
                self._pause_if_full(record.partition, shelf)

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        """Finish what is on its way back to its line; return the next offsets to commit."""
        for shelf in (self._shelves[p] for p in partitions if p in self._shelves):
            shelf.stopping = True
            shelf.stir.set()
        work = [self._tasks[p] for p in partitions if p in self._tasks]
        return await given_back(self, self._shelves, partitions, work)

    def lost(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's now."""
        for partition in partitions:
            self._shelves.pop(partition, None)
            if (task := self._tasks.pop(partition, None)) is not None:
                task.cancel()

    def next_offsets(self) -> dict[int, int]:
        """Return the next offset to commit of each assigned partition that has one."""
        offsets = {p: shelf.mark.next_offset for p, shelf in self._shelves.items()}
        return {p: offset for p, offset in offsets.items() if offset is not None}

    def _due(self, record: DelayRecord) -> float:
        """By the record's time; but never longer than the span from now on, whatever the clocks say of each other."""
        span_ms = self._delay.span_ms
        left_ms = record.timestamp_ms + span_ms - self._clocks.now_ms()
        return self._clocks.mono() + min(max(left_ms, 0), span_ms) / 1000

    async def _serve(self, partition: int, shelf: _Shelf) -> None:
        while not shelf.stopping:
            if due := shelf.take_due(self._clocks.mono()):
                await asyncio.gather(*(self._give_back(shelf, record) for record in due))
                self._pause_if_full(partition, shelf)
            else:
                await self._nap(shelf)

    async def _give_back(self, shelf: _Shelf, record: DelayRecord) -> None:
        again = partial(self._lines.again, record.line, record.priority, record.value)
        await surely(again, loudly("dispatch", self._observe))
        shelf.mark.done(record.offset)
        self._observe(DelayEnded(str(self._delay), record.line))

    async def _nap(self, shelf: _Shelf) -> None:
        shelf.stir.clear()
        left_s = shelf.waiting[0][0] - self._clocks.mono() if shelf.waiting else NAP_S
        try:
            async with asyncio.timeout(min(max(left_s, 0.0), NAP_S)):
                await shelf.stir.wait()
        except TimeoutError:
            return

    def _pause_if_full(self, partition: int, shelf: _Shelf) -> None:
        if shelf.full != shelf.paused and self._shelves.get(partition) is shelf:
            shelf.paused = shelf.full
            self._pause(partition, shelf.paused)
