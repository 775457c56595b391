"""The topics of ends: a dead letter reaches its topic, whatever its record looks like."""

from collections.abc import Sequence

import pytest

from connector.core.events import ContentPolicy
from connector.core.messages import Dispatch, Origin, Priority, SendRequest, Source
from connector.core.priorities import Places
from connector.kafka.avro import Codec
from connector.kafka.records import Delivered, ProduceFailed
from connector.kafka.topics import TopicNames
from connector.roles.ends import DeadLetter, Ends, PublishFailed
from connector.wiring.outbound import OutTopics
from tests.kafka.test_codec import CODEC, Shelf

SOURCE = Source(b"key", b"value", (("h", b"x"),), 1_700_000_000_000)


class Producer:
    """Takes records as a broker would: refuses what is too large, or whose time is too far off."""

    def __init__(self, largest: int = 1_000_000, newest_ms: int = 2**62) -> None:
        self.largest, self.newest_ms = largest, newest_ms
        self.partitions: list[int] = []
        self.taken: list[tuple[bytes | None, bytes | None, dict[str, bytes], int]] = []

    def is_up(self) -> bool:
        return True

    async def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        partition: int = -1,
        headers: Sequence[tuple[str, bytes]],
        timestamp_ms: int = 0,
    ) -> Delivered:
        if len(key or b"") + len(value or b"") + sum(len(v) for _, v in headers) > self.largest:
            raise ProduceFailed(topic, "MSG_SIZE_TOO_LARGE")
        if timestamp_ms > self.newest_ms:
            raise ProduceFailed(topic, "INVALID_TIMESTAMP")
        self.partitions.append(partition)
        self.taken.append((key, value, dict(headers), timestamp_ms))
        return Delivered(0, 0)


def topics(producer: Producer) -> OutTopics:
    codec = Codec(Shelf(), {})
    return OutTopics(producer, codec, TopicNames(), {}, ContentPolicy.FULL, b"k" * 16)  # type: ignore[arg-type]  # a peer


def letter(source: Source) -> DeadLetter:
    return DeadLetter(source, Origin("sendblue.requests", 0, 7), "UNDECODABLE", "a sentence", "router")


async def test_a_dead_letter_is_the_record_untouched() -> None:
    """Key, value, headers and time as they were; the reason among the headers."""
    producer = Producer(largest=1_000_000)

    await topics(producer).dead_letter(letter(SOURCE))

    ((key, value, headers, timestamp_ms),) = producer.taken
    assert (key, value, timestamp_ms) == (b"key", b"value", SOURCE.timestamp_ms)
    assert headers["h"] == b"x"
    assert headers["sendblue.error.code"] == b"UNDECODABLE"


@pytest.mark.parametrize(
    "large", [{"value": b"x" * 2_000_000}, {"key": b"x" * 2_000_000}, {"headers": (("h", b"x" * 2_000_000),)}]
)
async def test_a_record_too_large_for_the_dead_letters_is_told_without_its_bytes(large: dict[str, bytes]) -> None:
    """Else its partition would wait for ever: the origin says where the bytes are."""
    producer, source = Producer(largest=1_000_000), SOURCE._replace(**large)  # type: ignore[arg-type]  # one field

    await topics(producer).dead_letter(letter(source))

    ((key, value, headers, _),) = producer.taken
    assert (key, value, "h" in headers) == (None, None, False)
    assert headers["sendblue.origin"] == b"sendblue.requests/0/7"
    assert headers["sendblue.left.out"] == str(source.size).encode()


async def test_a_record_whose_time_is_refused_keeps_its_bytes() -> None:
    """A time that the requests topic took and the dead-letter topic does not."""
    producer = Producer(largest=1_000_000, newest_ms=1)

    await topics(producer).dead_letter(letter(SOURCE))

    ((key, value, headers, timestamp_ms),) = producer.taken
    assert (key, value, headers["h"], timestamp_ms) == (b"key", b"value", b"x", 0)


async def test_a_small_record_is_not_emptied() -> None:
    """Refused for its neighbours in the batch: it is asked for again, whole."""
    producer = Producer(largest=10)

    with pytest.raises(PublishFailed):
        await topics(producer).dead_letter(letter(SOURCE))

    assert producer.taken == []


async def test_a_request_stands_in_the_lane_of_its_priority() -> None:
    """From the router, from another line, and back from a delay topic; a line with one lane has both kinds in it."""
    producer, places = Producer(), {"a": Places(0, 2), "old": Places(1)}
    out = OutTopics(producer, CODEC, TopicNames(), places, ContentPolicy.FULL, b"k" * 16)  # type: ignore[arg-type]  # a peer
    for line in places:
        for priority in Priority:
            request = SendRequest("r", number="+12025550123", content="hello", priority=priority)
            await out.dispatch(Dispatch(request, Origin("sendblue.requests", 0, 7), 5, line))
            await Ends(out, lambda: 0, lambda _: None).hop(Dispatch(request, Origin("t", 0, 7), 5, "x"), line)
            await out.again(line, priority, b"as it is")

    assert producer.partitions == [*[0] * 3, *[2] * 3, *[1] * 6]
    with pytest.raises(PublishFailed):
        await out.again("unknown", Priority.REPLY, b"")
