"""The ledger's records into the replica, in order and without a gap: what is left out may have been a grant.

A record of a schema not read yet holds up those behind it, and with them ``restored``. One that nobody can read is
taken for rules we do not know: a newer program may have written it. An error nobody foresaw ends the process.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from connector.core.records import LedgerRecord
from connector.kafka.avro import Codec, NeedSchema, Undecodable
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_ledger import UNKNOWN_RULES, ledger_record
from connector.roles.replica import Replica
from connector.roles.watched import Watch
from connector.wiring.inbound import Reader


class LedgerFeed:
    """``mono`` reads the boot-time clock in seconds; ``watch`` ends with the first error nobody foresaw."""

    def __init__(self, replica: Replica, codec: Codec, reader: Reader, mono: Callable[[], float]) -> None:
        self._replica, self._codec, self._reader, self._mono = replica, codec, reader, mono
        self._behind: deque[KafkaRecord] = deque()
        self._at_end = False
        self._catching_up: asyncio.Task[None] | None = None
        self._log = structlog.stdlib.get_logger("connector")
        self.watch = Watch()

    def take(self, records: Sequence[KafkaRecord]) -> None:
        """Feed records at once as long as their schemas are known."""
        self._behind.extend(records)
        if self._catching_up is None and not self.watch.failed.done():
            self._go_on()

    def at_end(self) -> None:
        """The tail has handed over what there was at the start; once that is fed, the replica is restored."""
        self._at_end = True
        self.take(())

    async def close(self) -> None:
        """Stop waiting for schemas."""
        if self._catching_up is not None:
            self._catching_up.cancel()
            await asyncio.gather(self._catching_up, return_exceptions=True)

    def _go_on(self) -> None:
        read_at = self._mono()
        try:
            while self._behind:
                self._feed(self._read(self._behind[0]), read_at)
        except NeedSchema:
            self._catching_up = self.watch.start(self._catch_up())
        except Exception as error:  # noqa: BLE001 - whatever it is, to go on would leave a gap
            self.watch.fail(error)
        else:
            if self._at_end:
                self._replica.restored.set()

    async def _catch_up(self) -> None:
        first = self._behind[0]
        try:
            await self._reader.row(SchemaName.LEDGER, first.value, give_up=True)
        except Undecodable:
            self._feed(self._unreadable(first), self._mono())
        self._catching_up = None
        self._go_on()

    def _read(self, record: KafkaRecord) -> LedgerRecord:
        try:
            read = ledger_record(self._codec, record.value)
        except Undecodable:
            return self._unreadable(record)
        return self._unreadable(record) if read is UNKNOWN_RULES else read

    def _unreadable(self, record: KafkaRecord) -> LedgerRecord:
        self._log.error("ledger.unreadable", topic=record.topic, partition=record.partition, offset=record.offset)
        return UNKNOWN_RULES

    def _feed(self, read: LedgerRecord, read_at: float) -> None:
        record = self._behind.popleft()
        self._replica.feed(record.offset, record.timestamp_ms or 0, read, read_at)
