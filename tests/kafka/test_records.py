"""Which errors of a consumer end the reading."""

import pytest
from confluent_kafka import KafkaError

from connector.kafka.records import ends_reading


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
