"""Reading events back, as the active reconciler does at its start: bytes -> what is known of our messages, by CPU.

    python -m benchmarks.read_back [messages]

Four events a message, as its callbacks bring them. What librdkafka needs to fetch them is not in it.
"""

import asyncio
import gc
import io
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import cast

import fastavro

from benchmarks.ledger_log import OneSchema
from benchmarks.noise import REPETITIONS, Figure
from connector.core.callbacks import parse
from connector.core.events import MessageEvent, status_event
from connector.core.outstanding import Outstanding, Told
from connector.core.statuses import progress
from connector.core.tokens import Claim
from connector.kafka.avro import HEADER_BYTES, Codec
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName, parsed
from connector.kafka.since import SinceTail
from connector.kafka.tail import BURST
from connector.kafka.wire_events import event_row
from connector.wiring.inbound import EventsBack, Reader

BEGIN_MS, MADE = 1_800_000_000_000, "2027-01-15T08:00:00.000Z"
STATUSES = ("QUEUED", "ACCEPTED", "SENT", "DELIVERED")


def events(messages: int) -> Iterator[MessageEvent]:
    """What Sendblue says of so many messages."""
    for n in range(messages):
        seen = None
        for k, status in enumerate(STATUSES):
            report = parse(
                {
                    "accountEmail": "someone@example.com", "content": f"Hello! Your order {n} is on its way to you.",
                    "is_outbound": True, "status": status, "error_code": None, "error_message": None,
                    "message_handle": f"5A1B0E7C-0000-4000-8000-{n:012d}", "date_sent": MADE, "date_updated": MADE,
                    "from_number": "+13035550100", "number": f"+12025550{n % 100 + 100}",
                    "to_number": f"+12025550{n % 100 + 100}", "was_downgraded": False, "plan": "blue",
                    "media_url": "", "message_type": "message", "group_id": "", "participants": [], "send_style": "",
                    "opted_out": False, "sendblue_number": "+13035550100", "service": "iMessage",
                }
            )  # fmt: skip
            flags = progress(seen, report.seen)
            seen = flags.latest
            claim = Claim(f"order-2027-{n:08d}", f"{n:016x}", 0)
            yield status_event(report, claim, flags, BEGIN_MS + 10 * n + k, line="line-1")


class _Log:
    """The topic, in the bursts in which the client hands it over."""

    def __init__(self, log: Sequence[KafkaRecord]) -> None:
        self._log = log

    async def run(
        self, _: int, take: Callable[[Sequence[KafkaRecord]], Awaitable[None]], at_end: Callable[[], None]
    ) -> None:
        for first in range(0, len(self._log), BURST):
            await take(self._log[first : first + BURST])
        at_end()


async def main(messages: int) -> None:
    """Measure and print."""
    codec = Codec(OneSchema(), {SchemaName.MESSAGE_EVENT: "events-value"})
    await codec.prepare(auto_register=True)
    values = [codec.encode(SchemaName.MESSAGE_EVENT, event_row(event)) for event in events(messages)]
    log = [KafkaRecord("events", 0, n, None, value, (), BEGIN_MS) for n, value in enumerate(values)]
    gc.freeze()  # a real read-back lets go of its records at once; these must not weigh on the collector
    whole, bare = Figure(), Figure()
    for _ in range(REPETITIONS):
        whole.us.append(await _whole(codec, log))
        bare.us.append(_bare(log))
    print(f"read back                {whole}\nbare fastavro decode     {bare}")
    print(f"{whole.least / bare.least:.2f} x a bare decode; {1e6 / whole.least:,.0f} events a second of CPU")


async def _whole(codec: Codec, log: Sequence[KafkaRecord]) -> float:
    known = Outstanding()

    def take(batch: Sequence[Told]) -> None:
        for told in batch:
            known.learn(told)

    began = time.process_time()
    back = EventsBack(lambda: cast("SinceTail", _Log(log)), Reader(codec, lambda _: None))
    await back.follow(0, take, lambda: None)
    assert known.finished == len(log) // len(STATUSES)
    return (time.process_time() - began) / len(log) * 1e6


def _bare(log: Sequence[KafkaRecord]) -> float:
    schema, began = parsed(SchemaName.MESSAGE_EVENT), time.process_time()
    for record in log:
        body = io.BytesIO(record.value or b"")
        body.seek(HEADER_BYTES)
        fastavro.schemaless_reader(body, schema, None)
    return (time.process_time() - began) / len(log) * 1e6


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
