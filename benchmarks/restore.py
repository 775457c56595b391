"""Reading a ledger back: bytes -> record -> fold and views, by CPU, beside a bare fastavro decode of the same bytes.

    python -m benchmarks.restore [requests]

What librdkafka needs to fetch the records is not in it.
"""

import asyncio
import gc
import io
import sys
from collections.abc import Sequence

import fastavro

from benchmarks.ledger_log import codec, encoded, records
from benchmarks.noise import interleaved
from connector.kafka.avro import HEADER_BYTES, Codec
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName, parsed
from connector.roles.replica import Replica
from connector.system import collect_rarely
from connector.wiring.inbound import Reader
from connector.wiring.ledger_feed import LedgerFeed


class _NoLog:
    async def append(self, record: object) -> None:
        """A restore appends nothing."""
        raise NotImplementedError


async def main(requests: int) -> None:
    """Measure and print."""
    writer = await codec()
    log = encoded(writer, records(requests))
    collect_rarely()
    gc.freeze()  # a real restore lets go of its records at once; these must not weigh on the collector
    parts = {
        "restore": lambda: _restore(writer, log),
        "bare fastavro decode": lambda: _bare(log),
    }
    figures = interleaved(parts, len(log))
    for name, figure in figures.items():
        print(f"{name:24} {figure}")
    ratio = figures["restore"].least / figures["bare fastavro decode"].least
    print(f"{ratio:.2f} x a bare decode; 1 M records in {figures['restore'].least:.1f} s of CPU ({len(log)} measured)")


def _restore(writer: Codec, log: Sequence[KafkaRecord]) -> None:
    replica = Replica("benchmark", _NoLog())
    feed = LedgerFeed(replica, writer, Reader(writer, lambda _: None), lambda: 0.0)
    for first in range(0, len(log), 500):
        feed.take(log[first : first + 500])
    assert len(replica.fold) == len(log) // 2


def _bare(log: Sequence[KafkaRecord]) -> None:
    schema = parsed(SchemaName.LEDGER)
    for record in log:
        body = io.BytesIO(record.value or b"")
        body.seek(HEADER_BYTES)
        fastavro.schemaless_reader(body, schema, None)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000))
