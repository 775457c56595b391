"""The `config` part of the chart, made from the connector's settings: its schema, and its block in values.yaml.

Secrets are left out, and so are the files they come from: the chart mounts them and says where. What may be absent is
empty text here, since Helm takes a null for "remove this". Where a default makes no sense in a cluster it is empty too,
and the chart asks for it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from connector.settings import LinePart

ASKED = {"kafka.bootstrap_servers", "registry.url", "callbacks.public_url"}
"""What a cluster has no default for; the chart's guards ask for it."""
CHARTS_OWN = {
    *("kafka.client_files", "callbacks.keys", "callbacks.keys_dir"),
    *("callbacks.tls_cert_file", "callbacks.tls_key_file"),
    *("webhooks.secrets", "webhooks.secrets_dir"),
}
"""What the chart sets itself, from `secrets`."""


def config_schema(settings: type[BaseModel]) -> dict[str, Any]:
    """The settings' own JSON Schema without secrets, without references, closed."""
    whole = settings.model_json_schema()
    return _resolved(whole, whole["$defs"], "")


def _resolved(schema: dict[str, Any], defs: dict[str, Any], path: str) -> dict[str, Any]:
    if "$ref" in schema:
        target = defs[schema["$ref"].rsplit("/", 1)[1]]
        said = {key: value for key, value in schema.items() if key != "$ref"}
        return _resolved({**target, **said}, defs, path)
    if "anyOf" in schema:
        first = next(one for one in schema["anyOf"] if one != {"type": "null"})
        return _resolved({**{k: v for k, v in schema.items() if k != "anyOf"}, **first}, defs, path)
    kept = {k: v for k, v in schema.items() if k not in ("title", "default", "$defs", "format", "writeOnly")}
    if "properties" in schema:
        inner = {name: (f"{path}.{name}".lstrip("."), one) for name, one in schema["properties"].items()}
        kept["properties"] = {name: _resolved(one, defs, at) for name, (at, one) in inner.items() if not is_secret(at)}
    if "items" in schema:
        kept["items"] = _resolved(schema["items"], defs, f"{path}[]")
    return kept


def is_secret(path: str) -> bool:
    """Whether the chart sets it from a Secret, so that nobody writes it into the values."""
    secrets = ("api_key_id", "api_secret_key", "hash_key", "password")
    return path in CHARTS_OWN or path.removesuffix("_file").endswith(secrets)


def config_block(settings: type[BaseModel]) -> str:
    """The `config` of values.yaml, with the settings' own words."""
    return "\n".join(["config:", *_lines(settings, "", "  ")]) + "\n"


def _lines(model: type[BaseModel], path: str, indent: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        at = f"{path}{name}"
        kind = field.annotation
        if is_secret(at):
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield f"{indent}{name}:"
            yield from _lines(kind, f"{at}.", f"{indent}  ")
            continue
        yield f"{indent}# -- {_words(at, field.description or '')}"
        yield f"{indent}{name}: {_written(at, field.get_default(call_default_factory=True))}"


def _words(at: str, description: str) -> str:
    if at == "lines":
        names = ", ".join(f"`{name}` ({field.description})" for name, field in LinePart.model_fields.items())
        return f"{description}, each with {names}"
    return description + ("; must be set" if at in ASKED else "")


def _written(at: str, default: Any) -> str:
    if at in ASKED or default is None:
        return '""'
    if isinstance(default, float) and default.is_integer():
        default = int(default)
    return json.dumps(list(default) if isinstance(default, tuple) else default)


def with_config(text: str, settings: type[BaseModel]) -> str:
    """values.yaml with the block as it must be."""
    block = config_block(settings).replace("\\", "\\\\")
    return re.sub(r"(# begin config[^\n]*\n).*?(# end config)", rf"\1{block}\2", text, flags=re.DOTALL)
