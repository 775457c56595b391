"""Quiet hours: no text goes out while it is night where its recipient may be.

Hours are said as ``21:00-08:00``: from the first minute on, until just before the second, by the clock on the wall of
the recipient, past midnight where need be. They defer, to the next minute that is allowed; they never drop.

Where a person is, a number only hints at: often several time zones are possible. Then it is quiet as long as it is
quiet in one of them. A group is quiet as long as one of its members is. Where so many zones leave no minute of the day,
the number tells nothing, and the zone of the settings counts alone.

A zone comes in as a value: its offsets from UTC, each from when on. So days on which the clocks change need no code of
their own: between two changes the clock on the wall is a straight line, and the first minute that is allowed is looked
for on one line after the other. The hour that comes twice in autumn is judged twice; a minute that spring leaves out
ends nothing, the change does.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from connector.core.messages import SendRequest

NONE = "none"
"""What a request says that is sent at any hour, whatever the settings say."""
DAY_MIN, MINUTE_MS = 24 * 60, 60_000
AHEAD_MS = 48 * 3600 * 1000
"""Zones without a common minute in two days have none."""
FAULT = "must be two times of day that differ, as 21:00-08:00, or none"
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class Hours(NamedTuple):
    """From ``start`` on until before ``end``: minutes of the day, past midnight where ``end`` is the smaller."""

    start: int
    end: int


class Zone(NamedTuple):
    """Offsets from UTC in ms, each from when on in ms since the epoch, in order; the first held before, too."""

    changes: tuple[tuple[int, int], ...]


UTC = Zone(((0, 0),))


@lru_cache(1_000)
def hours_of(text: str) -> Hours | None:
    """Read hours; None for ``none``. Raises ValueError with what they must be."""
    if text == NONE:
        return None
    found = _HOURS.fullmatch(text)
    if found is None or found.group(1, 2) == found.group(3, 4):
        raise ValueError(FAULT)
    hour, minute, end_hour, end_minute = map(int, found.groups())
    return Hours(hour * 60 + minute, end_hour * 60 + end_minute)


def is_readable(text: str) -> bool:
    """Whether ``hours_of`` reads it."""
    try:
        return checked(text) == text
    except ValueError:
        return False


def checked(text: str) -> str:
    """The text as it is. Raises ValueError as ``hours_of``."""
    hours_of(text)
    return text


def hours_for(request: SendRequest, otherwise: Hours | None) -> Hours | None:
    """The hours that hold for a request: its own, or ``otherwise``. Raises ValueError as ``hours_of``."""
    return otherwise if request.quiet_hours is None else hours_of(request.quiet_hours)


def allowed_ms(hours: Hours, zones: Sequence[Zone], otherwise: Zone, now_ms: int) -> int:
    """The first moment, ``now_ms`` or later, at which it is quiet in none of the zones.

    ``otherwise``: the zone that counts where none is known, or all of them leave no minute.
    """
    at = now_ms
    while zones and at - now_ms <= AHEAD_MS:
        later = max(_allowed(hours, zone, at) for zone in zones)
        if later == at:
            return at
        at = later
    return _allowed(hours, otherwise, now_ms)


def _allowed(hours: Hours, zone: Zone, at: int) -> int:
    """The first allowed moment in one zone, line by line."""
    for n, (since, offset) in enumerate(zone.changes):
        begin = at if n == 0 else max(at, since)
        end = zone.changes[n + 1][0] if n + 1 < len(zone.changes) else None
        moment = begin + _left(hours, begin + offset)
        if end is None or (begin < end and moment < end):
            return moment
    raise AssertionError("a zone has one offset at least")


def _left(hours: Hours, local_ms: int) -> int:
    """How long it stays quiet by a clock that shows this time; 0 when it is not."""
    into_ms = local_ms % (DAY_MIN * MINUTE_MS) - hours.start * MINUTE_MS
    span_ms = (hours.end - hours.start) % DAY_MIN * MINUTE_MS
    return max(span_ms - into_ms % (DAY_MIN * MINUTE_MS), 0)
