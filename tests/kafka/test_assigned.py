"""What a member takes from its client: of partitions that are its own, each record once in an assignment."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from confluent_kafka import KafkaError, Message

from connector.kafka.assigned import Assigned
from connector.kafka.records import KafkaFatal


@dataclass
class One:
    """A client's message, as far as it is asked; ``failed``: it is an error."""

    at: int
    of: int = 0
    content: bytes = b"x"
    failed: KafkaError | None = None

    def error(self) -> KafkaError | None:
        return self.failed

    def topic(self) -> str:
        return "work"

    def partition(self) -> int:
        return self.of

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes | None:
        return None

    def value(self) -> bytes:
        return self.content

    def headers(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_700_000_000_000


@dataclass
class Client:
    """Hands over what it is given: one message, then the others. ``between``: a rebalance told in the second call."""

    messages: list[One]
    between: Callable[[], None] = field(default=lambda: None)

    def poll(self, timeout: float) -> Message | None:
        return self.messages.pop(0) if self.messages else None  # type: ignore[return-value]  # as far as it is asked

    def consume(self, num_messages: int, timeout: float) -> list[Message]:
        self.between()
        taken, self.messages = self.messages, []
        return taken  # type: ignore[return-value]  # the same


def taken(assigned: Assigned, *messages: One, between: Callable[[], None] = lambda: None) -> list[tuple[int, int]]:
    """Partition and offset of what one turn takes of these messages."""
    records = assigned.burst(Client(list(messages), between))
    return [(record.partition, record.offset) for record in records]


def ours(*partitions: int) -> Assigned:
    assigned = Assigned("work")
    assigned.add(partitions)
    return assigned


def test_what_a_rebalance_made_the_client_read_again_is_dropped() -> None:
    """It goes back to where its last call began; each partition by itself."""
    assigned = ours(0, 1)
    first = taken(assigned, One(0, 1), *[One(n) for n in range(129)])
    again = taken(assigned, *[One(n) for n in range(131)], One(1, 1))

    assert first == [(1, 0), *((0, n) for n in range(129))]
    assert again == [(0, 129), (0, 130), (1, 1)]


def test_another_record_at_an_old_offset_ends_the_reading() -> None:
    """The log was cut short or made anew; dropping it would lose it. The error says where."""
    assigned = ours(0, 3)
    taken(assigned, One(0, 3), One(1, 3))

    with pytest.raises(KafkaFatal, match="consuming work: partition 3: offset 0 was read after offset 1"):
        taken(assigned, One(0, 3, b"other"))


def test_a_partition_that_comes_back_starts_afresh() -> None:
    """It is read from the committed offset again, with or without a word that it was gone."""
    assigned = ours(0)
    taken(assigned, One(5), One(6))
    assigned.remove([0])
    gone = taken(assigned, One(7))
    assigned.add([0])
    back = taken(assigned, One(3), One(4))
    assigned.add([0])

    assert gone == []
    assert back == [(0, 3), (0, 4)]
    assert taken(assigned, One(3)) == [(0, 3)]


def test_a_record_of_the_assignment_before_is_dropped() -> None:
    """The partition goes, or goes and comes back, after the first message of a burst was handed over."""
    assigned = ours(0, 1)

    def comes_back() -> None:
        assigned.remove([0])
        assigned.add([0])

    back = taken(assigned, One(128), One(0), One(9, 1), between=comes_back)
    gone = taken(assigned, One(1), One(10, 1), between=lambda: assigned.remove([0]))

    assert back == [(0, 0), (1, 9)]
    assert gone == [(1, 10)]
    assert sorted(assigned) == [1]


def test_an_error_that_the_client_makes_up_for_is_no_record() -> None:
    """Others end the reading."""
    assigned = ours(0)
    passing = One(-1, failed=KafkaError(KafkaError._PARTITION_EOF))
    ending = One(-1, failed=KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))

    assert taken(assigned, passing, One(0)) == [(0, 0)]
    with pytest.raises(KafkaFatal, match="TOPIC_AUTHORIZATION_FAILED"):
        taken(assigned, ending)
