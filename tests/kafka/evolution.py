"""Schemas as they were released, as they may grow, and as they must not."""

import copy
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastavro

from connector.kafka.schemas import SchemaName
from connector.kafka.writers import schema_of

RELEASED = Path(__file__).parents[2] / "schemas" / "released"
VERSIONS = sorted((folder.name for folder in RELEASED.iterdir()), key=int)
NEW_SYMBOLS = ("NEWER", "NEWEST")
ROUNDS = 24  # samples a schema: more than any of our enums and unions has members


def versions(name: SchemaName) -> list[str]:
    """The released versions that have this schema."""
    return [version for version in VERSIONS if (RELEASED / version / f"{name}.avsc").exists()]


def released(name: SchemaName, version: str) -> str:
    """The text of a released schema."""
    return (RELEASED / version / f"{name}.avsc").read_text()


def changed(text: str, change: Callable[[Any], object]) -> str:
    """The schema after a change."""
    schema = copy.deepcopy(json.loads(text))
    change(schema)
    return json.dumps(schema)


def grow(schema: Any) -> None:
    """What a later version may do: new symbols of every enum, a new optional field."""
    for enum in _enums(schema):
        enum["symbols"] += NEW_SYMBOLS
    new = {"name": "newer", "type": ["null", "string"], "default": None, "doc": "New."}
    schema["fields"].append(new)


def without_default(schema: Any) -> None:
    """A new field that every writer must fill: what old writers wrote has none."""
    schema["fields"].append({"name": "newer", "type": "string", "doc": "New."})


def without_field(schema: Any) -> None:
    """A field without default is dropped: old readers need it."""
    needed = next(field for field in schema["fields"] if "default" not in field)
    schema["fields"].remove(needed)


def with_another_type(schema: Any) -> None:
    """A field becomes another."""
    schema["fields"][0]["type"] = {"type": "array", "items": "double"}
    schema["fields"][0].pop("default", None)


def without_enum_default(schema: Any) -> None:
    """An enum grows, and those who do not know the new symbols have nothing to read them as."""
    for enum in _enums(schema):
        enum["symbols"] += NEW_SYMBOLS
        del enum["default"]


def fits(old: str, new: str) -> bool:
    """Whether records of each schema are read by the other, what both have unchanged."""
    return all(_reads(writer, reader) for writer, reader in ((old, new), (new, old)))


def _reads(writer: str, reader: str) -> bool:
    by, to = schema_of(writer), schema_of(reader)
    try:
        for row in _samples(writer):
            body = io.BytesIO()
            fastavro.schemaless_writer(body, by, row)
            body.seek(0)
            read = fastavro.schemaless_reader(body, by, to)
            if body.read(1) or not isinstance(read, dict) or not _same(row, read, json.loads(reader)):
                return False
    except (ValueError, TypeError, KeyError, fastavro.read.SchemaResolutionError):
        return False
    return True


def _same(row: dict[str, Any], read: dict[str, Any], reader: Any) -> bool:
    """Every field of the reader is the writer's value, or the default the reader's schema names."""
    defaults = {enum["default"] for enum in _enums(reader) if "default" in enum}
    known = {symbol for enum in _enums(reader) for symbol in enum["symbols"]}
    for field in reader["fields"]:
        value = read[field["name"]]
        expected = row.get(field["name"], field.get("default"))
        if value != expected and not (expected not in known and value in defaults):
            return False
    return True


def _samples(text: str) -> Iterator[dict[str, Any]]:
    """Rows that between them use every branch of every union and every symbol of every enum."""
    for turn in range(ROUNDS):
        yield _value(json.loads(text), turn)


def _value(kind: Any, turn: int) -> Any:
    if isinstance(kind, list):
        return _value(kind[turn % len(kind)], turn)
    name = kind if isinstance(kind, str) else kind["type"]
    match name:
        case "record":
            return {field["name"]: _value(field["type"], turn) for field in kind["fields"]}
        case "enum":
            return kind["symbols"][turn % len(kind["symbols"])]
        case "array":
            return [_value(kind["items"], turn)] * (turn % 3)
        case "map":
            return {f"k{n}": _value(kind["values"], turn) for n in range(turn % 3)}
    return {"null": None, "boolean": turn % 2 == 1, "bytes": b"%d" % turn, "string": f"text {turn}"}.get(name, turn)


def _enums(node: Any) -> Iterator[Any]:
    """Every enum in a schema."""
    if isinstance(node, list):
        for one in node:
            yield from _enums(one)
    elif isinstance(node, dict):
        if node.get("type") == "enum":
            yield node
        for one in node.values():
            if isinstance(one, dict | list):
                yield from _enums(one)
