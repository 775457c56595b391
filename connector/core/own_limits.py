"""What an operator allows a line of new contacts, beside what Sendblue says: in any hour, and in Sendblue's day.

Nobody knows Sendblue's limits for certain: its pages disagree, and they differ by account and line. So there is no
number of ours. Where an operator sets one, both count, and the less of both is what is left; where Sendblue says
nothing, what is set counts alone, by what the ledger shows: a contact counts when it is bound first (``core.firsts``).

What is ugly: a contact that texted us first, and a group, count like new ones; one that Sendblue has forgotten after 30
quiet days does not count. Where two processes share a line, what the other one has under way is not counted yet, so a
limit may be passed by as many as that.
"""

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from connector.core.backoff import day_began, window_end
from connector.core.firsts import Firsts
from connector.core.line_facts import NO_USAGE, Quota, Usage
from connector.core.outcome_table import Window

HOUR_MS = 3_600_000


class Limits(NamedTuple):
    """How many new contacts a line may text; None: as Sendblue allows. Both at least 1."""

    per_hour: int | None = None
    per_day: int | None = None


def own_usage(limits: Limits, firsts: Firsts, line: str, now_ms: int) -> Usage:
    """The line's windows by our own limits; an empty one where there are none."""
    if limits == Limits():
        return NO_USAGE
    day_ms = day_began(now_ms)
    times = firsts.since(line, min(day_ms, now_ms - HOUR_MS))
    hour = times[bisect_right(times, now_ms - HOUR_MS) :]
    day = times[bisect_right(times, day_ms) :]
    return Usage(
        _quota(limits.per_hour, len(hour), lambda limit: hour[-limit] + HOUR_MS),
        _quota(limits.per_day, len(day), lambda _: window_end(Window.DAILY, now_ms)),
        window_end(Window.DAILY, now_ms),
    )


def _quota(limit: int | None, used: int, free_ms: Callable[[int], int | None]) -> Quota:
    if limit is None:
        return Quota()
    return Quota(limit, used, max(limit - used, 0), free_ms(limit) if used >= limit else None)
