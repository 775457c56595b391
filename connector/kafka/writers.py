"""A schema as it is read by: bounded, and with times as plain numbers.

A writer's schema comes from whoever may register one, and its records from whoever may produce, so neither may hold the
loop or the memory. Every value of a record has to take at least a byte of it, or few bytes could stand for any number
of values; types nest, and unfold, within bounds, so none may hold itself. What remains costs time and memory in
proportion to the record, which Kafka bounds. Where fastavro passes over an array of numbers it does not notice that the
bytes have ended; such records are read from ``Whole`` bytes, which say so.

Times are read as milliseconds whatever their unit; the calendar ends with the year 9999, and a request may say "no
earlier end" by a time beyond it. All other logical types are read as what they are made of.

What is ugly: fastavro has one table of logical types for the whole process. The names we add to it are our own.
"""

import io
import json
from typing import Any

import fastavro.read
import fastavro.schema

MAX_CHARS = 128 * 1024  # of a schema's text: ours have at most 10 KiB
MAX_DEPTH = 32  # of types in types; ours nest four deep
MAX_TYPES = 10_000  # after unfolding: a named type counts at every use
_UNNOTICED = {"boolean", "float", "double"}  # fastavro passes over them without looking for the end
_PLAIN = {*_UNNOTICED, "int", "long", "bytes", "string", "enum"}
_NAMED = {"record", "error", "enum", "fixed"}

_PER_MS = {
    "timestamp-micros": 1_000,
    "local-timestamp-micros": 1_000,
    "timestamp-nanos": 1_000_000,
    "local-timestamp-nanos": 1_000_000,
}
for _name, _units in _PER_MS.items():
    fastavro.read.LOGICAL_READERS[f"long-ms-from-{_name}"] = lambda value, *_, units=_units: value // units


def schema_of(text: str) -> Any:
    """Return a schema as fastavro wants it. Raises ValueError, with a sentence, for one we do not read by."""
    if len(text) > MAX_CHARS:
        raise ValueError(f"is longer than {MAX_CHARS} characters")
    try:
        schema = fastavro.schema.parse_schema(json.loads(text, object_hook=_with_plain_times))
        _Bounds().check(schema)
    except _Unbounded as error:
        raise ValueError(str(error)) from None
    except Exception as error:  # noqa: BLE001 - whatever a foreign schema makes of the parser
        raise ValueError(f"is no Avro schema ({type(error).__name__})") from None
    return schema


def skips_blindly(schema: Any) -> bool:
    """Whether fastavro could pass over more values of a parsed schema than there are bytes."""
    bounds = _Bounds()
    bounds.check(schema)
    return bounds.blind


class Whole(io.BytesIO):
    """Bytes that raise EOFError when there are fewer than asked for. Costs half as much again as plain ones."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return ``size`` bytes."""
        found = super().read(size)
        if len(found) < (size or 0):
            raise EOFError("the bytes end within a value")
        return found


def _with_plain_times(node: dict[str, Any]) -> dict[str, Any]:
    kind = str(node.pop("logicalType", None))
    return {**node, "logicalType": f"ms-from-{kind}"} if kind in _PER_MS else node


class _Unbounded(Exception):  # noqa: N818 - says what the schema is
    """A schema by which few bytes may cost much."""


class _Bounds:
    """Walks a parsed schema, named types unfolded. ``blind``: an array's items may be passed over beyond the end."""

    def __init__(self) -> None:
        self.blind = False
        self._named: dict[str, Any] = {}
        self._left = MAX_TYPES

    def check(self, schema: Any, depth: int = 0, *, branch: bool = False) -> bool:
        """Return whether passing over a value notices the end of the bytes.

        ``branch``: a branch of a union, whose number takes a byte. Raises _Unbounded, KeyError, TypeError.
        """
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise _Unbounded("nests too deep, or holds itself")
        if isinstance(schema, list):
            return [self.check(one, depth + 1, branch=True) for one in schema] != []
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in _NAMED:
            self._named[schema["name"]] = schema
        match kind:
            case "null" | "fixed":
                return self._sized(branch or (kind == "fixed" and schema["size"] > 0))
            case "array":
                self.blind |= not self.check(schema["items"], depth + 1)
            case "map":
                self.check(schema["values"], depth + 1)
            case "record" | "error":
                self._sized(branch or bool(schema["fields"]))
                return True in [self.check(field["type"], depth + 1) for field in schema["fields"]]
            case _ if kind not in _PLAIN:
                return self.check(self._named[kind], depth + 1, branch=branch)
        return kind not in _UNNOTICED

    def _sized(self, takes_bytes: bool) -> bool:
        if not takes_bytes:
            raise _Unbounded("has values that take no bytes")
        return False
