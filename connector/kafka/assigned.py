"""The partitions that a member of a group has, and what one turn of its thread takes from the client: a burst.

A record belongs to the assignment in which the client handed it over. Callbacks run inside the client's calls, so a
partition may go, and come back, while a burst is gathered; what was taken before is dropped then. Within an assignment
each record is given once (``core.once``).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Protocol

from confluent_kafka import Message

from connector.core.once import Once, WentBack
from connector.kafka.records import KafkaFatal, KafkaRecord, ends_reading
from connector.kafka.tail import record_of

BURST = 200  # records a hand-over
POLL_S = 0.02  # a command waits no longer than this


class Polled(Protocol):
    """The client, as far as it is read."""

    def poll(self, timeout: float) -> Message | None:
        """Wait for the next message."""

    def consume(self, num_messages: int, timeout: float) -> list[Message]:
        """Take so many, if they are there."""


class Assigned:
    """The numbers of the partitions of ``topic`` that are ours, and their records."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._once: dict[int, Once[KafkaRecord]] = {}

    def __contains__(self, partition: int) -> bool:
        return partition in self._once

    def __iter__(self) -> Iterator[int]:
        return iter(self._once)

    def __len__(self) -> int:
        return len(self._once)

    def add(self, partitions: Iterable[int]) -> None:
        """These are ours now, whatever was before."""
        self._once.update({partition: Once() for partition in partitions})

    def remove(self, partitions: Iterable[int]) -> None:
        """These are not ours any more."""
        for partition in partitions:
            self._once.pop(partition, None)

    def burst(self, client: Polled) -> list[KafkaRecord]:
        """Return new records, in the order of each partition. Raises KafkaFatal when reading cannot go on."""
        read: dict[Once[KafkaRecord], list[KafkaRecord]] = defaultdict(list)
        for message in _messages(client):
            error = message.error()
            if error is None and (once := self._once.get(message.partition() or 0)) is not None:
                read[once].append(record_of(message))
            elif error is not None and (why := ends_reading(error)) is not None:
                raise KafkaFatal(f"consuming {self._topic}: {why}")
        ours = [(once, taken) for once, taken in read.items() if self._once.get(taken[0].partition) is once]
        return [record for once, taken in ours for record in self._new(once, taken)]

    def _new(self, once: Once[KafkaRecord], taken: list[KafkaRecord]) -> list[KafkaRecord]:
        try:
            return once.new(taken)
        except WentBack as back:
            raise KafkaFatal(f"consuming {self._topic}: partition {taken[0].partition}: {back}") from None


def _messages(client: Polled) -> Iterator[Message]:
    """The first is looked at before the client is called again."""
    if (first := client.poll(POLL_S)) is not None:
        yield first
        yield from client.consume(BURST - 1, 0)
