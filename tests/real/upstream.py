"""A producer and a consumer that are not our code: confluent-kafka's own Avro serializers."""

import json
import time
from collections import defaultdict
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from connector.kafka.schemas import SchemaName, text_of
from tests.real.site import Site


class Upstream:
    """Writes send requests as any team would, with nothing but the schema file.

    ``ahead``: with a schema of its own, one optional field newer than the connector's.
    """

    def __init__(self, site: Site, *, ahead: bool = False) -> None:
        kafka = site.base["kafka"]
        self.topic = f"{kafka['topic_prefix']}.requests"
        registry = SchemaRegistryClient({"url": site.base["registry"]["url"]})
        conf = {"auto.register.schemas": ahead, "use.latest.version": not ahead, "subject.name.strategy.type": "TOPIC"}
        self._write = AvroSerializer(registry, _ahead() if ahead else text_of(SchemaName.SEND_REQUEST), conf=conf)
        self._producer = Producer({"bootstrap.servers": kafka["bootstrap_servers"], "acks": "all", "log_level": 0})

    def send(self, request_id: str, number: str, **more: Any) -> None:
        """Produce one request, keyed by its contact."""
        self.produce(self.encode(request_id, number, **more), number)

    def encode(self, request_id: str, number: str, **more: Any) -> bytes:
        """Serialize one request."""
        row = {"request_id": request_id, "number": number, "content": f"Hello #req:{request_id}", **more}
        for field in json.loads(text_of(SchemaName.SEND_REQUEST))["fields"]:
            if field["name"] not in row:
                row[field["name"]] = field["default"]
        return bytes(self._write(row, SerializationContext(self.topic, MessageField.VALUE)) or b"")

    def produce(self, value: bytes, key: str) -> None:
        """Produce bytes as they are."""
        self._producer.produce(self.topic, value, key.encode())
        self._producer.poll(0)

    def flush(self, within_s: float = 30) -> None:
        """Wait until everything is acknowledged."""
        assert self._producer.flush(within_s) == 0


def _ahead() -> str:
    schema = json.loads(text_of(SchemaName.SEND_REQUEST))
    schema["fields"].append({"name": "next_years_field", "type": ["null", "string"], "default": None})
    return json.dumps(schema)


class Downstream:
    """Reads all events, with the registry's own deserializer."""

    def __init__(self, site: Site) -> None:
        kafka = site.base["kafka"]
        self._topic = f"{kafka['topic_prefix']}.events"
        self._read = AvroDeserializer(SchemaRegistryClient({"url": site.base["registry"]["url"]}))
        self._consumer = Consumer(
            {"bootstrap.servers": kafka["bootstrap_servers"], "group.id": "onlooker", "log_level": 0}
        )
        places = [TopicPartition(self._topic, p, 0) for p in range(kafka["partitions"])]
        self._consumer.assign(places)
        self.finals: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.parked: set[str] = set()
        self.types: dict[str, set[str]] = defaultdict(set)
        self.events = 0

    def read(self, for_s: float) -> None:
        """Take what has come, and what comes within this time."""
        end = time.monotonic() + for_s
        while time.monotonic() < end:
            for message in self._consumer.consume(500, 0.2):
                if message.error() is None:
                    self._take(self._read(message.value(), SerializationContext(self._topic, MessageField.VALUE)))

    def close(self) -> None:
        """Leave."""
        self._consumer.close()

    def _take(self, event: Any) -> None:
        self.events += 1
        if event["final"]:
            self.finals[event["request_id"]].add((event["type"], event["event_id"]))
        if event["type"] == "PARKED":
            self.parked.add(event["request_id"])
        self.types[event["type"]].add(event["request_id"])
