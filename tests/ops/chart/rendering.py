"""The chart rendered by Helm itself, as parsed objects: two Helms may differ in blank lines, not in these."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.ops.chart.values_file import CHART

RELEASE, NAMESPACE = "texts", "app"
Object = dict[str, Any]


class Refused(Exception):  # noqa: N818 - what Helm did
    """Helm does not render this: by the schema, or by a guard. The sentence is Helm's."""


class Pod(NamedTuple):
    """A pod, or the template of many: whose it is, its metadata and its spec."""

    owner: str
    kind: str
    metadata: Object
    spec: Object

    def containers(self) -> list[Object]:
        """Those that run first, and the others."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]


def ci_values(chart: Path = CHART) -> dict[str, Object]:
    """The values of ci/, by the file's name."""
    files = sorted((chart / "ci").glob("*-values.yaml"))
    return {file.name.removesuffix("-values.yaml"): yaml.safe_load(file.read_text()) for file in files}


def texts(values: Object, chart: Path = CHART) -> dict[str, str]:
    """What each template comes to; Helm looks at the schema first. Raises Refused."""
    import helm_python as helm  # noqa: PLC0415 - this module can be read without it

    try:
        with helm.Chart.load(chart) as loaded:
            return dict(loaded.render(values, name=RELEASE, namespace=NAMESPACE))
    except helm.HelmError as error:
        raise Refused(str(error)) from None


def objects(values: Object, chart: Path = CHART) -> list[Object]:
    """All objects. Raises Refused."""
    documents = [text for name, text in texts(values, chart).items() if not name.endswith(".txt")]
    return [one for text in documents for one in yaml.safe_load_all(text) if one]


@functools.cache
def of_ci(name: str) -> list[Object]:
    """The objects of one of the ci values; not to be changed."""
    return objects(ci_values()[name])


def pods(given: list[Object]) -> Iterator[Pod]:
    """Every pod among these objects."""
    for one in given:
        name, kind = one["metadata"]["name"], one["kind"]
        if kind == "Pod":
            yield Pod(name, kind, one["metadata"], one["spec"])
        elif kind in ("Deployment", "Job"):
            template = one["spec"]["template"]
            yield Pod(name, kind, template["metadata"], template["spec"])


def of_kind(given: list[Object], kind: str) -> dict[str, Object]:
    """The objects of a kind, by name."""
    return {one["metadata"]["name"]: one for one in given if one["kind"] == kind}


def with_(base: Object, *more: Mapping[str, Any]) -> Object:
    """Values put over values, as Helm does it."""
    whole: Object = dict(base)
    for over in more:
        for key, value in over.items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = with_(whole[key], value) if both else value
    return whole
