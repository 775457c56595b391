"""The wire format, and rows to values and back."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core import records
from connector.core.messages import (
    Dispatch,
    Disposition,
    OnInDoubt,
    Origin,
    Priority,
    ReplyTo,
    SendRequest,
    ServicePolicy,
    Source,
)
from connector.kafka.avro import Codec, NeedSchema, Undecodable
from connector.kafka.clients import ClientSettings
from connector.kafka.schemas import SchemaName, text_of
from connector.kafka.wire_ledger import UNKNOWN_RULES, ledger_of, ledger_row
from connector.kafka.wire_requests import dispatch_of, dispatch_row, request_of, request_row


class Shelf:
    """A registry in memory."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def register(self, subject: str, text: str) -> int:
        self.texts.append(text)
        return len(self.texts)

    async def find(self, subject: str, text: str) -> int:
        return self.texts.index(text) + 1

    async def text(self, schema_id: int) -> str:
        return self.texts[schema_id - 1]


SHELF = Shelf()
CODEC = Codec(SHELF, {name: f"{name}-value" for name in SchemaName})
asyncio.run(CODEC.prepare(auto_register=True))

words = st.text(max_size=20)
hashes = st.binary(min_size=8, max_size=8)
attempts = st.integers(0, 2**64 - 1).map(lambda n: f"{n:016x}")
small = st.integers(0, 99)
offsets = st.integers(0, 2**62)
leases = st.integers(0, 2**31 - 1)  # the schema's int
origins = st.builds(Origin, words, st.integers(0, 2**31 - 1), offsets)
times = st.integers(1, 4_000_000_000_000)
ledger_records = st.one_of(
    st.builds(
        records.Intent,
        attempts,
        words,
        words,
        hashes,
        hashes,
        times,
        origins,
        st.integers(0, 99),
        words,
        st.integers(0, 9),
        leases,
    ),
    st.builds(records.Outcome, attempts, words, words, hashes, st.sampled_from(records.Result), words, words),
    st.builds(records.Park, attempts, words, origins, words, hashes, words),
    st.builds(records.Resolve, attempts, words, origins, words, hashes, st.sampled_from(records.Resolution), words),
    st.builds(records.Close, words, origins, st.integers(0, 99), st.sampled_from(Disposition), words),
    st.builds(records.Rebind, hashes, words),
    st.builds(records.Rules, st.integers(0, 99)),
    st.builds(records.Digest, offsets, offsets, st.integers(0, 2**64 - 1), words, st.integers(0, 99)),
)
requests = st.builds(
    SendRequest,
    request_id=words,
    number=st.none() | words,
    numbers=st.lists(words, max_size=3).map(tuple),
    content=st.none() | words,
    send_at_ms=st.none() | times,
    on_in_doubt=st.none() | st.sampled_from(OnInDoubt),
    reply_to=st.none() | st.builds(ReplyTo, words, st.none() | st.integers(0, 9)),
    quiet_hours=st.none() | words,
    priority=st.sampled_from(Priority),
    tags=st.dictionaries(words, words, max_size=3),
    service_policy=st.none() | st.sampled_from(ServicePolicy),
    pre_reply_override=st.booleans(),
)


@given(ledger_records)
def test_a_ledger_record_survives_the_wire(record: records.LedgerRecord) -> None:
    """What is read back is what was appended."""
    wire = CODEC.encode(SchemaName.LEDGER, ledger_row(record))

    assert ledger_of(CODEC.decode(SchemaName.LEDGER, wire)) == record


@given(requests, origins, st.binary(max_size=20), st.lists(st.tuples(words, st.binary(max_size=5)), max_size=3))
def test_a_dispatch_survives_the_wire(
    request: SendRequest, origin: Origin, value: bytes, headers: list[tuple[str, bytes]]
) -> None:
    """The request by its own bytes, the untouched record beside it."""
    wire = CODEC.encode(SchemaName.SEND_REQUEST, request_row(request))
    dispatch = Dispatch(request, origin, 5, "line-1", True, 1, 2, 3, None, Source(value, wire, tuple(headers), 7))
    row = CODEC.decode(SchemaName.DISPATCH, CODEC.encode(SchemaName.DISPATCH, dispatch_row(dispatch)))
    inner = request_of(CODEC.decode(SchemaName.SEND_REQUEST, row["value"]))

    assert dispatch_of(row, inner) == dispatch
    assert row["priority"] == request.priority


