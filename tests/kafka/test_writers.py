"""Writers' schemas: what is refused before a record is read by it, and how times come out."""

import asyncio
import io
import json
from typing import Any

import fastavro
import pytest

from connector.core.requests import refusals
from connector.kafka.avro import Codec, Undecodable
from connector.kafka.schemas import SchemaName, text_of
from connector.kafka.wire_requests import request_of

YEAR_10000_MS = 253_402_300_800_000
NOW_MS = 1_700_000_000_000


class Foreign:
    """A registry that holds one schema, as id 1."""

    def __init__(self, schema: Any) -> None:
        self._text = schema if isinstance(schema, str) else json.dumps(schema)
        self.asked = 0

    async def register(self, subject: str, text: str) -> int:
        raise NotImplementedError

    async def find(self, subject: str, text: str) -> int:
        raise NotImplementedError

    async def text(self, schema_id: int) -> str:
        self.asked += 1
        return self._text


def read(schema: Any, body: bytes, name: SchemaName = SchemaName.SEND_REQUEST) -> dict[str, Any]:
    """The row our schema reads from a body written by ``schema``."""
    return asyncio.run(Codec(Foreign(schema), {}).read(name, b"\0\0\0\0\1" + body))


def written(schema: Any, row: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), row)
    return out.getvalue()


def request_schema(**types: Any) -> dict[str, Any]:
    """SendRequest with other types for some fields; those without a default stay as they are."""
    schema: dict[str, Any] = json.loads(text_of(SchemaName.SEND_REQUEST))
    for field in schema["fields"]:
        if field["name"] in types:
            field["type"] = types[field["name"]]
            field.pop("default", None)
    return schema


ROW = {"request_id": "r1", "number": "+12025550123", "content": "x", "numbers": [], "tags": {}}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ({"type": "long", "logicalType": "timestamp-millis"}, YEAR_10000_MS),
        (["null", {"type": "long", "logicalType": "timestamp-micros"}], YEAR_10000_MS * 1000),
        (["null", {"type": "long", "logicalType": "timestamp-millis"}], YEAR_10000_MS),
        ({"type": "long", "logicalType": "local-timestamp-millis"}, YEAR_10000_MS),
        ("long", YEAR_10000_MS),
        ({"type": "long", "logicalType": "timestamp-micros"}, YEAR_10000_MS * 1000),
        ({"type": "long", "logicalType": "local-timestamp-micros"}, YEAR_10000_MS * 1000 + 999),
    ],
)
def test_a_time_is_read_as_milliseconds_however_far_away(kind: Any, value: int) -> None:
    """Beyond the year 9999, as a plain long, in microseconds: no earlier end is what such a request asks for."""
    schema = request_schema(expires_at=kind)
    request = request_of(read(schema, written(schema, {**ROW, "expires_at": value})))

    assert request.expires_at_ms == YEAR_10000_MS
    assert refusals(request, NOW_MS) == ()


def test_nanoseconds_are_read_as_milliseconds() -> None:
    """A long of them ends with the year 2262."""
    schema = request_schema(send_at={"type": "long", "logicalType": "timestamp-nanos"})

    assert read(schema, written(schema, {**ROW, "send_at": NOW_MS * 1_000_000 + 1}))["send_at"] == NOW_MS


@pytest.mark.parametrize("value", [2**62, -(2**62)])
def test_the_router_judges_impossible_times(value: int) -> None:
    """They are refused by their own code, not as bytes nobody can read."""
    schema = request_schema(send_at="long", created_at="long")
    request = request_of(read(schema, written(schema, {**ROW, "send_at": value, "created_at": value})))

    expected = "SEND_AT_TOO_LATE" if value > 0 else "CREATED_AT_INVALID"
    assert [refusal.code for refusal in refusals(request, NOW_MS)] == [expected]


def test_other_logical_types_are_what_they_are_made_of() -> None:
    """A uuid as request_id is its text."""
    schema = request_schema(request_id={"type": "string", "logicalType": "uuid"})
    text = "7a1c2a5e-0000-4000-8000-00000000beef"

    assert read(schema, written(schema, {**ROW, "request_id": text}))["request_id"] == text


