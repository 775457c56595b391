"""One row of the tables, and the little PromQL that the rows share.

Two severities: ``page``, somebody must act now; ``ticket``, today. An installation is told from another by the labels
in ``SITE``; everything is summed over its replicas, except where a single process is the trouble. A ratio never comes
without a least number of events: one failure of two calls at night is no rate.
"""

from enum import StrEnum
from typing import NamedTuple

JOB = 'job="kafka-sendblue"'
SITE = "job, namespace, app_kubernetes_io_instance"


class Severity(StrEnum):
    """How soon."""

    PAGE = "page"
    TICKET = "ticket"


class Alert(NamedTuple):
    """``lasts``: how long the expression must hold. Title and description are templates of Prometheus."""

    name: str
    severity: Severity
    expr: str
    lasts: str
    summary: str
    description: str


def over(how: str, expr: str, more: str = "") -> str:
    """An aggregation over an installation, apart by the labels in ``more``."""
    return f"{how} by ({SITE}{', ' if more else ''}{more}) ({expr})"


def events(metric: str, window: str, more: str = "") -> str:
    """How many, over an installation."""
    return over("sum", f"increase(sendblue_{metric}[{window}])", more)


def too_many(part: str, whole: str, share: float, least: int, of: str = "") -> str:
    """More than ``share`` of ``whole``, and ``least`` events in ``of`` (by default the whole) besides."""
    return f"{part} / {whole} > {share} and {of or whole} >= {least}"
