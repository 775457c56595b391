"""A topic's records into a role: decoded one after the other, in order, within bounds.

While the registry is away the first record waits and all behind it with it, so what is queued is bounded: a full feed
asks for its partitions to be paused, and for more once it is half empty. A record belongs to one assignment of its
partition; one that outlived it is dropped, for the next assignment begins at the committed offset and reads it again.
"""

import asyncio
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
        self._decoding = 0
        self._role, self._read, self._give, self._lagging = role, read, give, lagging
        self._queue: asyncio.Queue[tuple[Backlog, KafkaRecord]] = asyncio.Queue()
        self._mine: dict[int, Backlog] = {}
        self._bytes = 0
        self._full = False
        self.pauses = Pauses(lambda *_: None)
        self.watch = Watch()
        self._task = self.watch.start(self._run())

    def assigned(self, partitions: Sequence[int]) -> None:
        """These partitions are ours now."""
        self.pauses.renew(partitions)
        self._mine.update({partition: Backlog() for partition in partitions})
        self._role.assigned(partitions)
        if self._full:
            self._hold(partitions, True)

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
        before = self._queue.qsize()
        for record in records:
            if (backlog := self._mine.get(record.partition)) is not None:
                if self._lagging:
                    backlog.read(record.offset, record.timestamp_ms or 0)
                self._bytes += _size(record)
                self._queue.put_nowait((backlog, record))
        self.observe(RecordsRead(self.name, self._queue.qsize() - before))
        if not self._full and (self._queue.qsize() >= MAX_RECORDS or self._bytes >= MAX_BYTES):
            self._full = True
            self._hold(list(self._mine), True)

    def next_offsets(self) -> dict[int, int]:
        """Return the role's next offsets to commit."""
        return self._role.next_offsets()

    def lags(self, ends: Mapping[int, int], now_ms: int) -> dict[int, Lag]:
        """How far each partition that is ours is behind; ``ends``: their high watermarks."""
        following = self._role.next_offsets()
        return {p: backlog.lag(following.get(p), ends.get(p), now_ms) for p, backlog in self._mine.items()}

    def waiting(self) -> int:
        """Records taken that the role does not have yet."""
        return self._queue.qsize() + self._decoding

    @property
    def assigned_now(self) -> int:
        """Partitions that are ours."""
        return len(self._mine)

    async def close(self) -> None:
        """Stop decoding."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            backlog, record = await self._queue.get()
            if self._mine.get(record.partition) is backlog:
                self._decoding = 1
                decoded = await self._read(record)
                if self._mine.get(record.partition) is backlog:
                    self._give(record, decoded)
                self._decoding = 0
            self._bytes -= _size(record)
            if self._full and self._queue.qsize() <= MAX_RECORDS // 2 and self._bytes <= MAX_BYTES // 2:
                self._full = False
                self._hold(list(self._mine), False)

    def _hold(self, partitions: Sequence[int], held: bool) -> None:
        for partition in partitions:
            self.pauses.set("feed", partition, held)

    def _forget(self, partitions: Sequence[int]) -> None:
        for partition in partitions:
            self._mine.pop(partition, None)


def _nobody(_: object) -> None:
    """Hears nothing."""


def _size(record: KafkaRecord) -> int:
    return len(record.value or b"") + OVERHEAD_BYTES
