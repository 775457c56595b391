"""The control topic, live: in order, to its end first, and undisturbed by what it does not know."""

from connector.core.orders import CancelRequest, CancelTag, Order
from connector.core.pauses import OfAll, Pause, Said
from connector.core.priorities import Places
from connector.kafka.avro import Codec
from connector.kafka.control import line_record, order_record
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName
from connector.wiring.control_feed import ControlFeed
from connector.wiring.inbound import Reader
from tests.kafka.test_codec import CODEC, SHELF

FIRST, SECOND = CancelRequest("r1", 1_700_000_000_000), CancelTag("campaign", "spring", 1_700_000_000_001)


def record(offset: int, key: bytes, value: bytes | None) -> KafkaRecord:
    return KafkaRecord("control", 0, offset, key, value, (), 1)


def feed_of(codec: Codec) -> tuple[ControlFeed, list[Order]]:
    heard: list[Order] = []
    feed = ControlFeed(Reader(codec, lambda _: None))
    feed.ordered = heard.append
    return feed, heard


async def test_it_is_restored_once_all_before_the_end_is_read() -> None:
    """Lines and orders first; what follows is heard one by one, and a tombstone takes an order back."""
    feed, heard = feed_of(CODEC)
    key, _ = order_record(CODEC, FIRST)
    feed.take([record(0, *line_record(CODEC, "a", Places(3))), record(1, *order_record(CODEC, FIRST))])
    before = feed.restored.is_set()
    feed.at_end()
    await feed.restored.wait()
    at_end = (dict(feed.control.partitions), len(feed.control.orders))
    feed.take([record(2, *order_record(CODEC, SECOND)), record(3, key, None)])
    feed.take([record(4, *line_record(CODEC, "b", Places(4)))])
    feed.restored.clear()
    feed.at_end()
    await feed.restored.wait()
    await feed.close()

    assert not before
    assert at_end == ({"a": Places(3)}, 1)
    assert heard == [FIRST, SECOND]
    assert len(feed.control.orders) == 1


async def test_a_record_of_a_schema_not_known_yet_is_waited_for_and_garbage_is_left_alone() -> None:
    """Order holds: what comes behind it is taken afterwards."""
    fresh = Codec(SHELF, {SchemaName.CONTROL: "control-value"})
    feed, heard = feed_of(fresh)
    feed.take([record(0, *order_record(CODEC, FIRST)), record(1, b"cancel/id/x", b"garbage")])
    feed.take([record(2, *order_record(CODEC, SECOND))])
    feed.at_end()
    await feed.restored.wait()
    await feed.close()

    assert heard == [FIRST, SECOND]
    assert not feed.watch.failed.done()


async def test_every_change_of_a_pause_is_heard() -> None:
    """That it began and that somebody resumed is an order. That its record was taken out is none: a pause that was over
    long ago would be told as a new one; but what waits looks again."""
    feed, heard = feed_of(CODEC)
    taken_back = list[bool]()
    feed.taken_back = lambda: taken_back.append(True)
    ann = Said("ann", "under review", 1_700_000_000_000)
    began, ended = Pause(OfAll(), ann), Pause(OfAll(), ann, None, ann._replace(operator="ben"))
    key, _ = order_record(CODEC, began)
    feed.take([record(0, *order_record(CODEC, began)), record(1, *order_record(CODEC, ended))])
    feed.take([record(2, *order_record(CODEC, began)), record(3, key, None)])
    feed.at_end()
    await feed.restored.wait()
    await feed.close()

    assert heard == [began, ended, began]
    assert taken_back == [True]
    assert feed.control.orders.pauses.line_s("a", 0) == 0.0
