"""What was done before this process came: a group's commits, and the bounds of a log. Each call blocks.

All raise KafkaException when no broker answers within TIMEOUT_S.
"""

from confluent_kafka import Consumer, TopicPartition

from connector.kafka.clients import ClientSettings

TIMEOUT_S = 20.0


def bounds(settings: ClientSettings, topic: str) -> tuple[int, int]:
    """The first offset of partition 0 and the one after the last."""
    consumer = Consumer(settings.reader())
    try:
        return consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=TIMEOUT_S)
    finally:
        consumer.close()


def did_since(settings: ClientSettings, group: str, topic: str, partitions: int, since_ms: int) -> bool:
    """True when the group has committed a record of the topic that is younger than ``since_ms`` as done."""
    consumer = Consumer(settings.group(group))
    try:
        places = [TopicPartition(topic, partition) for partition in range(partitions)]
        committed = {p.partition: p.offset for p in consumer.committed(places, timeout=TIMEOUT_S)}
        since = [TopicPartition(topic, partition, since_ms) for partition in range(partitions)]
        first = {p.partition: p.offset for p in consumer.offsets_for_times(since, timeout=TIMEOUT_S)}
    finally:
        consumer.close()
    return any(0 <= first[p] < committed[p] for p in first)