@given(st.binary(max_size=60))
def test_garbage_is_undecodable_and_nothing_else(garbage: bytes) -> None:
    """Foreign bytes raise one of two exceptions, never another."""
    for value in (garbage, b"\0\0\0\0\1" + garbage):
        try:
            CODEC.decode(SchemaName.SEND_REQUEST, value)
        except (Undecodable, NeedSchema):
            continue


def test_an_unknown_writer_is_asked_for_once() -> None:
    """NeedSchema names the id; after ``fetch`` the record decodes."""
    codec = Codec(SHELF, {})
    wire = CODEC.encode(SchemaName.LEDGER, ledger_row(records.Rules(1)))

    with pytest.raises(NeedSchema) as needed:
        codec.decode(SchemaName.LEDGER, wire)
    asyncio.run(codec.fetch(needed.value.schema_id))

    assert ledger_of(codec.decode(SchemaName.LEDGER, wire)) == records.Rules(1)


def test_a_kind_newer_than_this_program_stops_the_sending() -> None:
    """It reads as rules nobody knows."""
    assert ledger_of({"kind": "UNKNOWN"}) == UNKNOWN_RULES


@pytest.mark.parametrize("name", SchemaName)
def test_every_schema_is_documented_and_can_grow(name: SchemaName) -> None:
    """A doc on every record, field and enum; enums have a default."""

    def walk(node: object, path: str) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item, path)
        elif isinstance(node, dict):
            if node.get("type") in ("record", "enum"):
                assert node.get("doc"), path
            if node.get("type") == "enum":
                assert node["default"] in node["symbols"], path
            for field in node.get("fields", ()):
                assert field.get("doc"), f"{path}.{field['name']}"
                walk(field["type"], f"{path}.{field['name']}")
            walk(node.get("items"), path)
            walk(node["type"] if isinstance(node.get("type"), dict | list) else None, path)

    walk(json.loads(text_of(name)), str(name))


def test_what_the_promises_rest_on_cannot_be_set() -> None:
    """acks, idempotence, commits: refused with the reason; secrets are masked."""
    with pytest.raises(ValueError, match="acks=all"):
        ClientSettings("x:1", extra={"acks": "1"})

    assert "hush" not in repr(ClientSettings("x:1", extra={"sasl.password": "hush"}))


@pytest.mark.parametrize(
    "record",
    [
        records.Intent("a", "r", "l", b"c", b"b", 1, Origin("t", 0, 1), 0, "o"),
        records.Outcome("a", "r", "l", b"c", records.Result.SUBMITTED, "h", "api"),
        records.Park("a", "r", Origin("t", 0, 1), "l", b"c", "x"),
        records.Resolve("a", "r", Origin("t", 0, 1), "l", b"c", records.Resolution.DROP, "x"),
        records.Close("r", Origin("t", 0, 1), 0, Disposition.EXPIRED, "x"),
        records.Rebind(b"c", "l"),
        records.Rules(1),
        records.Digest(1, 2, 3, "o"),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_ledger_record_without_one_of_its_fields_stops_the_sending(record: records.LedgerRecord) -> None:
    """A word nobody knows, a missing origin, any missing field: rules this program does not know."""
    row = ledger_row(record)
    named = [
        name for name, value in row.items() if value is not None and name not in ("kind", "redrive", "n", "lease_ms")
    ]
    broken = [{**row, name: None} for name in named]
    if row["word"] is not None:
        broken.append({**row, "word": "SOMETHING_NEW"})

    assert [ledger_of(one) for one in broken] == [UNKNOWN_RULES] * len(broken)
    assert broken
