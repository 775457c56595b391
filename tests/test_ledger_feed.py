"""The ledger's records into the replica: without a gap, whatever the bytes are."""

import asyncio

from connector.core.records import LedgerRecord, Rules
from connector.kafka.avro import Codec
from connector.kafka.records import KafkaRecord
from connector.kafka.registry import RegistryAway, UnknownSchema
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_ledger import ledger_row
from connector.roles.replica import Replica
from connector.wiring.inbound import Reader
from connector.wiring.ledger_feed import LedgerFeed
from tests.core.ledger_story import close
from tests.virtual_time import run


class Shelf:
    """A registry in memory that may be away."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.away = False

    async def register(self, subject: str, text: str) -> int:
        self.texts.append(text)
        return len(self.texts)

    async def find(self, subject: str, text: str) -> int:
        return self.texts.index(text) + 1

    async def text(self, schema_id: int) -> str:
        if self.away:
            raise RegistryAway("the registry does not answer")
        if schema_id > len(self.texts):
            raise UnknownSchema
        return self.texts[schema_id - 1]


class Site:
    """A feed whose codec has read no schema yet, and the bytes another process writes."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.writer = Codec(self.shelf, {name: f"{name}-value" for name in SchemaName})
        self.replica = Replica("P", self)
        codec = Codec(self.shelf, {})
        self.feed = LedgerFeed(self.replica, codec, Reader(codec, lambda _: None), lambda: 0.0)
        self.end = 0

    async def append(self, record: LedgerRecord) -> None:
        raise NotImplementedError

    def wire(self, record: LedgerRecord) -> bytes:
        return self.writer.encode(SchemaName.LEDGER, ledger_row(record))

    def record(self, value: bytes) -> KafkaRecord:
        self.end += 1
        return KafkaRecord("sendblue.ledger", 0, self.end - 1, None, value, (), 1_700_000_000_000)


async def site() -> Site:
    made = Site()
    await made.writer.prepare(auto_register=True)
    return made


def test_a_replica_is_not_restored_while_records_wait_for_their_schema() -> None:
    """The tail is at the end, the registry is away: nothing may be sent on what has not been fed."""

    async def story() -> None:
        here = await site()
        here.shelf.away = True
        here.feed.take([here.record(here.wire(close("r"))), here.record(here.wire(close("s")))])
        here.feed.at_end()
        await asyncio.sleep(10)
        before = here.replica.restored.is_set()
        here.shelf.away = False
        await here.replica.restored.wait()

        assert not before
        assert here.replica.next_offset == 2
        assert len(here.replica.fold) == 2

    run(story())


def test_bytes_nobody_can_read_stop_the_sending_and_no_record_behind_them() -> None:
    """They may be a newer program's grant; the others of the same burst are fed all the same."""

    async def story() -> None:
        here = await site()
        wires = [here.wire(Rules(1)), b"\0\0\0\0\1garbage", b"garbage", here.wire(close("r"))]
        here.feed.take([here.record(wire) for wire in wires])
        here.feed.at_end()
        await here.replica.restored.wait()

        assert here.replica.next_offset == 4
        assert len(here.replica.fold) == 1
        assert not here.replica.may_send

    run(story())


def test_a_schema_the_registry_never_gets_stops_the_sending() -> None:
    """After ten minutes it is not coming; the records behind it are fed."""

    async def story() -> None:
        here = await site()
        here.feed.take([here.record(here.wire(Rules(1)))])
        await asyncio.sleep(1)
        unknown_id = (99).to_bytes(4)
        here.feed.take([here.record(b"\0" + unknown_id + b"x"), here.record(here.wire(close("r")))])
        here.feed.at_end()
        await here.replica.restored.wait()

        assert here.replica.next_offset == 3
        assert not here.replica.may_send

    run(story())


def test_an_unforeseen_error_is_heard_and_nothing_is_fed_after_it() -> None:
    """To go on behind a record that was not applied would be a gap in the fold."""

    async def story() -> None:
        here = await site()
        here.feed.take([here.record(here.wire(Rules(1)))])
        await asyncio.sleep(1)
        here.feed.at_end()

        def broken(_: tuple[bytes, ...]) -> None:
            raise LookupError("unforeseen")

        here.replica.on_change(broken)
        here.feed.take([here.record(here.wire(r)) for r in (close("r"), close("s"))])
        here.feed.take([here.record(here.wire(close("t")))])

        assert isinstance(here.feed.watch.failed.exception(), LookupError)
        assert here.replica.next_offset == 2

    run(story())
