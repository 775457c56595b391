"""Records as the Kafka edge hands them over: plain values, no client objects."""

from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException

_AWAY = {
    KafkaError._TRANSPORT,  # noqa: SLF001 - librdkafka's own names
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError._RESOLVE,  # noqa: SLF001
    KafkaError._DESTROY_BROKER,  # noqa: SLF001 - asked through a bootstrap server that turned out to be a broker
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
}
"""The client calls not all of them retriable that are."""

NO_TOPIC = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - librdkafka's own names
    KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
}
"""What the brokers and the client say of a topic that is not there."""

_FORBIDDEN = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}


_FATAL = {KafkaError._FATAL, KafkaError._FENCED, KafkaError.FENCED_INSTANCE_ID}  # noqa: SLF001 - librdkafka's own names


class KafkaRecord(NamedTuple):
    """One consumed record. ``timestamp_ms`` is None when the record has none."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int | None


class Delivered(NamedTuple):
    """Where an acknowledged record went."""

    partition: int
    offset: int


class ProduceFailed(Exception):  # noqa: N818 - says what is known: no acknowledgement; the record may still land
    """The record was not acknowledged. ``code`` is librdkafka's name of the error."""

    def __init__(self, topic: str, code: str) -> None:
        super().__init__(f"no acknowledgement for a record of topic {topic}: {code}")
        self.code = code


class KafkaFatal(Exception):  # noqa: N818 - read as a state of the client
    """The client cannot go on; the process must end with a non-zero exit code."""


def is_away(error: KafkaError) -> bool:
    """True when asking again may help: no broker is reachable, or the one that is cannot answer yet."""
    return error.code() in _AWAY or bool(error.retriable())


def is_end(error: KafkaError | None) -> bool:
    """True when the client says that it is at the end of a partition; no error at all."""
    return error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - librdkafka's own name


def ends_reading(error: KafkaError) -> str | None:
    """Why reading cannot go on after this error of a consumer, None when the client itself makes up for it.

    The client reports a missing ACL once and then reads nothing for ever: nobody would hear of it.
    """
    if error.code() in _FORBIDDEN:
        return f"{error.name()}: the brokers forbid it; give this client's user the ACLs"
    return str(error.str()) if is_fatal(error) else None


def check_topic(name: str, error: KafkaError | None) -> None:
    """What a look at the brokers' topics said of this one. Raises KafkaFatal, KafkaException where asking may help."""
    if error is None:
        return
    if error.code() in NO_TOPIC:
        raise KafkaFatal(f"topic {name} does not exist: run `kafka-sendblue topics apply`")
    if (why := ends_reading(error)) is not None:
        raise KafkaFatal(f"reading {name}: {why}")
    raise KafkaException(error)


def ends_tail(error: KafkaError) -> str | None:
    """Why a reader without a group cannot go on after this error, None at an end and while brokers are away.

    The client makes up for none of the others: it reports each once, and then waits for ever.
    """
    if is_end(error) or is_away(error):
        return None
    return ends_reading(error) or f"{error.name()}; the log was cut, replaced or deleted under its reader"


def is_fatal(error: KafkaError) -> bool:
    """True when the client itself is done for. Of a polled message or a commit only the code says so, not the flag."""
    return bool(error.fatal()) or error.code() in _FATAL
