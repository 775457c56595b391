"""A schema as it is read by: bounded, and with times as plain numbers.

A writer's schema comes from whoever may register one, and its records from whoever may produce, so neither may hold the
loop or the memory. Every value of a record has to take at least a byte of it, or few bytes could stand for any number
of values; types nest, and unfold, within bounds, so none may hold itself. What remains costs time and memory in
proportion to the record, which Kafka bounds.

Times are read as milliseconds whatever their unit; the calendar ends with the year 9999, and a request may say "no
earlier end" by a time beyond it. All other logical types are read as what they are made of.

What is ugly: fastavro has one table of logical types for the whole process. The names we add to it are our own.
"""

import json
from typing import Any

import fastavro.read
import fastavro.schema

MAX_CHARS = 128 * 1024  # of a schema's text: ours have at most 10 KiB
MAX_DEPTH = 32  # of types in types; ours nest four deep
MAX_TYPES = 10_000  # after unfolding: a named type counts at every use
_PRIMITIVES = {"boolean", "int", "long", "float", "double", "bytes", "string", "enum"}

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


def _with_plain_times(node: dict[str, Any]) -> dict[str, Any]:
    kind = str(node.pop("logicalType", None))
    return {**node, "logicalType": f"ms-from-{kind}"} if kind in _PER_MS else node


class _Unbounded(Exception):  # noqa: N818 - says what the schema is
    """A schema by which few bytes may cost much."""


class _Bounds:
    """Walks a parsed schema, named types unfolded."""

    def __init__(self) -> None:
        self._named: dict[str, Any] = {}
        self._left = MAX_TYPES

    def check(self, schema: Any, depth: int = 0, *, branch: bool = False) -> None:
        """``branch``: a branch of a union, whose number takes a byte. Raises _Unbounded, KeyError, TypeError."""
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise _Unbounded("nests too deep, or holds itself")
        if isinstance(schema, list):
            for one in schema:
                self.check(one, depth + 1, branch=True)
            return
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in ("array", "map"):
            self.check(schema["items" if kind == "array" else "values"], depth + 1)
        elif kind in ("record", "error"):
            self._named[schema["name"]] = schema
            self._filled(branch or bool(schema["fields"]))
            for field in schema["fields"]:
                self.check(field["type"], depth + 1)
        elif kind == "fixed":
            self._named[schema["name"]] = schema
            self._filled(branch or schema["size"] > 0)
        elif kind == "null":
            self._filled(branch)
        elif kind not in _PRIMITIVES:
            self.check(self._named[kind], depth + 1, branch=branch)
        elif kind == "enum":
            self._named[schema["name"]] = schema

    def _filled(self, takes_bytes: bool) -> None:
        if not takes_bytes:
            raise _Unbounded("has values that take no bytes")
