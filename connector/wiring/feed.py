"""A topic's records into a role: decoded in the order of each partition, within bounds.

While the registry is away, or does not know a schema, the first record of a partition waits and those behind it; such a
partition is paused, and holds up no other one. What is queued of the others is bounded: a full feed asks for all its
partitions to be paused, and for more once it is half empty. A record belongs to one assignment of its partition; one
that outlived it is dropped, for the next assignment begins at the committed offset and reads it again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from connector.core.edge_facts import RecordsRead
from connector.core.facts import Observer
from connector.core.lag import Backlog, Lag
from connector.kafka.records import KafkaRecord
from connector.roles.watched import Watch

MAX_RECORDS = 2_000  # seconds of work; the clients hold more on their side
MAX_BYTES = 16_000_000  # the same, where every text is long
OVERHEAD_BYTES = 300  # what a held record weighs besides its value

T = TypeVar("T")


class Role(Protocol):
    """What the roles have in common."""

    def assigned(self, partitions: Sequence[int]) -> None:
        """Begin."""

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        """Finish; return the next offsets to commit."""

    def lost(self, partitions: Sequence[int]) -> None:
        """Somebody else's now."""

    def next_offsets(self) -> dict[int, int]:
        """Return the next offset to commit of each assigned partition that has one."""


class Pauses:
    """Who wants a partition not to be read: the feed, or its role. It is read again when nobody does."""

    def __init__(self, pause: Callable[[int, bool], None]) -> None:
        self._pause = pause
        self._wanted: dict[int, set[str]] = {}

    def set(self, who: str, partition: int, paused: bool) -> None:
        """Pause or resume one partition, for ``who``."""
        wanted = self._wanted.setdefault(partition, set())
        before = bool(wanted)
        (wanted.add if paused else wanted.discard)(who)
        if bool(wanted) != before:
            self._pause(partition, bool(wanted))

    def wanted_by(self) -> tuple[int, int]:
        """Partitions that the role does not want read, and others that the feed does not."""
        wanted = [who for who in self._wanted.values() if who]
        by_role = sum("role" in who for who in wanted)
        return by_role, len(wanted) - by_role

    def renew(self, partitions: Sequence[int]) -> None:
        """A new assignment begins unpaused, whatever was wanted in the last one."""
        for partition in partitions:
            if self._wanted.pop(partition, None):
                self._pause(partition, False)


class _Stream:
    """One assignment of one partition: what was read of it, and is not decoded.

    ``waits``: decoding its first record has stopped for something outside; ``held``: so the partition is paused.
    """

    def __init__(self) -> None:
        self.backlog = Backlog()
        self.records: deque[KafkaRecord] = deque()
        self.bytes = 0
        self.waits = self.held = False
        self.work: asyncio.Task[None] | None = None


