"""values.yaml, its schema and the connector's settings have the same keys."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from connector.settings import Settings
from tests.ops.chart.settings_schema import ASKED, is_secret
from tests.ops.chart.values_file import CHART, leaves, values
from tests.ops.tools_needed import need

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def in_values(tree: Any, path: str = "") -> Iterator[str]:
    """Every key of values.yaml, those with inner keys too."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        yield f"{path}{key}"
        yield from in_values(value, f"{path}{key}.")


def in_schema(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every property of the schema with its own schema; the roles' are those of the pod and are named once."""
    if "$ref" in schema and path != "pod.":
        return
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}{key}", inner
        yield from in_schema(inner, f"{path}{key}.")


def test_every_value_is_in_the_schema_and_the_reverse() -> None:
    """What the schema leaves open (probes, resources, ...) is Kubernetes' own, and has no keys of ours."""
    schema = dict(in_schema(SCHEMA))
    is_open = {path for path, one in schema.items() if one.get("type") == "object" and "properties" not in one}
    ours = {path for path in in_values(VALUES) if not any(path.startswith(f"{head}.") for head in is_open)}

    assert {path for path in schema if path not in ours} == set()
    assert {path for path in ours if path not in schema} == set()


def test_the_schema_is_closed() -> None:
    """At every branch, so that a misspelt value is refused and not forgotten."""
    closed = [("", SCHEMA), *in_schema(SCHEMA), *SCHEMA["$defs"].items()]

    assert [at for at, one in closed if "properties" in one and one.get("additionalProperties") is not False] == []


def test_roles_say_what_pods_say() -> None:
    """Whatever is said of pods may be said otherwise of one role."""
    pod, role = SCHEMA["$defs"]["pod"]["properties"], SCHEMA["$defs"]["role"]["properties"]

    assert {**pod, "enabled": {"type": "boolean"}} == role


def test_every_value_has_words() -> None:
    """The table in the README has no empty cell."""
    silent = [value.path for value in leaves(values()) if len(value.words) < 5]

    assert silent == []


def settings_of(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting with its default, but for what comes from Secrets."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_of(kind, f"{path}{name}.")
        elif not is_secret(f"{path}{name}"):
            default = field.get_default(call_default_factory=True)
            yield f"{path}{name}", list(default) if isinstance(default, tuple) else default


def test_the_chart_has_every_setting_with_its_default() -> None:
    """One to one. Empty stands for what is not set, and for what a cluster has no default for."""
    wanted = {path: "" if path in ASKED or value is None else value for path, value in settings_of(Settings)}
    paths = {path: path.split(".") for path in wanted}
    found = {path: _at(VALUES["config"], parts) for path, parts in paths.items()}
    has = {path for path in in_values(VALUES["config"]) if not isinstance(_at(VALUES["config"], path.split(".")), dict)}

    assert {**wanted, "lines": []} == found
    assert has <= set(wanted)


def _at(tree: Any, path: list[str]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def test_no_secret_can_be_written_into_the_values() -> None:
    """The settings that hold one, or name its file, are not among the values."""
    config = [path for path in dict(in_schema(SCHEMA)) if path.startswith("config.")]

    assert [path for path in config if re.search(r"password|secret|key_id|hash_key|_file|keys$|keys_dir", path)] == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"replica": 3}, "additional properties 'replica' not allowed"),
        ({"pod": {"replica": 3}}, "additional properties 'replica' not allowed"),
        ({"sender": {"replica": 3}}, "additional properties 'replica' not allowed"),
        ({"single": {"enabled": False}}, "additional properties 'enabled' not allowed"),
        ({"config": {"kafka": {"bootstrapServers": "kafka:9092"}}}, "'bootstrapServers' not allowed"),
        ({"config": {"ledger": {"hash_key": "hush"}}}, "'hash_key' not allowed"),
        ({"config": {"callbacks": {"keys": {"k1": "hush"}}}}, "'keys' not allowed"),
        ({"config": {"ledger": {"lease_s": 31}}}, "maximum: got 31, want 30"),
        ({"config": {"lines": [{"alias": "Line 1", "number": "+13035550100"}]}}, "does not match pattern"),
        ({"config": {"lines": [{"alias": "line-1", "number": 13035550100}]}}, "got number, want string"),
        ({"config": {"in_doubt": {"policy": "park"}}}, "value must be one of"),
        ({"mode": "both"}, "value must be one of"),
        ({"image": {"digest": "latest"}}, "does not match pattern"),
    ],
)
def test_what_the_schema_refuses(values: dict[str, Any], told: str) -> None:
    """A misspelt value, a secret, a value out of its bounds."""
    need("helm_python")
    from tests.ops.chart.guards import sentence  # noqa: PLC0415 - after what it needs

    assert told in sentence(values)
