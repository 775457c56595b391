"""A request a second for the evaluation stack, by a producer that knows the registry and nothing of the connector.

Thirty fictional contacts; it goes on until it is stopped. An id is the second it was made in: a restart repeats none.
"""

import threading
import time

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

TOPIC, SUBJECT = "sendblue.requests", "sendblue.requests-value"

registry = SchemaRegistryClient({"url": "http://registry:8080/apis/ccompat/v7"})
schema = registry.get_latest_version(SUBJECT).schema
write = AvroSerializer(registry, schema, conf={"auto.register.schemas": False, "use.latest.version": True})
producer = Producer({"bootstrap.servers": "kafka:9092", "acks": "all"})
tick = threading.Event()

while not tick.wait(1.0):
    now = int(time.time())
    number = f"+120255501{now % 30:02d}"
    request = {"request_id": f"load-{now}", "number": number, "content": f"Hello, it is {time.strftime('%X')}."}
    value = write(request, SerializationContext(TOPIC, MessageField.VALUE))
    producer.produce(TOPIC, value, number.encode())
    producer.poll(0)
