"""The sender: each line reads its own partitions of the dispatch topic, one for replies and one for everything else.

Lines never wait for each other. The sender itself only hands records to the lanes, wakes them when the ledger says
something, keeps the low watermark of each partition and lets the edge commit it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from connector.core.messages import Priority
from connector.core.priorities import Places
from connector.core.records import LedgerRecord, Outcome
from connector.roles.giving_back import given_back
from connector.roles.lane import Lane
from connector.roles.line import Line
from connector.roles.surroundings import DispatchRecord, LineInfo, Surroundings
from connector.roles.watched import Watch


class Turns(Protocol):
    """What works a line: begins a turn for each due record until no lane of it goes on."""

    def __call__(self, line: Line) -> Coroutine[Any, Any, None]:
        """Work the line."""


class Sender:
    """Hands each partition's records to its lane. ``pause`` stops and resumes reading a partition.

    ``given``: the partitions of each line as they stand, since a line may get its second one while we run.
    """

    def __init__(
        self,
        lines: Sequence[LineInfo],
        around: Surroundings,
        work: Turns,
        pause: Callable[[int, bool], None],
        given: Mapping[str, Places] = MappingProxyType({}),
    ) -> None:
        self._lines: Mapping[str, Line] = {info.alias: Line(info, around, given) for info in lines}
        self._places: dict[int, tuple[Line, Priority]] = {}
        for line in self._lines.values():
            self._places[line.info.partition] = line, Priority.NORMAL
            if line.info.reply_partition is not None:
                self._places[line.info.reply_partition] = line, Priority.REPLY
        self._around, self._work, self._pause = around, work, pause
        self._lanes: dict[int, Lane] = {}
        self._workers: dict[str, list[asyncio.Task[None]]] = {}
        self._unclaimed: set[int] = set()
        self._sleepers: dict[bytes, dict[Lane, None]] = {}  # a dict keeps its order: what happens can be repeated
        self.watch = Watch()
        around.replica.on_change(self.wake)
        around.replica.on_record(self._heard)

    @property
    def lanes(self) -> Mapping[int, Lane]:
        """The lanes of the partitions assigned now."""
        return self._lanes

    @property
    def places(self) -> int:
        """How many lanes all lines have, wherever they are."""
        return len(self._places)

    def assigned(self, partitions: Sequence[int]) -> None:
        """Begin to work the lanes of these partitions; one that belongs to no line of ours is left alone."""
        self.lost([partition for partition in partitions if partition in self._places])
        for partition in partitions:
            if partition in self._places:
                self._begin(partition, *self._places[partition])
            else:
                self._unclaimed.add(partition)
        self._make_room()

    def records(self, batch: Sequence[DispatchRecord]) -> None:
        """Take records in the order of their offsets."""
        for record in batch:
            if record.partition in self._unclaimed:
                self._claim(record)
            if (lane := self._lanes.get(record.partition)) is not None:
                lane.add(record)

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        """Finish what is in work on these partitions; return the next offsets to commit."""
        lanes = [self._lanes[p] for p in partitions if p in self._lanes]
        for lane in lanes:
            lane.stop()
        rests = [asyncio.create_task(lane.rest()) for lane in lanes if lane.busy]
        try:
            return await given_back(self, self._lanes, partitions, rests, self._around.call_s)
        finally:
            for rest in rests:
                rest.cancel()

    def lost(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's now: no grant of theirs is written any more."""
        self._unclaimed.difference_update(partitions)
        for partition in partitions:
            if (lane := self._lanes.pop(partition, None)) is not None:
                lane.close()
                self._places[partition][0].leave(lane)
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

    def _begin(self, partition: int, line: Line, priority: Priority) -> None:
        line.begins()
        paused = partial(self._pause, partition)
        lane = self._lanes[partition] = Lane(line, priority, self._sleepers, paused, self._make_room)
        line.join(lane)
        alive = [task for task in self._workers.get(line.info.alias, ()) if not task.done()]
        new = [self.watch.start(self._work(line)) for _ in range(line.info.in_flight - len(alive))]
        self._workers[line.info.alias] = alive + new

    def _claim(self, record: DispatchRecord) -> None:
        """A partition that a line was given after we began: its first record says whose it is."""
        line = self._lines.get(record.dispatch.line)
        if line is not None and not any(one is line and p is Priority.REPLY for one, p in self._places.values()):
            self._unclaimed.discard(record.partition)
            self._places[record.partition] = line, Priority.REPLY
            self._begin(record.partition, line, Priority.REPLY)

    def _heard(self, record: LedgerRecord) -> None:
        """A grant of a line has its end: whoever waits for its pace may go on."""
        if isinstance(record, Outcome) and (line := self._lines.get(record.line)) is not None:
            line.moved()

    def _make_room(self) -> None:
        """The process holds too much, or no longer: each lane stops or resumes reading."""
        for lane in self._lanes.values():
            lane.pause_if_full()
