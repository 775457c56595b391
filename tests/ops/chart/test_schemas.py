"""Every object under every ci values, strictly, by the schemas of each version of Kubernetes that the chart allows."""

import pytest

from tests.ops.tools_needed import need

need("helm_python")
need("kubernetes_validate")
need("jsonschema")

from tests.ops.chart.kubernetes_schemas import (  # noqa: E402 - after what it needs
    USED,
    VERSIONS,
    core_validator,
    faults,
    has_crds,
)
from tests.ops.chart.rendering import ci_values, of_ci, of_kind  # noqa: E402 - after what it needs
from tests.ops.chart.values_file import CHART  # noqa: E402 - after what it needs


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_every_object(version: str) -> None:
    """No field is unknown or of another type, in any of them."""
    objects = {name: [one for one in of_ci(name) if one["kind"] not in USED] for name in ci_values()}
    found = {name: [fault for one in given for fault in faults(one, version)] for name, given in objects.items()}

    assert {name: [] for name in found} == found


def test_the_oldest_version_is_the_one_that_the_chart_names() -> None:
    """What is not tried is not promised."""
    assert f'kubeVersion: ">={VERSIONS[0]}.0-0"' in (CHART / "Chart.yaml").read_text()


def test_an_unknown_field_is_a_fault() -> None:
    """A misspelt field, an unknown kind: the schemas do see them."""
    pdb = next(iter(of_kind(of_ci("default"), "PodDisruptionBudget").values()))
    wrong = {**pdb, "spec": {**pdb["spec"], "maxUnavailabel": 1}}

    assert faults(pdb, VERSIONS[0]) == []
    assert "maxUnavailabel" in faults(wrong, VERSIONS[0])[0]
    with pytest.raises(KeyError):
        core_validator(VERSIONS[0], "v1", "Deploymet")


@pytest.mark.skipif(not has_crds(), reason="the schemas of CRDs come as Go modules: Go is needed")
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("monitored", "PodMonitor"),
        ("monitored", "PrometheusRule"),
        ("keda", "ScaledObject"),
        ("gateway", "HTTPRoute"),
    ],
)
def test_other_projects_take_their_objects(name: str, kind: str) -> None:
    """By the schemas of their CRDs, closed; and those do see a misspelt field."""
    given = list(of_kind(of_ci(name), kind).values())
    wrong = {**given[0], "spec": {**given[0]["spec"], "intreval": "30s"}}

    assert [fault for one in given for fault in faults(one, VERSIONS[-1])] == []
    assert "intreval" in faults(wrong, VERSIONS[-1])[0]
