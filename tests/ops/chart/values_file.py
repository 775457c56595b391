"""values.yaml read with its comments: what the table in the README and the schema are made of.

A comment that begins with ``# --`` says what the value below it is; ``# @schema`` adds JSON to the schema that the
default suggests. A value without words is a branch: its inner values have words of their own.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from connector.settings import Settings
from tests.ops.chart.settings_schema import config_schema

CHART = Path(__file__).parents[3] / "helm" / "kafka-sendblue"
POD, ROLE = "pod", "role"


class Value(NamedTuple):
    """One value: where, its default, what it is, and what the comment adds to its schema."""

    path: tuple[str, ...]
    default: Any
    words: str
    schema: dict[str, Any]
    inner: "tuple[Value, ...]"


def values() -> list[Value]:
    """Every value of the chart's values.yaml, in the file's order."""
    text = (CHART / "values.yaml").read_text()
    return list(_mapping(yaml.compose(text), text.splitlines(), ()))


def leaves(given: list[Value]) -> Iterator[Value]:
    """Those with words, in order."""
    for value in given:
        if value.words:
            yield value
        else:
            yield from leaves(list(value.inner))


def _mapping(node: Any, lines: list[str], path: tuple[str, ...]) -> Iterator[Value]:
    for key, value in node.value:
        at = (*path, key.value)
        words, schema = _comment(lines, key.start_mark.line)
        inner = _mapping(value, lines, at) if isinstance(value, yaml.MappingNode) else iter(())
        yield Value(at, _plain(value), words, schema, tuple(inner))


def _plain(node: Any) -> Any:
    return yaml.safe_load(yaml.serialize(node))


def _comment(lines: list[str], key_line: int) -> tuple[str, dict[str, Any]]:
    """The words and the schema of the comment that ends just above this line."""
    block: list[str] = []
    for line in reversed(lines[:key_line]):
        if not line.lstrip().startswith("# "):
            break
        block.insert(0, line.lstrip()[2:])
    at = next((n for n, line in enumerate(block) if line.startswith("-- ")), None)
    schema = [line.removeprefix("@schema ") for line in block if line.startswith("@schema ")]
    spoken = [] if at is None else [line for line in block[at:] if not line.startswith("@schema ")]
    return " ".join(spoken).removeprefix("-- "), json.loads(schema[0]) if schema else {}


def chart_schema() -> dict[str, Any]:
    """values.schema.json: closed at every branch, so that a misspelt value is refused."""
    tree = {value.path[0]: value for value in values()}
    pod = _branch(tree[POD].inner)
    role = {**pod, "properties": {"enabled": {"type": "boolean"}, **pod["properties"]}}
    properties = {name: _schema(value) for name, value in tree.items()}
    properties[POD] = {"$ref": "#/$defs/pod"}
    properties["config"] = config_schema(Settings)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "made by `python -m tests.ops.chart.reference`; do not edit",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "$defs": {POD: pod, ROLE: role},
    }


def _branch(inner: tuple[Value, ...]) -> dict[str, Any]:
    properties = {value.path[-1]: _schema(value) for value in inner}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _schema(value: Value) -> dict[str, Any]:
    if not value.words:
        return _branch(value.inner)
    if "$ref" in value.schema:
        return value.schema
    return {"description": value.words, "type": _type(value.default), **value.schema}


def _type(default: Any) -> str:
    for kind, name in ((bool, "boolean"), (int, "integer"), (str, "string"), (list, "array"), (dict, "object")):
        if isinstance(default, kind):
            return name
    raise ValueError(f"what type is {default!r}?")


def table() -> str:
    """The README's table, one row a value."""
    rows = [f"| `{'.'.join(v.path)}` | {_shown(v.default)} | {_cell(v.words)} |" for v in leaves(values())]
    return "\n".join(["| value | default | meaning |", "| --- | --- | --- |", *rows])


def _shown(default: Any) -> str:
    text = json.dumps(default)
    return "" if default in ("", [], {}) else f"`{_cell(text)}`" if len(text) <= 60 else "see values.yaml"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "&#124;")
