"""Records inward: schemas that must be fetched first, registries that are away, parked records that cannot be read."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from connector.commands.operations import MOST_AHEAD, Onlooker
from connector.core.delays import Delay
from connector.core.events import MessageEvent
from connector.core.messages import Dispatch, Origin, SendRequest, Source
from connector.core.records import LedgerRecord
from connector.core.steps import Held
from connector.kafka.avro import Codec
from connector.kafka.control import contacts_of, control_of
from connector.kafka.records import KafkaRecord
from connector.kafka.registry import RegistryAway, UnknownSchema
from connector.kafka.schemas import SchemaName, text_of
from connector.kafka.wire_requests import dispatch_row, request_row
from connector.roles.ends import DeadLetter, Ends
from connector.roles.reconciler import Binding, Reconciler
from connector.roles.replica import Replica
from connector.wiring.inbound import Reader, parked_into
from tests import virtual_time


class Shelf:
    """A registry in memory. ``trouble``: what it raises, one for each question; ``asked``: for schemas."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.trouble: list[Exception] = []
        self.asked = 0

    async def register(self, subject: str, text: str) -> int:
        self.texts.append(text)
        return len(self.texts)

    async def find(self, subject: str, text: str) -> int:
        return self.texts.index(text) + 1

    async def text(self, schema_id: int) -> str:
        self.asked += 1
        if self.trouble:
            raise self.trouble.pop(0)
        return self.texts[schema_id - 1]


class Newer:
    """A connector of a later version: its schemas have one more field, and ids the present one has not seen."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def written(self, name: SchemaName, row: dict[str, Any]) -> bytes:
        codec = Codec(self._shelf, {name: "newer"})
        await codec.prepare(auto_register=True)
        schema = json.loads(text_of(name))
        schema["fields"].append({"name": "newer", "type": ["null", "string"], "default": None, "doc": "New."})
        value = codec.encode(name, row)
        return value[:1] + (await self._shelf.register("newer", json.dumps(schema))).to_bytes(4) + value[5:] + b"\0"


def kafka(value: bytes | None, offset: int = 0, key: bytes = b"k") -> KafkaRecord:
    return KafkaRecord("topic", 0, offset, key, value, (), 1_700_000_000_000)


def ours(work: Callable[[Shelf, Codec, Reader, Newer], Coroutine[Any, Any, None]]) -> None:
    """Run with a registry, our codec on it and a newer connector beside us, in virtual time."""

    async def main() -> None:
        shelf = Shelf()
        codec = Codec(shelf, {name: f"{name}-value" for name in SchemaName})
        await codec.prepare(auto_register=True)
        await work(shelf, codec, Reader(codec, lambda _: None), Newer(shelf))

    virtual_time.run(main())


async def _start_tables(shelf: Shelf, codec: Codec, reader: Reader, newer: Newer) -> None:
    row = {"connector": "c", "account": "a", "hash_key": "h", "created_at": 7, "line": None, "partition": None}
    genesis = await newer.written(SchemaName.CONTROL, row)
    contact = await newer.written(SchemaName.CONTACT, {"line": "line-1", "grant_offset": None, "ledger_offset": 9})
    shelf.trouble = [RegistryAway("away"), UnknownSchema("behind")]
    control = await control_of(reader.row, {b"genesis": kafka(genesis)})
    bindings, _ = await contacts_of(codec.read, {b"contact": kafka(contact)})

    assert (control.genesis and control.genesis.created_at_ms, bindings) == (7, {b"contact": ("line-1", None)})


async def _onlookers(shelf: Shelf, codec: Codec, reader: Reader, newer: Newer) -> None:
    event = json.loads(text_of(SchemaName.MESSAGE_EVENT))
    row = {field["name"]: field.get("default") for field in event["fields"]}
    row |= {"event_id": "e", "type": "STATUS", "origin": "API", "occurred_at": 1, "received_at": 1}
    onlooker = Onlooker(codec, asyncio.get_running_loop().create_future())
    await onlooker.take([kafka(b"garbage"), kafka(await newer.written(SchemaName.MESSAGE_EVENT, row))])

    assert (await onlooker.event())["event_id"] == "e"

    more = [kafka(await newer.written(SchemaName.MESSAGE_EVENT, row))] * (MOST_AHEAD + 1)
    taking = asyncio.create_task(onlooker.take(more))
    await asyncio.sleep(60)
    waited = not taking.done()
    await onlooker.event()
    await taking

    assert waited


def test_a_start_reads_control_and_contacts_of_a_newer_connector() -> None:
    """The first upgrade of a schema must not keep the old version from starting again."""
    ours(_start_tables)


def test_who_looks_on_reads_events_of_a_newer_connector() -> None:
    """`tail` and `send --wait` fetch what they need, pass over what is no event, and take no more than they show."""
    ours(_onlookers)


async def _unknown(shelf: Shelf, codec: Codec, reader: Reader, newer: Newer) -> None:
    loop, seconds = asyncio.get_running_loop(), []
    for _ in range(3):
        began = loop.time()
        shelf.trouble = [UnknownSchema("no")] * 1000
        assert await reader.request(b"\0\0\0\0\x63", give_up=True) is None
        seconds.append(round(loop.time() - began))

    assert seconds == [600, 0, 0]


def test_one_unknown_schema_holds_its_partition_up_once() -> None:
    """Ten minutes for the first record; those behind it with the same schema are not waited for as long again."""
    ours(_unknown)


async def _held_up(shelf: Shelf, codec: Codec, reader: Reader, newer: Newer) -> None:
    shelf.trouble = [UnknownSchema("no")] * 5_000
    record = KafkaRecord("requests", 3, 17, None, b"\0\0\0\0\x63", (), 0)
    waiting = asyncio.create_task(reader.request(record.value, give_up=True, of=record))
    await asyncio.sleep(300)
    (sentence,) = reader.held()
    late = asyncio.create_task(reader.request(record.value, give_up=True, of=record._replace(partition=4)))
    await asyncio.sleep(1)
    both = len(reader.held())
    await asyncio.sleep(302)

    assert sentence == (
        "the schema registry does not know schema 99, which offset 17 of requests/3 is written by: the partition waits"
    )
    assert both == 2
    assert (waiting.done(), late.done(), reader.held()) == (True, True, [])


async def _taken_away(shelf: Shelf, codec: Codec, _: Reader, newer: Newer) -> None:
    told: list[str | None] = []
    reader = Reader(codec, told.append)
    shelf.trouble = [UnknownSchema("no")] * 5_000
    record = KafkaRecord("dispatch", 3, 17, None, b"\0\0\0\0\x63", (), 0)
    waiting = asyncio.create_task(reader.request(record.value, of=record))
    await asyncio.sleep(10)
    before = told[-1]
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert before is not None
    assert "offset 17 of dispatch/3" in before
    assert told[-1] is None


def test_a_record_whose_partition_was_taken_away_is_waited_for_no_more() -> None:
    """Nobody here is unready for it any longer."""
    ours(_taken_away)


def test_what_waits_for_an_unknown_schema_is_said_with_its_place() -> None:
    """Topic, partition, offset and schema, as long as it waits; one schema is waited for once, on all partitions."""
    ours(_held_up)


async def _away(shelf: Shelf, codec: Codec, reader: Reader, newer: Newer) -> None:
    value = await newer.written(SchemaName.PARKED, {"attempt": "a", "dispatch": b""})
    shelf.trouble = [RegistryAway("away")] * 5_000

    assert (await reader.row(SchemaName.PARKED, value, give_up=True))["attempt"] == "a"


async def _our_own(shelf: Shelf, codec: Codec, reader: Reader, newer: Newer) -> None:
    value = await newer.written(SchemaName.PARKED, {"attempt": "a", "dispatch": b""})
    shelf.trouble = [UnknownSchema("lost")] * 5_000

    assert (await reader.row(SchemaName.PARKED, value))["attempt"] == "a"


def test_a_registry_that_is_away_is_waited_for_without_end() -> None:
    """However long it takes, nothing is given up because nobody answers."""
    ours(_away)


def test_our_own_records_are_never_given_up() -> None:
    """A registry that lost its schemas holds up the dispatch and parked topics; it loses nobody's text."""
    ours(_our_own)


