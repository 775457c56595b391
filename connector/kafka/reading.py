"""Reading a topic once, from somewhere to its end: for commands that look, and for one that remembers how far it came.

All partitions, without joining a group. What is committed is committed by hand, so two such readers do not share the
work: both read everything. Each call blocks; brokers that say nothing for ten seconds end it with KafkaException.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connector.kafka.clients import ClientSettings
from connector.kafka.records import KafkaFatal, KafkaRecord, check_topic, ends_tail, is_away
from connector.kafka.tail import BURST, POLL_S, SILENT_POLLS, WATERMARK_S, reaches, record_of

TRIES = 3  # of a question: right after its start a client may lose one while it finds out who the brokers are
T = TypeVar("T")


class ToTheEnd:
    """The records of a topic up to where it ended when this began; ``since_ms``: only from this time on.

    ``group``: begin where the last one of this name stopped, unless ``from_beginning``. Raises KafkaFatal.
    """

    def __init__(
        self,
        settings: ClientSettings,
        topic: str,
        *,
        since_ms: int = 0,
        group: str | None = None,
        from_beginning: bool = False,
    ) -> None:
        self._topic, self._group, self._from_beginning = topic, group, from_beginning
        self._client = Consumer(settings.group(group) if group else settings.reader())
        self._ends: dict[int, int] = {}
        self._next: dict[int, int] = {}
        self._ended: set[int] = set()
        self._silent = 0
        for place in asked(lambda: self._places(since_ms)):
            begin, end = self._client.get_watermark_offsets(place, timeout=WATERMARK_S)
            self._ends[place.partition] = end
            self._next[place.partition] = min(max(begin, place.offset), end)

    def left(self) -> int:
        """Records yet to be read, about: offsets need not be dense."""
        return sum(end - self._next[partition] for partition, end in self._ends.items())

    def bursts(self) -> Iterator[list[KafkaRecord]]:
        """Bursts of records until the end; within a partition in order."""
        self._client.assign([TopicPartition(self._topic, p, offset) for p, offset in self._next.items()])
        while self.left():
            yield self._burst()

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Remember the next offset of each partition."""
        places = [TopicPartition(self._topic, p, offset) for p, offset in offsets.items()]
        if self._group and places:
            self._client.commit(offsets=places, asynchronous=False)

    def close(self) -> None:
        """Give the client back."""
        self._client.close()

    def _burst(self) -> list[KafkaRecord]:
        records = []
        messages = self._client.consume(BURST, POLL_S)
        self._silent = 0 if any(message.error() is None for message in messages) else self._silent + 1
        if self._silent >= SILENT_POLLS:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 - librdkafka's own name
        for message in messages:
            if (error := message.error()) is not None:
                self._judge(error, message)
            elif (record := record_of(message)).offset < self._ends[record.partition]:
                records.append(record)
        for place in self._client.position([TopicPartition(self._topic, p) for p in self._ends]):
            end = self._ends[place.partition]
            if place.partition in self._ended or place.offset >= 0:
                self._next[place.partition] = end if place.partition in self._ended else min(place.offset, end)
        return records

    def _judge(self, error: KafkaError, message: Message) -> None:
        """The log's end is an end, though the last offsets may hold no records; brokers that are away come back."""
        partition = message.partition() or 0
        if reaches(message, self._ends[partition]):
            self._ended.add(partition)
        elif (why := ends_tail(error)) is not None:
            raise KafkaFatal(f"reading {self._topic}: {why}")

    def _places(self, since_ms: int) -> list[TopicPartition]:
        topic = self._client.list_topics(self._topic, timeout=WATERMARK_S).topics[self._topic]
        check_topic(self._topic, topic.error)
        places = [TopicPartition(self._topic, partition, since_ms) for partition in topic.partitions]
        if self._group and not self._from_beginning:
            return self._client.committed(places, timeout=WATERMARK_S)
        if since_ms:
            return [_at(place) for place in self._client.offsets_for_times(places, timeout=WATERMARK_S)]
        return places


def asked(question: Callable[[], T]) -> T:
    """The answer, asked for again where that may help. Raises KafkaException."""
    for _ in range(TRIES - 1):
        try:
            return question()
        except KafkaException as error:
            if not is_away(error.args[0]):
                raise
    return question()


def _at(place: TopicPartition) -> TopicPartition:
    """A time later than all records is the end."""
    if place.error is not None:
        raise KafkaException(place.error)
    offset = place.offset if place.offset >= 0 else (1 << 62)
    return TopicPartition(place.topic, place.partition, offset)
