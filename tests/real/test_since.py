"""Reading a topic from a time on, against real brokers: the embedded one knows no times."""

import asyncio
import uuid
from collections.abc import Sequence

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from connector.kafka.clients import ClientSettings
from connector.kafka.producer import KafkaProducer
from connector.kafka.records import KafkaRecord
from connector.kafka.since import SinceTail

WITHIN_S = 120.0
SINCE_MS = 1_700_000_000_000


async def test_only_what_is_as_young_as_asked_for_is_read_back(bootstrap: str) -> None:
    """A partition with older and younger records, one with older ones only, an empty one; then the tail goes on."""
    topic, clients = f"since-{uuid.uuid4().hex[:8]}", ClientSettings(bootstrap)
    admin = AdminClient(clients.admin())
    kept = {"retention.ms": "-1"}  # the records are years old: the broker may look for such at any moment
    made = admin.create_topics([NewTopic(topic, 3, -1, config=kept)])
    await asyncio.to_thread(made[topic].result, WITHIN_S)
    producer = KafkaProducer(clients, asyncio.get_running_loop())
    for partition, after_ms in ((0, -5), (0, 0), (0, 5), (1, -9)):
        value, time_ms = str(after_ms).encode(), SINCE_MS + after_ms
        await producer.send(topic, key=None, value=value, partition=partition, timestamp_ms=time_ms)
    seen: list[bytes] = []
    read_back, more = asyncio.Event(), asyncio.Event()

    async def take(records: Sequence[KafkaRecord]) -> None:
        seen.extend(record.value or b"" for record in records)
        if read_back.is_set():
            more.set()

    tail = asyncio.create_task(SinceTail(clients, topic).run(SINCE_MS, take, read_back.set))
    await asyncio.wait_for(read_back.wait(), WITHIN_S)
    before = list(seen)
    await producer.send(topic, key=None, value=b"new", partition=1)
    await asyncio.wait_for(more.wait(), WITHIN_S)
    tail.cancel()
    await asyncio.wait([tail])
    await producer.close()

    assert before == [b"0", b"5"]
    assert seen[-1] == b"new"
