"""The schemas that objects are checked by, strictly: an unknown field is a fault.

Those of Kubernetes itself come with the package kubernetes-validate. Those of other projects' objects are taken from
their CRDs, which come with their Go modules, each by its exact version and checksum.
"""

import functools
import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft7Validator
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from tests.ops.go_tools import go, needed_go

VERSIONS = [f"1.{minor}" for minor in range(30, 38)]
DEFINITIONS = "urn:definitions"


class Module(NamedTuple):
    """A Go module that has CRDs: its version, its checksum, and where in it they are."""

    name: str
    version: str
    checksum: str
    folder: str


MODULES = (
    Module(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        "example/prometheus-operator-crd",
    ),
    Module(
        "github.com/kedacore/keda/v2",
        "v2.21.0",
        "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        "config/crd/bases",
    ),
    Module(
        "sigs.k8s.io/gateway-api", "v1.4.0", "h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=", "config/crd/standard"
    ),
)
USED = {"PodMonitor", "PrometheusRule", "ScaledObject", "HTTPRoute"}


def faults(one: dict[str, Any], version: str) -> list[str]:
    """What the schemas of this version of Kubernetes say against an object. Raises KeyError for an unknown kind."""
    kind, api = one["kind"], one["apiVersion"]
    validator = crd_validators()[(api, kind)] if kind in USED else core_validator(version, api, kind)
    return [f"{kind}: {'.'.join(map(str, e.path))}: {e.message[:200]}" for e in validator.iter_errors(one)]


@functools.cache
def core_validator(version: str, api: str, kind: str) -> Validator:
    """Of an object of Kubernetes itself. Raises KeyError for an unknown kind."""
    group = api.split("/", maxsplit=1)[0].split(".", maxsplit=1)[0]
    name = f"{kind.lower()}-{group}-{api.split('/')[1]}" if "/" in api else f"{kind.lower()}-{api}"
    file = _folder(version) / f"{name}.json"
    if not file.exists():
        raise KeyError(f"Kubernetes {version} has no {api} {kind}")
    return Draft7Validator(_read(file), registry=_definitions(version))


@functools.cache
def _definitions(version: str) -> "Registry[Any]":
    resource = Resource.from_contents(_read(_folder(version) / "_definitions.json"), default_specification=DRAFT7)
    known: Registry[Any] = Registry().with_resource(DEFINITIONS, resource)
    return known


def _folder(version: str) -> Path:
    import kubernetes_validate  # noqa: PLC0415 - this module can be read without it

    return Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{version}.0-local-strict"


def _read(file: Path) -> Any:
    schema = json.loads(file.read_text().replace('"/api/_definitions.json', f'"{DEFINITIONS}'))
    schema.pop("$id", None)
    return schema


def has_crds() -> bool:
    """Whether CRDs can be had here: they come with Go."""
    return go() is not None


@functools.cache
def crds() -> tuple[Any, ...]:
    """The CRDs of MODULES whose objects the chart makes. Raises ValueError for a module that is another."""
    found = []
    for module in MODULES:
        for file in sorted(_module(module).glob("*.yaml")):
            if any(kind.lower() in file.name for kind in USED):
                found += [one for one in yaml.safe_load_all(file.read_text()) if one]
    return tuple(one for one in found if one["spec"]["names"]["kind"] in USED)


def _module(module: Module) -> Path:
    command = [needed_go(), "mod", "download", "-json", f"{module.name}@{module.version}"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, cwd="/").stdout)
    if told["Sum"] != module.checksum:
        raise ValueError(f"{module.name} {module.version} is not the one that was pinned")
    return Path(told["Dir"]) / module.folder


@functools.cache
def crd_validators() -> dict[tuple[str, str], Validator]:
    """A validator for each (apiVersion, kind) of the CRDs."""
    validators: dict[tuple[str, str], Validator] = {}
    for crd in crds():
        spec = crd["spec"]
        for version in spec["versions"]:
            schema = _closed(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            validators[(f"{spec['group']}/{version['name']}", spec["names"]["kind"])] = Draft7Validator(schema)
    return validators


def _closed(schema: Any) -> Any:
    """Strict, as the API server is told to be by Helm."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if closed.get("x-kubernetes-int-or-string"):
        closed["type"] = ["integer", "string"]
    open_ended = "additionalProperties" in closed or closed.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(closed.get("properties"), dict) and closed.get("type") == "object" and not open_ended:
        closed["additionalProperties"] = False
    return closed
