"""The sender: one worker a line, each reading that line's own partition of the dispatch topic.

Lines never wait for each other. The sender itself only hands records to the workers, wakes them when the ledger says
something, keeps the low watermark of each partition and lets the edge commit it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from connector.core.pacing import Writes
from connector.roles.giving_back import given_back
from connector.roles.lane import Lane
from connector.roles.surroundings import DispatchRecord, LineInfo, Surroundings
from connector.roles.watched import Watch


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
        self._ending: dict[int, list[asyncio.Task[None]]] = {}
        self._sleepers: dict[bytes, dict[Lane, None]] = {}  # a dict keeps its order: what happens can be repeated
        self._writes: dict[int, Writes] = {partition: Writes() for partition in self._lines}
        self.watch = Watch()
        around.replica.on_change(self.wake)

    @property
    def lanes(self) -> Mapping[int, Lane]:
        """The lanes of the partitions assigned now."""
        return self._lanes

    def assigned(self, partitions: Sequence[int]) -> None:
        """Begin to work the lines of these partitions; one that belongs to no line of ours is left alone."""
        self.lost([partition for partition in partitions if partition in self._lanes])
        for partition in partitions:
            if partition in self._lines:
                line = self._lines[partition]
                paused = partial(self._pause, partition)
                lane = Lane(line, self._around, self._sleepers, paused, self._make_room, self._writes[partition])
                self._lanes[partition] = lane
                before = self._ending.pop(partition, [])
                self._tasks[partition] = [self.watch.start(self._after(before, lane)) for _ in range(line.in_flight)]
        self._make_room()

    async def _after(self, before: Sequence[asyncio.Task[None]], lane: Lane) -> None:
        """A line that came back begins when the last turn of its lane before has ended: two would share its pace."""
        if before:
            await asyncio.wait(before)
        await self._work(lane)

    def records(self, batch: Sequence[DispatchRecord]) -> None:
        """Take records in the order of their offsets."""
        for record in batch:
            if (lane := self._lanes.get(record.partition)) is not None:
                lane.add(record)

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        """Finish what is in work on these partitions; return the next offsets to commit."""
        for lane in (self._lanes[p] for p in partitions if p in self._lanes):
            lane.stop()
        work = [task for p in partitions for task in self._tasks.get(p, ())]
        return await given_back(self, self._lanes, partitions, work, self._around.call_s)

    def lost(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's now: no grant of theirs is written any more."""
        for partition in partitions:
            if (lane := self._lanes.pop(partition, None)) is not None:
                lane.close()
            tasks = [*self._ending.get(partition, ()), *self._tasks.pop(partition, ())]
            self._ending[partition] = [task for task in tasks if not task.done()]
        self._make_room()

    def next_offsets(self) -> dict[int, int]:
        """Return the next offset to commit of each assigned partition that has one."""
        offsets = {p: lane.watermark.next_offset for p, lane in self._lanes.items()}
        return {p: offset for p, offset in offsets.items() if offset is not None}

    def stir(self, lines: frozenset[str] | None = None) -> None:
        """Something about all lines changed (the account is good again, an order came), or about these: look again."""
        for lane in self._lanes.values():
            if lines is None or lane.line.alias in lines:
                lane.wake_all()

    def wake(self, names: tuple[bytes, ...]) -> None:
        """Something of these requests or contacts changed: look at those that wait."""
        for name in names:
            for lane in self._sleepers.pop(name, ()):
                lane.wake(name)

    def _make_room(self) -> None:
        """The process holds too much, or no longer: each lane stops or resumes reading."""
        for lane in self._lanes.values():
            lane.pause_if_full()
