"""Which errors of a consumer end the reading."""

import pytest
from confluent_kafka import KafkaError

from connector.kafka.records import ends_reading, is_away


@pytest.mark.parametrize(
    "code",
    [
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError._FATAL,
        KafkaError.FENCED_INSTANCE_ID,
    ],
)
def test_what_the_client_never_makes_up_for_ends_the_reading(code: int) -> None:
    """It is reported once, and then nothing is read: the process must say so and end.

    A polled message says by its code alone that the client is done for; its flag ``fatal`` stays unset.
    """
    assert ends_reading(KafkaError(code)) is not None


@pytest.mark.parametrize(
    "code",
    [KafkaError._TRANSPORT, KafkaError._PARTITION_EOF, KafkaError._MAX_POLL_EXCEEDED, KafkaError.UNKNOWN_TOPIC_OR_PART],
)
def test_what_passes_by_itself_does_not(code: int) -> None:
    """Brokers away, a group that moved on, a topic whose news has not arrived everywhere."""
    assert ends_reading(KafkaError(code)) is None


@pytest.mark.parametrize(
    ("code", "away"),
    [
        (KafkaError._TRANSPORT, True),
        (KafkaError._DESTROY_BROKER, True),
        (KafkaError.NOT_COORDINATOR, True),
        (KafkaError.COORDINATOR_LOAD_IN_PROGRESS, True),
        (KafkaError.NOT_LEADER_FOR_PARTITION, True),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, False),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, False),
    ],
)
def test_what_asking_again_may_help(code: int, away: bool) -> None:
    """A start waits for it; a broker that had just given a group away refused starts with NOT_COORDINATOR."""
    assert is_away(KafkaError(code)) is away
