"""Consumer groups: who reads which partition, from where, and what is committed.

A partition has one owner, but may have other readers that do not know yet that it was taken from them: *zombies*
read and act on until they are told. Only the owner's commits are taken. A partition moves *gracefully* (the old
owner finishes, commits and lets go) or *without notice* (its session ended).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tests.simulation.broker import Broker, Entry
from tests.simulation.clock import Scheduler
from tests.simulation.plan import Plan

if TYPE_CHECKING:
    from tests.simulation.process import Process

SESSION_S = 45.0  # a process that is silent for so long has lost its partitions
REVOKE_S = 40.0  # how long a graceful move waits
BURST = 200  # records that a client hands over at once


class Fetched(NamedTuple):
    """A record as a role's feed takes it."""

    partition: int
    entry: Entry
    value: bytes = b""  # what it weighs

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        return self.entry.offset

    @property
    def timestamp_ms(self) -> int:
        """When it was appended."""
        return self.entry.ms


class Member(Protocol):
    """A role of one process in its group (``connector.wiring.inbound.Feed``)."""

    def assigned(self, partitions: Sequence[int]) -> None: ...
    async def revoked(self, partitions: Sequence[int]) -> Mapping[int, int]: ...
    def lost(self, partitions: Sequence[int]) -> None: ...
    def take(self, records: Sequence[Fetched]) -> None: ...


@dataclass(eq=False)
class Reader:
    """One process reading one partition since one assignment."""

    process: "Process"
    partition: int
    position: int
    begun: bool = False
    paused: bool = False
    leaving: bool = False


