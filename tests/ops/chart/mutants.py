"""Each line of the chart that keeps something safe, taken away once: a rule, a guard or a schema must miss it.

``python -m tests.ops.chart.mutants`` prints what caught each one; the tests run the same. A mutant whose text is no
longer found is an error: one that changes nothing would prove nothing. So is one that Helm does not render any more: it
would be Helm that missed it, and no rule.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.ops.chart.charts import copied
from tests.ops.chart.guards import unguarded
from tests.ops.chart.rendering import Object, ci_values, objects
from tests.ops.chart.rules import RULES
from tests.ops.chart.values_file import CHART

VALUES, GUARDS = "values.yaml", "templates/_guards.tpl"
POD, DEPLOYMENT, CONFIG = "templates/_pod.tpl", "templates/deployment.yaml", "templates/_config.tpl"
WALL, SETUP, TEST = "templates/networkpolicy.yaml", "templates/setup.yaml", "templates/tests/ready.yaml"


class Mutant(NamedTuple):
    """In ``file`` the text ``old``, found ``times``, becomes ``new``."""

    file: str
    old: str
    new: str = ""
    times: int = 1


SAFETY = (
    Mutant(VALUES, "    runAsNonRoot: true\n    runAsUser", "    runAsUser"),
    Mutant(VALUES, "    runAsUser: 65532\n"),
    Mutant(VALUES, "    runAsGroup: 65532\n"),
    Mutant(VALUES, "    fsGroup: 65532\n"),
    Mutant(VALUES, "OnRootMismatch\n    seccompProfile:\n      type: RuntimeDefault\n", "OnRootMismatch\n"),
    Mutant(VALUES, "    allowPrivilegeEscalation: false\n"),
    Mutant(VALUES, "    readOnlyRootFilesystem: true\n"),
    Mutant(VALUES, "Filesystem: true\n    runAsNonRoot: true\n", "Filesystem: true\n"),
    Mutant(VALUES, "    capabilities:\n      drop: [ALL]\n"),
    Mutant(VALUES, "      drop: [ALL]\n", "      drop: [NET_RAW]\n"),
    Mutant(VALUES, "drop: [ALL]\n    seccompProfile:\n      type: RuntimeDefault\n", "drop: [ALL]\n"),
    Mutant(VALUES, "      cpu: 100m\n"),
    Mutant(VALUES, "      memory: 256Mi\n"),
    Mutant(VALUES, "      memory: 512Mi\n", "      memory: 512Mi\n      cpu: 1\n"),
    Mutant(VALUES, "    limits:\n      memory: 512Mi\n"),
    Mutant(VALUES, "      maxUnavailable: 0\n", "      maxUnavailable: 1\n"),
    Mutant(VALUES, "      failureThreshold: 9\n", "      failureThreshold: 3\n"),
    Mutant(VALUES, "        path: /livez\n", "        path: /readyz\n"),
    Mutant(POD, "automountServiceAccountToken: false\n"),
    Mutant(POD, "enableServiceLinks: false\n"),
    Mutant(POD, "securityContext:\n  {{- toYaml .pod.podSecurityContext | nindent 2 }}\n"),
    Mutant(POD, "securityContext:\n  {{- toYaml .pod.securityContext | nindent 2 }}\n"),
    Mutant(POD, "resources:\n  {{- toYaml .pod.resources | nindent 2 }}\n"),
    Mutant(TEST, '  {{- include "ks.podCommon" $args | nindent 2 }}\n'),
    Mutant(TEST, "      securityContext:\n        {{- toYaml .pod.securityContext | nindent 8 }}\n"),
    Mutant(TEST, "      resources:\n        {{- toYaml .pod.resources | nindent 8 }}\n"),
    Mutant(DEPLOYMENT, '      {{- include "ks.podCommon" $args | nindent 6 }}\n'),
    Mutant(SETUP, '      {{- include "ks.podCommon" $args | nindent 6 }}\n'),
    Mutant("templates/serviceaccount.yaml", "automountServiceAccountToken: false\n"),
    Mutant(DEPLOYMENT, '        checksum/config: {{ include "ks.config" $args | sha256sum }}\n'),
    Mutant(DEPLOYMENT, "      terminationGracePeriodSeconds: {{ $pod.terminationGracePeriodSeconds }}\n"),
    Mutant(DEPLOYMENT, "  strategy:\n    {{- toYaml $pod.strategy | nindent 4 }}\n"),
    Mutant(DEPLOYMENT, "              app.kubernetes.io/component: {{ $args.component }}\n"),
    Mutant(DEPLOYMENT, '"startup" "liveness" "readiness"', '"startup" "readiness"'),
    Mutant(CONFIG, "    defaultMode: 0440\n"),
    Mutant(CONFIG, "    defaultMode: 0440\n", "    defaultMode: 0444\n"),
    Mutant(
        CONFIG, "  mountPath: {{ $folder }}/{{ $name }}\n  readOnly: true\n", "  mountPath: {{ $folder }}/{{ $name }}\n"
    ),
    Mutant(CONFIG, "/config\n  readOnly: true\n", "/config\n"),
    Mutant(CONFIG, "  emptyDir:\n    sizeLimit: {{ .tmpSizeLimit }}\n", "  emptyDir: {}\n"),
    Mutant(CONFIG, '(has "sender" .roles) (has "reconciler" .roles)', '(has "ingress" .roles) (has "sender" .roles)'),
    Mutant(CONFIG, '(has "sender" .roles) (has "ingress" .roles)', '(has "router" .roles) (has "ingress" .roles)'),
    Mutant(WALL, "  policyTypes: [Ingress, Egress]\n", "  policyTypes: [Ingress]\n"),
    Mutant(WALL, "        - port: metrics\n", "        - port: 1\n"),
    Mutant(
        WALL,
        '      from:\n        {{- toYaml (default (list (dict "namespaceSelector" dict)) '
        "$root.Values.networkPolicy.metricsFrom) | nindent 8 }}\n",
    ),
    Mutant(WALL, "      app.kubernetes.io/component: {{ .name }}\n"),
    Mutant(SETUP, "  policyTypes: [Ingress, Egress]\n", "  policyTypes: [Ingress]\n"),
    Mutant("templates/_network.tpl", "- ports:\n    - port: 53\n      protocol: UDP\n", "- {}\n- ports:\n"),
    Mutant("templates/pdb.yaml", "      app.kubernetes.io/component: {{ .name }}\n"),
    Mutant("templates/service.yaml", "    app.kubernetes.io/component: {{ .name }}\n  ports", "  ports"),
    Mutant("templates/service.yaml", "    app.kubernetes.io/component: {{ . }}\n  ports", "  ports"),
)


def guards() -> Iterator[Mutant]:
    """Each sentence of the guards, said no more."""
    text = (CHART / GUARDS).read_text()
    for line in text.splitlines():
        if line.startswith(("{{- print ", "{{- printf ")):
            yield Mutant(GUARDS, f"{line}\n")


def all_mutants() -> tuple[Mutant, ...]:
    """Those of safety, and one a guard."""
    return (*SAFETY, *guards())


def applied(mutant: Mutant, folder: Path) -> Path:
    """A copy of the chart with the mutant in it. Raises ValueError when its text is not there as often as it says."""
    chart = copied(folder)
    file = chart / mutant.file
    text = file.read_text()
    if (found := text.count(mutant.old)) != mutant.times:
        raise ValueError(f"{mutant.file}: {mutant.old!r} is found {found} times")
    file.write_text(text.replace(mutant.old, mutant.new))
    return chart


def caught_by(chart: Path, *, is_guard: bool) -> str | None:
    """What misses the line that is gone; None when nothing does. Raises Refused for a chart that is not rendered."""
    given = [objects(values, chart) for values in ci_values(chart).values()]
    return next(iter(unguarded(chart) if is_guard else _faults(given)), None)


def _faults(given: list[list[Object]]) -> Iterator[str]:
    for one in given:
        for rule in RULES:
            yield from (f"{rule.__name__}: {fault}" for fault in rule(one))


def run(mutant: Mutant) -> str | None:
    """What catches this one. Raises ValueError, or Refused, for one that is none."""
    with tempfile.TemporaryDirectory(prefix="chart-") as folder:
        return caught_by(applied(mutant, Path(folder)), is_guard=mutant.file == GUARDS)


def main() -> int:
    """Run all of them, and print what caught each."""
    results = [(mutant, run(mutant)) for mutant in all_mutants()]
    for mutant, caught in results:
        print(f"{mutant.file}: {mutant.old.strip().splitlines()[0][:60]!r}: {caught or 'SURVIVED'}")  # noqa: T201
    survived = sum(caught is None for _, caught in results)
    print(f"{len(results) - survived} of {len(results)} caught")  # noqa: T201 - what it is run for
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