class Nowhere:
    """Topics that nothing is written to."""

    async def append(self, record: LedgerRecord) -> None:
        raise NotImplementedError

    async def event(self, event: MessageEvent) -> None:
        raise NotImplementedError

    async def dead_letter(self, letter: DeadLetter) -> None:
        raise NotImplementedError

    async def parked(self, key: bytes, held: Held | None, attempt: str) -> None:
        raise NotImplementedError

    async def dispatch(self, dispatch: Dispatch) -> None:
        raise NotImplementedError

    async def delay(self, delay: Delay, contact: bytes, dispatch: Dispatch) -> None:
        raise NotImplementedError

    async def write(self, binding: Binding, ledger_offset: int) -> None:
        raise NotImplementedError

    async def reached(self, ledger_offset: int) -> None:
        raise NotImplementedError

    async def end(self) -> int | None:
        raise NotImplementedError


async def _parked_garbage(shelf: Shelf, codec: Codec, reader: Reader, newer: Newer) -> None:
    ends = Ends(Nowhere(), lambda: 0, lambda _: None)
    nowhere, mono = Nowhere(), asyncio.get_running_loop().time
    reconciler = Reconciler(Replica("P", nowhere), ends, nowhere, mono, lambda _: None, nowhere.end)
    arrived = asyncio.Event()

    def hashes(_: SendRequest) -> tuple[bytes, bytes]:
        arrived.set()
        return b"", b""

    feed = parked_into(reconciler, reader, hashes)
    feed.assigned([0])
    request = codec.encode(SchemaName.SEND_REQUEST, request_row(SendRequest("r1", number="+12025550123")))
    dispatch = Dispatch(SendRequest("r1"), Origin("requests", 0, 1), 1, "line-1", source=Source(value=request))
    inner = codec.encode(SchemaName.DISPATCH, dispatch_row(dispatch))
    good = codec.encode(SchemaName.PARKED, {"attempt": "a", "dispatch": inner})
    bad = codec.encode(SchemaName.PARKED, {"attempt": "a", "dispatch": b"garbage"})
    feed.take([kafka(b"garbage", 0, b"k0"), kafka(bad, 1, b"k1"), kafka(good, 2, b"k2")])
    await arrived.wait()
    held, failed = len(reconciler), feed.watch.failed.done()
    await feed.close()

    assert (held, failed) == (1, False)


def test_a_parked_record_that_cannot_be_read_is_passed_over() -> None:
    """The others are brought to their end all the same, and the process goes on."""
    ours(_parked_garbage)
