"""Reading all partitions of a topic from a time on, without a group, and going on.

Nothing is read faster than it is taken: each burst waits for the one before it, so a long way back does not fill the
memory. Order holds within a partition. Partitions added later are read by whoever begins after that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from connector.kafka.clients import ClientSettings
from connector.kafka.gone import GONE_S, Gone
from connector.kafka.records import KafkaFatal, KafkaRecord, check_topic, ends_reading, ends_tail, is_end
from connector.kafka.tail import BURST, WATERMARK_S, record_of

POLL_S = 0.2
ASK_AGAIN_S = 0.5
T = TypeVar("T")


class SinceTail:
    """Reads one topic; ``run`` may be called once."""

    def __init__(self, settings: ClientSettings, topic: str, gone_s: float = GONE_S) -> None:
        self._settings, self._topic, self._gone = settings, topic, Gone(topic, gone_s)
        self._working: asyncio.Future[Any] | None = None  # of whatever the thread does

    async def run(
        self, since_ms: int, take: Callable[[Sequence[KafkaRecord]], Awaitable[None]], at_end: Callable[[], None]
    ) -> None:
        """Read until cancelled; ``at_end`` is called once all partitions were read to their end.

        Raises KafkaFatal when there is no such topic, or it cannot be read on: it is forbidden, or was cut or deleted.
        """
        consumer = Consumer({**self._settings.reader(), "error_cb": self._gone.heard})
        try:
            places = await self._places(consumer, since_ms)
            consumer.assign(places)
            behind = {place.partition for place in places}
            while True:
                messages = await self._in_thread(lambda: self._burst(consumer))
                if records := [record_of(message) for message in messages if self._is_record(message)]:
                    await take(records)
                if behind:
                    behind -= {message.partition() for message in messages if is_end(message.error())}
                    if not behind:
                        at_end()
        finally:
            if self._working is not None:
                await asyncio.wait([self._working])
            await asyncio.to_thread(consumer.close)

    def _burst(self, consumer: Consumer) -> list[Message]:
        self._gone.check(consumer)
        return consumer.consume(BURST, POLL_S)

    def _is_record(self, message: Message) -> bool:
        """Raises KafkaFatal."""
        if (error := message.error()) is not None and (why := ends_tail(error)) is not None:
            raise KafkaFatal(f"reading {self._topic}: {why}")
        return error is None

    async def _places(self, consumer: Consumer, since_ms: int) -> list[TopicPartition]:
        while True:
            try:
                return await self._in_thread(lambda: self._asked(consumer, since_ms))
            except KafkaException as error:
                if (why := ends_reading(error.args[0])) is not None:
                    raise KafkaFatal(f"reading {self._topic}: {why}") from None
                await asyncio.sleep(ASK_AGAIN_S)

    def _asked(self, consumer: Consumer, since_ms: int) -> list[TopicPartition]:
        topic = consumer.list_topics(self._topic, timeout=WATERMARK_S).topics[self._topic]
        check_topic(self._topic, topic.error)
        wanted = [TopicPartition(self._topic, partition, since_ms) for partition in topic.partitions]
        return [self._place(consumer, found) for found in consumer.offsets_for_times(wanted, timeout=WATERMARK_S)]

    def _place(self, consumer: Consumer, found: TopicPartition) -> TopicPartition:
        """A partition without a record since then is read from its end on."""
        if found.error is not None:
            raise KafkaException(found.error)
        offset = found.offset
        if offset < 0:
            _, offset = consumer.get_watermark_offsets(found, timeout=WATERMARK_S)
        return TopicPartition(self._topic, found.partition, offset)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """A consumer must not be closed while a thread uses it, so whoever is cancelled leaves the work behind."""
        working = asyncio.ensure_future(asyncio.to_thread(work))
        self._working = working
        return await asyncio.shield(working)
