"""Pod Security judged by the API server's own code, built once from its Go module (tests/ops/tools/pod_security)."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.charts import copied  # noqa: E402 - after what it needs
from tests.ops.chart.mutants import SAFETY, applied  # noqa: E402 - after what it needs
from tests.ops.chart.rendering import Object, ci_values, objects, of_ci, pods  # noqa: E402 - after what it needs
from tests.ops.chart.rules import restricted  # noqa: E402 - after what it needs
from tests.ops.go_tools import built, go_needed  # noqa: E402 - after what it needs

pytestmark = go_needed


@pytest.fixture(scope="module")
def judge() -> Path:
    """The program."""
    return built("pod_security")


def verdicts(judge: Path, given: list[Object]) -> list[str]:
    """What the API server would say against the pods of these objects, at level `restricted`."""
    lines = [json.dumps({"metadata": {"name": pod.owner}, "spec": pod.spec}) for pod in pods(given)]
    told = subprocess.run([judge, "restricted"], input="\n".join(lines), check=True, capture_output=True, text=True)
    return told.stdout.splitlines()


@pytest.mark.parametrize("name", ci_values())
def test_every_pod_is_restricted(judge: Path, name: str) -> None:
    """By default, and with everything that the ci values add."""
    assert verdicts(judge, of_ci(name)) == []


def test_it_sees_what_our_own_rule_sees(judge: Path, tmp_path: Path) -> None:
    """Whatever the API server would refuse, our rule sees; ours asks for more, in the pod and in each container."""
    values = ci_values()["default"]
    found = {}
    for number, mutant in enumerate(one for one in SAFETY if one.file in ("values.yaml", "templates/_pod.tpl")):
        given = objects(values, applied(mutant, tmp_path / str(number)))
        found[mutant] = (bool(list(restricted(given))), bool(verdicts(judge, given)))

    assert [mutant for mutant, (ours, theirs) in found.items() if theirs and not ours] == []
    assert sum(theirs for _, theirs in found.values()) >= 4


def test_a_chart_as_most_are_is_refused(judge: Path, tmp_path: Path) -> None:
    """Without any security context: the sentences are the API server's."""
    chart = copied(tmp_path)
    pod = chart / "templates" / "_pod.tpl"
    pod.write_text(pod.read_text().replace("toYaml .pod.podSecurityContext", "toYaml dict"))
    pod.write_text(pod.read_text().replace("toYaml .pod.securityContext", "toYaml dict"))
    told = verdicts(judge, objects(ci_values()["default"], chart))

    assert any("allowPrivilegeEscalation != false" in one for one in told)
    assert any("unrestricted capabilities" in one for one in told)
    assert any("runAsNonRoot != true" in one for one in told)
