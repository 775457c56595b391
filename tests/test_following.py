"""Records of control and optouts that nobody can read: said while they count; an opt-out is a safe guess."""

import asyncio

import pytest

from connector.core.opt_outs import Source, Word, operators_key
from connector.core.orders import CancelRequest
from connector.kafka.avro import Row
from connector.kafka.clients import ClientSettings
from connector.kafka.control import order_record
from connector.kafka.opt_outs import word_row
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName
from connector.simulator.broker import CLIENT, EmbeddedBroker
from connector.wiring.control_feed import ControlFeed
from connector.wiring.following import CURE, Following
from connector.wiring.inbound import Reader
from connector.wiring.opt_outs import OptOutsFeed
from tests.kafka.test_codec import CODEC

CONTACT, OTHER = b"contact1", b"contact2"
BROKEN = b"\0\0\0\0\1garbage"


async def read(feed: Following, *records: tuple[bytes, bytes | None], first: int = 0) -> list[str]:
    """Records of a topic, one after the other; return the notes."""
    feed.take([KafkaRecord("t", 0, first + n, key, value, (), 1) for n, (key, value) in enumerate(records)])
    feed.restored.clear()
    feed.at_end()
    await feed.restored.wait()
    return feed.notes()


def word(out: bool, at_ms: int = 5) -> bytes:
    return CODEC.encode(SchemaName.OPT_OUT, word_row(Word(at_ms, out, Source.INBOUND)))


async def test_an_unreadable_order_is_a_note_until_its_key_is_written_again() -> None:
    """By another record or by a tombstone; the sentence names the topic and the offset alone."""
    feed, order = ControlFeed(Reader(CODEC, lambda _: None)), CancelRequest("r1", 1_700_000_000_000)
    key, value = order_record(CODEC, order)
    told = await read(feed, (key, value), (key, b"garbage"), (b"pause/all", b"garbage"))
    half = await read(feed, (key, value), first=3)
    none = await read(feed, (b"pause/all", None), first=4)
    await feed.close()

    assert told == [f"unreadable records in t: 2, the last at offset 2; {CURE}"]
    assert half == [f"unreadable records in t: 1, the last at offset 2; {CURE}"]
    assert none == []


async def test_an_unreadable_opt_out_keeps_its_contact_out() -> None:
    """It may have said STOP, by the person's key or an operator's; whoever waits hears of it; the next word cures."""
    feed, heard = OptOutsFeed(Reader(CODEC, lambda _: None)), list[bytes]()
    feed.heard = heard.append
    told = await read(feed, (CONTACT, word(False)), (CONTACT, BROKEN), (operators_key(OTHER), BROKEN))
    out = CONTACT in feed.known, OTHER in feed.known
    news = feed.known.news(CONTACT, Word(9, True, Source.CALLBACK))
    cured = await read(feed, (CONTACT, word(False, 6)), (operators_key(OTHER), None), first=3)
    await feed.close()

    assert (out, len(told), cured) == ((True, True), 1, [])
    assert (CONTACT in feed.known, OTHER in feed.known) == (False, False)
    assert news == [CONTACT]
    assert heard == [CONTACT, CONTACT, operators_key(OTHER), CONTACT, operators_key(OTHER)]


async def test_an_error_nobody_foresaw_ends_a_start() -> None:
    """As it ends a process that runs: a start that waited for the rest of the topic would wait for ever."""

    class Broken(ControlFeed):
        def put(self, key: bytes, row: Row | None) -> None:
            raise LookupError("unforeseen")

    feed = Broken(Reader(CODEC, lambda _: None))
    feed.take([KafkaRecord("t", 0, 0, b"genesis", None, (), 1)])
    with EmbeddedBroker({"t": 1}) as broker:
        with pytest.raises(LookupError):
            async with asyncio.timeout(120):
                await feed.follow(ClientSettings(broker.bootstrap, extra=CLIENT), "t")
        await feed.close()
