"""What was done before this process came: a group's commits, and the bounds of a log. Each call blocks.

All raise KafkaException when no broker answers within TIMEOUT_S.
"""

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from connector.kafka.clients import ClientSettings

TIMEOUT_S = 20.0
NEWEST_S = 5.0


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


def behind(settings: ClientSettings, group: str, topic: str, partitions: int) -> int:
    """Records of a topic that a group has not committed as done, about: offsets need not be dense."""
    consumer, left = Consumer(settings.group(group)), 0
    try:
        places = [TopicPartition(topic, partition) for partition in range(partitions)]
        for place in consumer.committed(places, timeout=TIMEOUT_S):
            begin, end = consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)
            left += end - min(max(begin, place.offset), end)
    finally:
        consumer.close()
    return left


def members(settings: ClientSettings, group: str) -> int | None:
    """How many members a group has; None when the brokers do not say.

    Of a group of KIP-848 they do not: the client asks in the classic way, by which it looks dead.
    """
    if settings.group_protocol != "classic":
        return None
    admin = AdminClient(settings.admin())
    try:
        return len(admin.describe_consumer_groups([group], request_timeout=TIMEOUT_S)[group].result().members)
    except KafkaException:
        return None


def stamps(settings: ClientSettings, topic: str) -> tuple[int, int] | None:
    """The times of the first and the last record of partition 0, milliseconds; None when there is none."""
    begin, end = bounds(settings, topic)
    found = [_time_at(settings, topic, offset) for offset in (begin, end - 1)] if begin < end else [None, None]
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _time_at(settings: ClientSettings, topic: str, offset: int) -> int | None:
    consumer = Consumer(settings.reader())
    try:
        consumer.assign([TopicPartition(topic, 0, offset)])
        message = consumer.poll(NEWEST_S)
        return None if message is None or message.error() is not None else int(message.timestamp()[1])
    finally:
        consumer.close()
