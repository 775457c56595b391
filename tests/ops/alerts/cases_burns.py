"""The stories of the objectives: just above and just below each factor, and a long window whose short one is clean.

Each factor is looked at where no other of its severity holds: 14.4 after hours without a failure, 3 after two days of
so much traffic that the three days as a whole are well. What burns for a ticket need not burn for a page. Stories of
days take promtool long: but for the first objective only the slowest burn is told, which proves the budget.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.ops.alerts.case import COARSE, Case, Series, grown
from tests.ops.alerts.objectives import OBJECTIVES
from tests.ops.alerts.rows import Severity

HOUR, DAY = 60, 24 * 60  # minutes
PAGE, TICKET = map(str, Severity)
STEPS = {PAGE: 5, TICKET: 30}


class Told(NamedTuple):
    """The counters of an objective: all and good ones (``bad`` is empty), or good and bad ones."""

    good: str
    bad: str = ""
    valid: str = ""


class Span(NamedTuple):
    """So many minutes, so many events a minute, and how many times the even rate of them fail."""

    minutes: int
    volume: float
    times: float = 0.0


MESSAGES = "sendblue_messages_total"
DELAY = "sendblue_message_delay_seconds"
HOOK = "sendblue_webhook_request"
COUNTERS = {
    "accepted": Told(f'{MESSAGES}{{end="SUBMITTED"}}', bad=f'{MESSAGES}{{end="EXPIRED"}}'),
    "fresh": Told(f'{DELAY}_bucket{{le="30.0"}}', valid=f"{DELAY}_count"),
    "ingress": Told(f'{HOOK}s_total{{code="200"}}', bad=f'{HOOK}s_total{{code="503"}}'),
    "ingress_fast": Told(f'{HOOK}_duration_seconds_bucket{{le="1.0"}}', valid=f"{HOOK}_duration_seconds_count"),
}


def _series(told: Told, budget: float, spans: Sequence[Span], each: int) -> Series:
    failing = [(one.minutes, one.volume * one.times * budget) for one in spans]
    good = [(one.minutes, one.volume - bad) for one, (_, bad) in zip(spans, failing, strict=True)]
    series = {told.good: grown(good, each)}
    if told.bad:
        return series | {told.bad: grown(failing, each)}
    return series | {told.valid: grown(((one.minutes, one.volume) for one in spans), each)}


def _stories() -> Iterator[tuple[str, Sequence[Span], Sequence[Span]]]:
    """Severity; a story that fires; one that is silent."""
    calm, busy = Span(5 * HOUR, 10), Span(2 * DAY, 60)
    for_14, for_6 = Span(70, 10, 15), Span(6 * HOUR, 10, 6.3)
    for_3, for_1 = Span(DAY + HOUR, 10, 3.2), Span(3 * DAY, 10, 1.06)
    after = Span(12, 10)
    yield PAGE, [calm, for_14], [calm, for_14._replace(times=13.8)]
    yield PAGE, [calm, for_14], [calm, for_14._replace(times=20), after]
    yield PAGE, [for_6], [for_6._replace(times=5.7)]
    yield PAGE, [for_6], [for_6._replace(times=8), after._replace(minutes=40)]
    yield TICKET, [busy, for_3], [busy, for_3._replace(times=2.8)]
    yield TICKET, [busy, for_3], [busy, for_3._replace(times=5), after._replace(minutes=3 * HOUR)]
    yield TICKET, [for_1], [for_1._replace(times=0.94)]
    yield TICKET, [for_1], [for_1._replace(times=2), after._replace(minutes=7 * HOUR)]
    scarce = [Span(6 * HOUR, 0), Span(30, 0.3, 50)]  # of nine
    yield PAGE, [calm, for_14], scarce
    yield TICKET, [for_1], [*scarce, Span(HOUR, 0)]


def _cases() -> Iterator[Case]:
    """Both stories of a case last equally long: before the shorter one nothing happens."""
    for one in OBJECTIVES:
        for severity, *both in _stories():
            if one is not OBJECTIVES[0] and len(both[0]) > 1 and severity == TICKET:
                continue
            lasts = [sum(span.minutes for span in spans) for spans in both]
            longer = max(lasts)
            padded = [[Span(longer - minutes, 0), *spans] for minutes, spans in zip(lasts, both, strict=True)]
            step = STEPS[severity]
            each = step if step > COARSE else 1
            fires, silent = (_series(COUNTERS[one.key], one.budget, spans, each) for spans in padded)
            yield Case(one.alert, f"{(longer - 1) // step * step}m", fires, silent, severity, step)


BURNS = tuple(_cases())
