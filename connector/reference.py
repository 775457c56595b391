"""The reference pages, made from the code: settings, metrics, commands, schemas, refusals.

``python -m connector.reference`` writes them into ``docs``; a test fails when they differ.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connector.cli import cli
from connector.commands.cli_frame import EXITS
from connector.core.refusals import REFUSALS
from connector.kafka.schemas import SchemaName, text_of
from connector.observability.catalogue import GROUPS, OTHER, Metric
from connector.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"
NOTE = "<!-- made by `python -m connector.reference`; do not edit -->"


def pages(docs: Path = DOCS) -> dict[str, str]:
    """Every generated page by its file name."""
    return {
        "settings.md": settings_page(),
        "metrics.md": metrics_page(),
        "cli.md": cli_page(),
        "schemas.md": schemas_page(),
        "producers.md": with_refusals((docs / "producers.md").read_text()),
    }


def settings_page() -> str:
    """All settings, with their environment names."""
    head = (
        "Order: flags, environment, the YAML file, defaults. In the environment a setting is `SENDBLUE_` and its path "
        "with `__` for each dot: `SENDBLUE_KAFKA__BOOTSTRAP_SERVERS`. A `..._file` is read again when it is needed."
    )
    rows = [(f"`{path}`", _default(field), field.description or "") for path, field in _fields(Settings)]
    return _page("Settings", head, _table(("setting", "default", "meaning"), rows))


def metrics_page() -> str:
    """The catalogue of metrics."""
    head = (
        "Prometheus, on `observability.metrics_port`; OpenMetrics, with exemplars, for those who ask. Every label has "
        "a closed list of values, and every series exists from the start. Beside these: `process_*`, `python_gc_*`."
    )
    tables = [f"## {title}\n\n{_metrics(rows)}" for title, rows in GROUPS.items()]
    return _page("Metrics", head, "\n\n".join(tables))


def cli_page() -> str:
    """Every command's help."""
    group: Any = typer.main.get_command(cli)
    exits = _table(("exit code", "meaning"), [(str(code), meaning) for code, meaning in EXITS.items()])
    return _page("Commands", exits, "\n\n".join(_commands(group, "kafka-sendblue")))


def schemas_page() -> str:
    """Every field of every schema."""
    head = "Confluent wire format; subject `TOPIC-value`, FULL_TRANSITIVE. Files: `schemas/*.avsc`."
    return _page("Schemas", head, "\n\n".join(_schema(json.loads(text_of(name)), name) for name in SchemaName))


def with_refusals(page: str) -> str:
    """The producers' page with the table of refusals as it is in the code."""
    table = _table(("code", "what must be true"), [(f"`{code}`", text) for code, text in REFUSALS.items()])
    return re.sub(
        r"<!-- refusals -->.*<!-- /refusals -->",
        f"<!-- refusals -->\n{table}\n<!-- /refusals -->",
        page,
        flags=re.DOTALL,
    )


def _page(title: str, head: str, body: str) -> str:
    return f"{NOTE}\n# {title}\n\n{head}\n\n{body}\n"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in lines)


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fields(inner, f"{prefix}{name}.")
        elif name == "lines":
            yield from _fields(inner.__args__[0], "lines[].")  # type: ignore[union-attr]  # tuple[LinePart, ...]
        else:
            yield f"{prefix}{name}", field


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, tuple) and value:
        return ", ".join(f"`{one}`" for one in value)
    return "" if value is None else f"`{value if not hasattr(value, 'value') else value.value}`"


def _metrics(rows: Iterable[Metric]) -> str:
    told = [(f"`{m.name}`", "info" if m.info else m.kind.__name__.lower(), _labels(m), m.help) for m in rows]
    return _table(("metric", "type", "labels", "meaning"), told)


def _labels(metric: Metric) -> str:
    told = []
    for name, values in metric.labels.items():
        shown = "aliases" if name == "line" else ", ".join(values[:8]) + (", ..." if len(values) > 8 else "")
        told.append(name if metric.info else f"{name}: {shown}, {OTHER}")
    return "; ".join(told)


def _commands(group: Any, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
            continue
        arguments = [p for p in command.params if p.name != "help"]
        rows = [(f"`{_spelt(p)}`", getattr(p, "help", None) or "") for p in arguments]
        yield f"## {path} {name}\n\n{command.help}" + (f"\n\n{_table(('option', 'meaning'), rows)}" if rows else "")


def _spelt(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return ", ".join(parameter.opts)


def _schema(schema: Any, file: str) -> str:
    rows = [(f"`{f['name']}`", _type(f["type"]), f["doc"]) for f in schema["fields"]]
    table = _table(("field", "type", "meaning"), rows)
    return f"## {schema['name']} (`{file}.avsc`)\n\n{schema['doc']}\n\n{table}"


def _type(kind: Any) -> str:
    if isinstance(kind, list):
        return " or ".join(_type(one) for one in kind)
    if not isinstance(kind, dict):
        return str(kind)
    if kind["type"] == "enum":
        return ", ".join(kind["symbols"])
    if kind["type"] in ("array", "map"):
        return f"{kind['type']} of {_type(kind.get('items') or kind.get('values'))}"
    return str(kind.get("logicalType") or kind.get("name") or kind["type"])


if __name__ == "__main__":
    for file, text in pages().items():
        (DOCS / file).write_text(text)
