"""The chart's own test suites, in the form that helm-unittest reads: those of the guards are made from the cases here.

The others, one a template, stand in ``helm/kafka-sendblue/tests`` as they were written. helm-unittest renders by Helm
3, the tests beside this by Helm 4: whoever has either gets the same.
"""

from typing import Any

import yaml

from tests.ops.chart.guards import CASES, Case
from tests.ops.chart.rendering import ci_values

NOTE = "# made by `python -m tests.ops.chart.reference` from the cases in tests/ops/chart/guards.py; do not edit\n"
Job = dict[str, Any]


def guard_suite() -> str:
    """Each case is refused with its sentence, and no values of ci/ are."""
    suite = {
        "suite": "the guards",
        "release": {"name": "texts", "namespace": "app"},
        "templates": ["guards.yaml"],
        "tests": [*map(_refused, CASES), *map(_passed, ci_values())],
    }
    return NOTE + yaml.safe_dump(suite, sort_keys=False, width=118)


def _refused(case: Case) -> Job:
    asserts = [{"failedTemplate": {"errorPattern": case.told}}]
    return {
        "it": f"refuses, over {case.base}: {case.told}",
        "values": [f"../ci/{case.base}-values.yaml"],
        "set": case.over,
        "asserts": asserts,
    }


def _passed(name: str) -> Job:
    return {
        "it": f"has nothing against {name}",
        "values": [f"../ci/{name}-values.yaml"],
        "asserts": [{"notFailedTemplate": {}}],
    }
