"""Four objectives over 30 days, and how fast each may use up its budget of failures.

Multi-window rules (Google, The Site Reliability Workbook, chapter 5): page at 14.4 times the even rate over an hour, or
6 times over six; ticket at 3 times over a day, or the even rate over three. The short window beside each ends the alert
soon after the trouble. It must also hold ``LEAST`` events: one failed text of one at night is a rate of 1000.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tests.ops.alerts.rows import Alert, Severity, over

LEAST = 20


class Objective(NamedTuple):
    """``bad`` and ``valid``: counters; the share of ``valid`` that is not ``bad`` is to be ``promised``."""

    key: str
    alert: str
    promised: float
    valid: str
    bad: str
    good: str  # instead of bad
    what: str

    @property
    def budget(self) -> float:
        """The share that may fail."""
        return round(1 - self.promised, 6)


class Burn(NamedTuple):
    """``times`` the even rate, over both windows."""

    long: str
    short: str
    times: float


BURNS = {
    Severity.PAGE: (Burn("1h", "5m", 14.4), Burn("6h", "30m", 6)),
    Severity.TICKET: (Burn("1d", "2h", 3), Burn("3d", "6h", 1)),
}
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
SHORT = ("5m", "30m", "2h", "6h")
MESSAGES = "sendblue_messages_total"
DELAY = "sendblue_message_delay_seconds"
INGRESS = "sendblue_webhook_request"

OBJECTIVES = (
    Objective(
        "accepted",
        "SendblueAcceptedBudgetBurn",
        0.999,
        f'{MESSAGES}{{end=~"SUBMITTED|EXPIRED|DROPPED|PARKED"}}',
        f'{MESSAGES}{{end=~"EXPIRED|DROPPED|PARKED"}}',
        "",
        "requests are not accepted by Sendblue",
    ),
    Objective(
        "fresh",
        "SendblueFreshBudgetBurn",
        0.99,
        f"{DELAY}_count",
        "",
        f'{DELAY}_bucket{{le="30.0"}}',
        "texts take longer than 30 s",
    ),
    Objective(
        "ingress",
        "SendblueIngressBudgetBurn",
        0.9995,
        f'{INGRESS}s_total{{code!~"4.."}}',
        f'{INGRESS}s_total{{code=~"5.."}}',
        "",
        "callbacks are answered with 5xx",
    ),
    Objective(
        "ingress_fast",
        "SendblueIngressSlowBudgetBurn",
        0.99,
        f"{INGRESS}_duration_seconds_count",
        "",
        f'{INGRESS}_duration_seconds_bucket{{le="1.0"}}',
        "callbacks are answered later than after 1 s",
    ),
)


def recorded(one: Objective) -> Iterator[tuple[str, str]]:
    """Names and expressions. No traffic: no sample, so no rate of nothing."""
    for window in WINDOWS:
        valid = over("sum", f"rate({one.valid}[{window}])")
        part = over("sum", f"rate({one.bad or one.good}[{window}])")
        failed = part if one.bad else f"({valid} - {part})"
        yield _ratio(one, window), f"{failed} / ({valid} > 0)"
    for window in SHORT:
        yield _count(one, window), over("sum", f"increase({one.valid}[{window}])")


def burning(one: Objective) -> Iterator[Alert]:
    """The page and the ticket."""
    for severity, burns in BURNS.items():
        yield Alert(
            one.alert,
            severity,
            " or ".join(f"({_burning(one, burn)})" for burn in burns),
            "2m" if severity is Severity.PAGE else "15m",
            f"{one.what}, so many that the budget of 30 days will not last",
            f"{{{{ $value | humanizePercentage }}}} fail; {one.budget:.2%} may, over 30 days.",
        )


def _burning(one: Objective, burn: Burn) -> str:
    limit = f"{burn.times:g} * {one.budget:g}"
    return (
        f"{_ratio(one, burn.long)} > {limit} and {_ratio(one, burn.short)} > {limit}"
        f" and {_count(one, burn.short)} >= {LEAST}"
    )


def _ratio(one: Objective, window: str) -> str:
    return f"sendblue:{one.key}_failed:ratio_rate{window}"


def _count(one: Objective, window: str) -> str:
    return f"sendblue:{one.key}_events:increase{window}"
