"""Reading all partitions of a topic without a group, for people who look on; order holds within a partition.

Nothing is read faster than it is taken. What ends the reading is heard of through ``fatal``: a person who waits for
events must not wait for a reader that has died.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent import futures
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connector.kafka.clients import ClientSettings
from connector.kafka.gone import GONE_S, Gone
from connector.kafka.owner import OwnerThread
from connector.kafka.records import KafkaFatal, KafkaRecord, check_topic, ends_tail
from connector.kafka.tail import BURST, CLOSE_S, POLL_S, WATERMARK_S, record_of

Deliver: TypeAlias = Callable[[Sequence[KafkaRecord]], Coroutine[Any, Any, None]]
"""Takes records, and returns when there is room for more."""


class PartitionTails:
    """Reads one topic; ``start`` may be called once. ``fatal`` ends with KafkaFatal when reading cannot go on."""

    def __init__(
        self, settings: ClientSettings, topic: str, loop: asyncio.AbstractEventLoop, gone_s: float = GONE_S
    ) -> None:
        self._topic, self._loop, self._gone = topic, loop, Gone(topic, gone_s)
        client = {**settings.reader(), "error_cb": self._gone.heard}
        self._owner = OwnerThread(f"reading {topic}", client, self._work, loop)
        self._placed: asyncio.Future[None] = loop.create_future()
        self._deliver: Deliver = _nowhere
        self._from_beginning = False
        self.fatal = self._owner.fatal

    @property
    def reads(self) -> bool:
        """Whether it goes on reading."""
        return self._owner.is_alive()

    async def start(self, deliver: Deliver, from_beginning: bool) -> None:
        """Begin; returns once every partition's place is fixed, so that nothing produced later is missed.

        ``deliver`` is called on the loop with the next records, again only after it has returned. Raises KafkaFatal,
        KafkaException when the brokers do not tell the places.
        """
        self._deliver, self._from_beginning = deliver, from_beginning
        self._owner.start()
        await asyncio.wait([self._placed, self.fatal], return_when=asyncio.FIRST_COMPLETED)
        (self._placed if self._placed.done() else self.fatal).result()

    async def close(self) -> None:
        """Stop reading."""
        await self._owner.close(CLOSE_S)

    def _work(self, consumer: Consumer) -> None:
        try:
            consumer.assign(self._places(consumer))
        except KafkaException as error:
            return self._owner.call(self._placed.set_exception, error)
        self._owner.call(self._placed.set_result, None)
        while not self._owner.stop.is_set():
            self._owner.beat()
            self._gone.check(consumer)
            self._burst(consumer)
        return None

    def _places(self, consumer: Consumer) -> list[TopicPartition]:
        topic = consumer.list_topics(self._topic, timeout=WATERMARK_S).topics[self._topic]
        check_topic(self._topic, topic.error)
        places = []
        for partition in topic.partitions:
            begin, end = consumer.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=WATERMARK_S)
            places.append(TopicPartition(self._topic, partition, begin if self._from_beginning else end))
        return places

    def _burst(self, consumer: Consumer) -> None:
        """What was read before an error is still handed over. Raises KafkaFatal."""
        messages = consumer.consume(BURST, POLL_S)
        records = [record_of(message) for message in messages if message.error() is None]
        if records and not self._loop.is_closed():
            self._hand_over(self._deliver(records))
        for error in [found for message in messages if (found := message.error()) is not None]:
            if (why := ends_tail(error)) is not None:
                raise KafkaFatal(f"reading {self._topic}: {why}")

    def _hand_over(self, delivery: Coroutine[Any, Any, None]) -> None:
        """Who looks on may be slow, and the topic large: nothing more is read before. Raises what ``deliver`` does."""
        taken = asyncio.run_coroutine_threadsafe(delivery, self._loop)
        while not self._owner.stop.is_set() and not taken.done():
            futures.wait([taken], POLL_S)
        if not taken.cancel():
            taken.result()


async def _nowhere(_: Sequence[KafkaRecord]) -> None:
    """Nothing has begun."""
