"""Whether the topic of a reader without a group is gone.

The client tells nothing of that where it hands over messages: only its error callback hears that a topic which it read
is unknown to the brokers, and then it waits, perhaps for ever. One broker that has just come back may not know a topic
for a moment, so after a while it is asked once more.
"""

import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException

from connector.kafka.records import NO_TOPIC, KafkaFatal, check_topic, ends_reading

GONE_S = 20.0  # two looks of the client at the topics, and time for news of them to reach every broker
ASK_S = 5.0  # less than a thread may be silent


class Gone:
    """``heard`` is the client's ``error_cb``; ``check`` is called by whoever polls, at each poll."""

    def __init__(self, topic: str, after_s: float = GONE_S, mono: Callable[[], float] = time.monotonic) -> None:
        self._topic, self._after_s, self._mono = topic, after_s, mono
        self._ask_at: float | None = None
        self._ended: str | None = None

    def heard(self, error: KafkaError) -> None:
        """Take an error that the client tells beside its messages."""
        if error.code() in NO_TOPIC and self._ask_at is None:
            self._ask_at = self._mono() + self._after_s
        elif (why := ends_reading(error)) is not None:
            self._ended = why

    def check(self, consumer: Consumer) -> None:
        """Raises KafkaFatal when there is nothing to be read any more; may block for ASK_S."""
        if self._ended is not None:
            raise KafkaFatal(f"reading {self._topic}: {self._ended}")
        if self._ask_at is None or self._mono() < self._ask_at:
            return
        self._ask_at = None
        try:
            check_topic(self._topic, consumer.list_topics(self._topic, timeout=ASK_S).topics[self._topic].error)
        except KafkaException:
            self._ask_at = self._mono() + self._after_s
