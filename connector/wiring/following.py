"""A compacted topic of one partition, followed live: read to its end before anything sends, and on from then.

Record by record, in order. A record of a newer schema is waited for; one that cannot be read is left alone, and said
for as long as it is the last of its key: what it orders does not hold here, and may hold in other replicas.
"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import structlog

from connector.kafka.avro import Row, Undecodable
from connector.kafka.clients import ClientSettings
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName
from connector.kafka.tail import LogTail
from connector.roles.watched import Watch, signalled
from connector.wiring.inbound import Reader

CURE = "write what they said once more, or upgrade this program"


class Following:
    """``put`` takes what was read; ``watch`` fails when the topic cannot be read."""

    schema: ClassVar[SchemaName]

    def __init__(self, reader: Reader) -> None:
        self.restored = asyncio.Event()
        self.watch = Watch()
        self._reader = reader
        self._log = structlog.stdlib.get_logger("connector")
        self._queue: asyncio.Queue[KafkaRecord | None] = asyncio.Queue()
        self._task = self.watch.start(self._run())
        self._tail: LogTail | None = None
        self._unread: dict[bytes, KafkaRecord] = {}

    def put(self, key: bytes, row: Row | None) -> None:
        """Take the next record, None for a tombstone."""
        raise NotImplementedError

    def unreadable(self, key: bytes) -> None:
        """The next record of this key cannot be read."""

    def notes(self) -> list[str]:
        """Which records cannot be read, in one sentence; none where all can."""
        last = max(self._unread.values(), key=lambda record: record.offset, default=None)
        if last is None:
            return []
        return [f"unreadable records in {last.topic}: {len(self._unread)}, the last at offset {last.offset}; {CURE}"]

    async def follow(self, clients: ClientSettings, topic: str) -> None:
        """Read the topic to its end, and follow it from then on. Raises KafkaFatal, or what ended the reading."""
        tail = self._tail = LogTail(clients, topic, self.take, self.at_end, asyncio.get_running_loop())
        tail.start()
        await signalled(self.restored, tail.fatal, self.watch.failed)
        self.watch.start(_heed(tail.fatal))

    def take(self, records: Sequence[KafkaRecord]) -> None:
        """Take the next records, in order."""
        for record in records:
            self._queue.put_nowait(record)

    def at_end(self) -> None:
        """The end as of the start has been handed over: restored, once all of it is read."""
        self._queue.put_nowait(None)

    async def close(self) -> None:
        """Read no further."""
        if self._tail is not None:
            await self._tail.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            record = await self._queue.get()
            if record is None:
                self.restored.set()
            else:
                await self._put(record)

    async def _put(self, record: KafkaRecord) -> None:
        key, row = record.key or b"", None
        if record.value is not None and (row := await self._row(record)) is None:
            self._unread[key] = record
            return self.unreadable(key)
        self._unread.pop(key, None)
        return self.put(key, row)

    async def _row(self, record: KafkaRecord) -> Row | None:
        try:
            return await self._reader.row(self.schema, record.value)
        except Undecodable as why:
            name, place = f"{self.schema}.unreadable", record.offset
            self._log.warning(name, topic=record.topic, offset=place, reason=str(why))
            return None


async def _heed(fatal: "asyncio.Future[None]") -> None:
    await fatal
