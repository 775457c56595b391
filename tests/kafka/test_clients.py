"""What the user sets for the Kafka client reaches it."""

import pytest

from connector.kafka.clients import OURS, ClientSettings


def test_the_users_session_timeout_reaches_a_group_member() -> None:
    """Our 30 s is a default like librdkafka's own: whoever wants dead members noticed sooner says so."""
    extra = {"session.timeout.ms": "6000", "max.poll.interval.ms": "60000", "client.id": "mine"}
    member = ClientSettings("localhost:9092", extra=extra).group("a group")

    assert extra == {name: member[name] for name in extra}


def test_the_users_linger_reaches_the_producer() -> None:
    """Fewer, larger requests for slow brokers, paid for with latency: theirs to choose."""
    producer = ClientSettings("localhost:9092", extra={"linger.ms": "5"}).producer()

    assert (producer["linger.ms"], producer["acks"]) == ("5", "all")


def test_without_a_word_of_the_users_our_defaults_stand() -> None:
    """A member that died is given up after 30 s."""
    member = ClientSettings("localhost:9092").group("a group")

    assert {"session.timeout.ms": 30_000, "max.poll.interval.ms": 120_000}.items() <= member.items()


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_the_promises_rest_on_cannot_be_set(name: str) -> None:
    """Refused at construction, so nothing of ours is overridden."""
    with pytest.raises(ValueError, match="cannot be set"):
        ClientSettings("localhost:9092", extra={name: "1"})