def with_field(kind: Any) -> dict[str, Any]:
    """SendRequest with a first field of this type, which our schema skips."""
    schema = request_schema()
    schema["fields"].insert(0, {"name": "more", "type": kind})
    return schema


def nested(depth: int) -> Any:
    kind: Any = "int"
    for _ in range(depth):
        kind = {"type": "array", "items": kind}
    return kind


def record(name: str, *kinds: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": f"f{n}", "type": k} for n, k in enumerate(kinds)]}


def doubling(levels: int) -> dict[str, Any]:
    """Each level holds the one below twice: a short text, and 2 ** levels values."""
    first = record("L0", "int", "int")
    above = [record(f"L{n}", f"L{n - 1}", f"L{n - 1}") for n in range(1, levels)]
    return record("Doubling", first, *above)


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "array", "items": "null"},
        {"type": "array", "items": {"type": "null"}},
        {"type": "array", "items": record("Empty")},
        {"type": "array", "items": record("OnlyNull", "null")},
        {"type": "array", "items": {"type": "fixed", "name": "Nothing", "size": 0}},
        {"type": "map", "values": record("OnlyNull", "null")},
        record("Recursive", ["null", "Recursive"]),
        nested(200),
        nested(5_000),
        doubling(24),
    ],
    ids=range(10),
)
def test_a_writer_that_could_hold_the_loop_or_the_memory_is_refused(kind: Any) -> None:
    """Values that take no bytes, unbounded nesting, values without number: refused before a record is read."""
    text = json.dumps(with_field("int")).replace('"type": "int"', f'"type": {shown(kind)}', 1)
    with pytest.raises(Undecodable, match="schema 1"):
        read(text, b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f" * 8)


@pytest.mark.parametrize(
    "items",
    [
        "boolean",
        "float",
        "double",
        {"type": "fixed", "name": "Four", "size": 4},
        record("Point", "double", "double"),
        {"type": "array", "items": "float"},
    ],
    ids=range(6),
)
def test_an_array_that_we_skip_ends_with_the_bytes(items: Any) -> None:
    """A count is a claim: what is not there is not passed over a billion times."""
    schema = with_field({"type": "array", "items": items})
    sample = (
        1.0 if isinstance(items, str) else {"record": {"f0": 1.0, "f1": 2.0}, "fixed": b"four"}.get(items["type"], [])
    )
    good = written(schema, {**ROW, "more": [sample] * 3})
    with pytest.raises(Undecodable):
        read(schema, b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f" + b"\2" * 99)

    assert read(schema, good)["request_id"] == "r1"


def shown(kind: Any) -> str:
    """As JSON, however deep."""
    depth = 0
    while isinstance(kind, dict) and kind["type"] == "array" and isinstance(kind["items"], dict):
        kind, depth = kind["items"], depth + 1
    return '{"type": "array", "items": ' * depth + json.dumps(kind) + "}" * depth


@pytest.mark.parametrize("text", ["", "{", "5", '"nothing"', "[" * 100_000, '{"type": "record"}', " " * 300_000 + "{}"])
def test_what_is_no_avro_schema_is_refused(text: str) -> None:
    """By one exception, whatever it is."""
    with pytest.raises(Undecodable):
        read(text, b"")


@pytest.mark.parametrize(
    "kind",
    [
        ["null", "string"],
        {"type": "map", "values": {"type": "array", "items": ["null", "string"]}},
        {"type": "array", "items": record("Pair", "string", {"type": "fixed", "name": "Four", "size": 4})},
        {"type": "enum", "name": "Colour", "symbols": ["RED"]},
    ],
)
def test_ordinary_additions_of_a_producer_are_read_past(kind: Any) -> None:
    """A producer's schema may have fields of its own."""
    schema = with_field(kind)
    empty = {"map": {}, "array": [], "enum": "RED"}
    value = None if isinstance(kind, list) else empty[kind["type"]]

    assert read(schema, written(schema, {**ROW, "more": value}))["request_id"] == "r1"


async def test_a_refused_writer_is_asked_for_once() -> None:
    """Its other records are refused without the registry."""
    registry = Foreign("no schema")
    codec = Codec(registry, {})
    for _ in range(3):
        with pytest.raises(Undecodable):
            await codec.read(SchemaName.SEND_REQUEST, b"\0\0\0\0\1")

    assert registry.asked == 1
