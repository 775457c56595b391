"""What is on the topics, read by a client that is not ours and without the connector's code."""

import io
import json
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import fastavro
import httpx2
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

Row = dict[str, Any]
IDLE_S = 0.2


class Entry(NamedTuple):
    """One record; ``at``: the broker's or the writer's time, seconds since the epoch. ``row`` is None for no value."""

    partition: int
    offset: int
    at: float
    row: Row | None
    headers: dict[str, str]
    key: bytes = b""


class Tape:
    """One topic from its beginning. ``avro``: decode values by the registry's schemas; else the row is empty."""

    def __init__(self, bootstrap: str, registry_url: str, topic: str, *, avro: bool = True) -> None:
        self.topic, self.entries = topic, list[Entry]()
        self._url, self._avro = registry_url, avro
        self._schemas: dict[int, Any] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "onlooker",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "log_level": 0,
            }
        )
        partitions = self._consumer.list_topics(topic, timeout=60).topics[topic].partitions
        self._places: dict[int, int] = dict.fromkeys(partitions, 0)
        self._consumer.assign([TopicPartition(topic, p, 0) for p in partitions])

    def read(self) -> list[Entry]:
        """All that was appended before this call and is not read yet; of a partition without a leader, nothing."""
        ends = {p: self._end(p) for p in self._places}
        fresh: list[Entry] = []
        while any(self._places[p] < end for p, end in ends.items()):
            messages = self._consumer.consume(1000, IDLE_S)
            fresh += [self._entry(message) for message in messages if message.error() is None]
        self.entries += fresh
        return fresh

    def close(self) -> None:
        """Leave."""
        self._consumer.close()

    def _end(self, partition: int) -> int:
        try:
            return int(self._consumer.get_watermark_offsets(TopicPartition(self.topic, partition), 20)[1])
        except KafkaException:
            return 0

    def _entry(self, message: Message) -> Entry:
        partition, offset, value = int(message.partition() or 0), int(message.offset() or 0), message.value()
        self._places[partition] = offset + 1
        row = self._row(bytes(value)) if value is not None else None
        told: Any = message.headers()
        headers = {name: (raw or b"").decode("utf-8", "replace") for name, raw in told or ()}
        key: Any = message.key() or b""
        return Entry(partition, offset, message.timestamp()[1] / 1000, row, headers, bytes(key))

    def _row(self, value: bytes) -> Row:
        if not self._avro:
            return {}
        (schema_id,) = struct.unpack(">I", value[1:5])
        if schema_id not in self._schemas:
            answer = httpx2.get(f"{self._url}/schemas/ids/{schema_id}", trust_env=False, timeout=60)
            self._schemas[schema_id] = fastavro.parse_schema(json.loads(answer.json()["schema"]))
        row: Any = fastavro.schemaless_reader(io.BytesIO(value[5:]), self._schemas[schema_id], None)
        return dict(row)


class Tapes:
    """The topics of one trial."""

    def __init__(self, bootstrap: str, registry_url: str, prefix: str) -> None:
        def tape(name: str, *, avro: bool = True) -> Tape:
            return Tape(bootstrap, registry_url, f"{prefix}.{name}", avro=avro)

        self.requests, self.events, self.ledger = tape("requests"), tape("events"), tape("ledger")
        self.letters, self.parked = tape("dlq", avro=False), tape("parked", avro=False)
        self.control, self.optouts, self.dispatch = tape("control"), tape("optouts"), tape("dispatch")

    def __iter__(self) -> Iterator[Tape]:
        ours = self.ledger, self.letters, self.parked, self.control, self.optouts, self.dispatch
        return iter((self.requests, self.events, *ours))

    def read(self) -> None:
        """Bring all of them up to now."""
        for tape in self:
            tape.read()

    def close(self) -> None:
        """Leave."""
        for tape in self:
            tape.close()