class Feed(Generic[T]):
    """``read`` decodes a record, and may wait; ``give`` hands it to the role. ``take`` never blocks the loop.

    ``lagging``: whether the role ends its records, so that a lag can be told. ``name``: the topic's, in what
    ``observe`` hears.
    """

    def __init__(
        self,
        role: Role,
        read: Callable[[KafkaRecord], Awaitable[T]],
        give: Callable[[KafkaRecord, T], None],
        *,
        lagging: bool = True,
    ) -> None:
        self.name = ""
        self.observe: Observer = _nobody
        self._role, self._read, self._give, self._lagging = role, read, give, lagging
        self._mine: dict[int, _Stream] = {}
        self._records = self._bytes = 0
        self._full = False
        self.pauses = Pauses(lambda *_: None)
        self.watch = Watch()

    def assigned(self, partitions: Sequence[int]) -> None:
        """These partitions are ours now."""
        self._forget(partitions)
        self.pauses.renew(partitions)
        self._mine.update({partition: _Stream() for partition in partitions})
        self._role.assigned(partitions)
        if self._full:
            self._hold_all(partitions, True)

    async def revoked(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Finish what is in work; return the next offsets to commit."""
        self._forget(partitions)
        return await self._role.revoked(partitions)

    def lost(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's already."""
        self._forget(partitions)
        self._role.lost(partitions)

    def take(self, records: Sequence[KafkaRecord]) -> None:
        """Queue records of partitions that are ours."""
        taken = 0
        for record in records:
            if (stream := self._mine.get(record.partition)) is not None:
                if self._lagging:
                    stream.backlog.read(record.offset, record.timestamp_ms or 0)
                self._put(stream, record)
                taken += 1
        self.observe(RecordsRead(self.name, taken))

    def next_offsets(self) -> dict[int, int]:
        """Return the role's next offsets to commit."""
        return self._role.next_offsets()

    def lags(self, ends: Mapping[int, int], now_ms: int) -> dict[int, Lag]:
        """How far each partition that is ours is behind; ``ends``: their high watermarks."""
        following = self._role.next_offsets()
        return {p: one.backlog.lag(following.get(p), ends.get(p), now_ms) for p, one in self._mine.items()}

    def waiting(self) -> int:
        """Records taken that the role does not have yet."""
        return sum(len(one.records) for one in self._mine.values())

    @property
    def assigned_now(self) -> int:
        """Partitions that are ours."""
        return len(self._mine)

    async def close(self) -> None:
        """Stop decoding."""
        works = [stream.work for stream in self._mine.values() if stream.work is not None]
        self._forget(list(self._mine))
        await asyncio.gather(*works, return_exceptions=True)

    def _put(self, stream: _Stream, record: KafkaRecord) -> None:
        stream.records.append(record)
        stream.bytes += _size(record)
        if not stream.held:
            self._weigh(1, _size(record))
        if stream.waits:
            self._hold(record.partition, stream, True)
        if stream.work is None:
            stream.work = self.watch.start(self._decode(record.partition, stream))

    async def _decode(self, partition: int, stream: _Stream) -> None:
        while stream.records:
            record = stream.records[0]
            stream.waits = True  # nobody sees it unless the next line has to wait
            decoded = await self._read(record)
            stream.waits = False
            self._hold(partition, stream, False)
            self._hand(record, decoded)
            stream.records.popleft()
            stream.bytes -= _size(record)
            self._weigh(-1, -_size(record))
        stream.work = None

    def _hand(self, record: KafkaRecord, decoded: T) -> None:
        try:
            self._give(record, decoded)
        except ValueError as error:
            raise ValueError(f"{record.topic}, partition {record.partition}: {error}") from error

    def _hold(self, partition: int, stream: _Stream, held: bool) -> None:
        """A partition that waits is read no further, and takes nobody else's room."""
        if held != stream.held:
            stream.held = held
            sign = -1 if held else 1
            self._weigh(sign * len(stream.records), sign * stream.bytes)
            self.pauses.set("waiting", partition, held)

    def _weigh(self, records: int, size: int) -> None:
        self._records += records
        self._bytes += size
        if self._full:
            full = self._records > MAX_RECORDS // 2 or self._bytes > MAX_BYTES // 2
        else:
            full = self._records >= MAX_RECORDS or self._bytes >= MAX_BYTES
        if full != self._full:
            self._full = full
            self._hold_all(list(self._mine), full)

    def _hold_all(self, partitions: Sequence[int], held: bool) -> None:
        for partition in partitions:
            self.pauses.set("feed", partition, held)

    def _forget(self, partitions: Sequence[int]) -> None:
        for partition in partitions:
            if (stream := self._mine.pop(partition, None)) is not None:
                if stream.work is not None:
                    stream.work.cancel()
                if not stream.held:
                    self._weigh(-len(stream.records), -stream.bytes)


def _nobody(_: object) -> None:
    """Hears nothing."""


def _size(record: KafkaRecord) -> int:
    return len(record.value or b"") + OVERHEAD_BYTES
