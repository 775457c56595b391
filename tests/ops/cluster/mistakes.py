"""Charts with a mistake that only the API server can refuse, and the sentence it refuses them with."""

from pathlib import Path
from typing import NamedTuple

from tests.ops.chart.mutants import Mutant, applied


class Mistake(NamedTuple):
    """A line changed, the ci values under which it shows, and the server's own words."""

    mutant: Mutant
    values: str
    told: str

    def chart(self, folder: Path) -> Path:
        """A copy of the chart with the mistake."""
        return applied(self.mutant, folder)


POD_SECURITY = 'violates PodSecurity "restricted:latest"'
MISTAKES = (
    Mistake(Mutant("values.yaml", "    allowPrivilegeEscalation: false\n"), "default", POD_SECURITY),
    Mistake(Mutant("values.yaml", "    capabilities:\n      drop: [ALL]\n"), "default", POD_SECURITY),
    Mistake(
        Mutant("values.yaml", "  podSecurityContext:\n", "  podSecurityContext:\n    runAsRoot: false\n"),
        "default",
        "field not declared in schema",
    ),
    Mistake(
        Mutant("templates/_pod.tpl", "enableServiceLinks: false\n", "enableServiceLinks: false\nhostNetwork: true\n"),
        "default",
        POD_SECURITY,
    ),
    Mistake(
        Mutant(
            "templates/_config.tpl", "  emptyDir:\n    sizeLimit: {{ .tmpSizeLimit }}\n", "  hostPath: {path: /tmp}\n"
        ),
        "default",
        POD_SECURITY,
    ),
    Mistake(
        Mutant("templates/pdb.yaml", "  maxUnavailable:", "  minAvailable: 1\n  maxUnavailable:"),
        "default",
        "minAvailable and maxUnavailable cannot be both set",
    ),
    Mistake(
        Mutant("templates/networkpolicy.yaml", "port: metrics", "port: metrics-of-the-pods"),
        "default",
        "must be no more than 15 characters",
    ),
    Mistake(
        Mutant("templates/podmonitor.yaml", "      interval:", "      intreval:"), "monitored", "field not declared"
    ),
    Mistake(Mutant("values.yaml", "  interval: 30s\n", "  interval: 30 s\n"), "monitored", "should match"),
    Mistake(Mutant("templates/httproute.yaml", "method: POST", "method: SEND"), "gateway", "Unsupported value"),
    Mistake(Mutant("templates/scaledobject.yaml", "pollingInterval:", "pollInterval:"), "keda", "field not declared"),
    Mistake(Mutant("templates/hpa.yaml", "minReplicas: {{", "minReplicas: -{{"), "hpa", "must be greater than"),
)