class Group:
    """One group on one topic. ``committed`` hears of every commit taken: partition, from, to."""

    def __init__(
        self, topic: str, broker: Broker, scheduler: Scheduler, plan: Plan, committed: Callable[[int, int, int], None]
    ) -> None:
        self.topic, self._broker, self._scheduler, self._plan, self._told = topic, broker, scheduler, plan, committed
        self.partitions = sum(1 for p in range(16) if (topic, p) in broker._logs)
        self.offsets = [0] * self.partitions
        self.owners: list[Reader | None] = [None] * self.partitions
        self._readers: list[Reader] = []
        self._members: dict[Process, Member] = {}
        broker.listen(topic, self._landed)

    def owner(self, partition: int) -> "Process | None":
        """Whose partition it is, as the coordinator knows."""
        reader = self.owners[partition]
        return reader.process if reader else None

    def begun(self, partition: int) -> bool:
        """Whether the owner has heard of it, and reads."""
        reader = self.owners[partition]
        return reader is not None and reader.begun

    def reads(self, process: "Process", partition: int) -> bool:
        """Whether the process believes that the partition is its own."""
        return any(r.process is process and r.partition == partition for r in self._readers)

    def join(self, process: "Process", member: Member) -> None:
        """A process has come: it gets what nobody has, and its share of the rest."""
        self._members[process] = member
        for partition in range(self.partitions):
            if self.owners[partition] is None:
                self._give(partition, process)
        mine = sum(self.owner(p) is process for p in range(self.partitions))
        for partition in range(self.partitions):
            if mine < self.partitions // len(self._members) and self.owner(partition) is not process:
                self.move(partition, process)
                mine += 1

    def left(self, process: "Process", after_s: float) -> None:
        """A process is gone: its partitions go to others once that is noticed."""
        self._members.pop(process, None)
        self._scheduler.after(after_s, self._reassign, process)

    def move(self, partition: int, to: "Process", graceful: bool = True) -> None:
        """A rebalance moves one partition."""
        reader = self.owners[partition]
        if to not in self._members or (reader and (reader.process is to or reader.leaving)):
            return
        if reader is None or reader.process.loop.dead:
            self._give(partition, to)
        elif graceful:
            reader.leaving = True
            reader.process.loop.start(self._revoke, reader, to)
            self._scheduler.after(SESSION_S, self._give_up, reader, to)
        else:
            self._give(partition, to)
            self._scheduler.after(self._plan.span(0.1, 40), self._tell_lost, reader)

    def commit(self, process: "Process", offsets: Mapping[int, int]) -> None:
        """Take the owner's commits; a zombie's are refused."""
        for partition, offset in offsets.items():
            reader = self.owners[partition]
            if reader and reader.begun and reader.process is process and offset != self.offsets[partition]:
                self._told(partition, self.offsets[partition], offset)
                self.offsets[partition] = offset

    def reset(self, partition: int) -> None:
        """An operator sets the offset to zero; whoever gets the partition next begins there."""
        reader = self.owners[partition]
        if reader is None or reader.leaving or not self._members:
            return
        self.offsets[partition] = 0
        self._give(partition, self._plan.rng.choice(list(self._members)))
        self._tell_lost(reader)

    def pause(self, process: "Process", partition: int, paused: bool) -> None:
        """Stop or resume reading."""
        for reader in self._readers:
            if reader.process is process and reader.partition == partition:
                reader.paused = paused
                self._fetch_soon(reader)

    def behind(self) -> int:
        """Records not committed yet."""
        return sum(self._broker.end(self.topic, p) - self.offsets[p] for p in range(self.partitions))

    async def _revoke(self, reader: Reader, to: "Process") -> None:
        if self.owners[reader.partition] is not reader:
            return self._lost(reader) if reader.begun else self._forget(reader)
        member = self._members.get(reader.process)
        offsets = await member.revoked([reader.partition]) if member and reader.begun else {}
        if self.owners[reader.partition] is reader:
            self.commit(reader.process, offsets)
            self._give_to(reader.partition, to)
        return self._forget(reader)

    def _give_up(self, reader: Reader, to: "Process") -> None:
        if self.owners[reader.partition] is reader:
            self._give_to(reader.partition, to)

    def _give_to(self, partition: int, to: "Process") -> None:
        """To this process, or to any if it is gone meanwhile."""
        target = to if to in self._members else next(iter(self._members), None)
        self.owners[partition] = None
        if target is not None:
            self._give(partition, target)

    def _reassign(self, process: "Process") -> None:
        for partition in range(self.partitions):
            if self.owner(partition) is process:
                self._give_to(partition, self._plan.rng.choice([*self._members, process]))
        self._readers = [r for r in self._readers if r.process is not process]

    def _give(self, partition: int, process: "Process") -> None:
        reader = Reader(process, partition, self.offsets[partition] if self.topic != "parked" else 0)
        self.owners[partition] = reader
        self._readers.append(reader)
        process.hear(0.01, self._begin, reader)

    def _begin(self, reader: Reader) -> None:
        if self.owners[reader.partition] is not reader:
            return self._forget(reader)
        old = [r for r in self._readers if r.process is reader.process and r.partition == reader.partition]
        for other in old:
            if other is not reader:
                self._members[reader.process].lost([reader.partition])
                self._forget(other)
        self._members[reader.process].assigned([reader.partition])
        reader.begun = True
        self._fetch(reader)
        return None

    def _tell_lost(self, reader: Reader) -> None:
        reader.process.hear(0.01, self._lost, reader)

    def _lost(self, reader: Reader) -> None:
        newer = self.owners[reader.partition]
        if reader in self._readers and reader.process in self._members:
            self._forget(reader)
            if newer is None or newer.process is not reader.process:
                self._members[reader.process].lost([reader.partition])

    def _forget(self, reader: Reader) -> None:
        if reader in self._readers:
            self._readers.remove(reader)

    def _landed(self, entry: Entry) -> None:
        for reader in self._readers:
            if reader.partition == entry.partition:
                self._fetch_soon(reader)

    def _fetch_soon(self, reader: Reader) -> None:
        if reader.begun and not reader.paused and reader.position < self._broker.end(self.topic, reader.partition):
            reader.process.hear(self._plan.lag_s(), self._fetch, reader)

    def _fetch(self, reader: Reader) -> None:
        if reader not in self._readers or reader.paused:
            return
        entries = self._broker.log(self.topic, reader.partition)[reader.position : reader.position + BURST]
        if entries:
            reader.position += len(entries)
            self._members[reader.process].take([Fetched(reader.partition, e) for e in entries])
            if len(entries) == BURST:
                self._fetch_soon(reader)
