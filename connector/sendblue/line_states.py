"""``lines/state`` and ``lines/usage``, read tolerantly: what is missing or of another shape is unknown, never a fault.

Pages of the documentation disagree about limits, and the two answers about how names are written. So a row without a
number is passed over, a word that is new is UNKNOWN, and a number that is none is None. ``enabled: false`` is an answer
too: no line is limited.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from connector.core.line_facts import Condition, Quota, State, Usage
from connector.core.numbers import digits_of
from connector.sendblue.lookups import LINE_KEYS, Found, SendblueError

STATE_PATH = "/api/v2/lines/state"
USAGE_PATH = "/api/v2/lines/usage"
CONDITIONS = {"ONLINE": Condition.ONLINE, "OFFLINE": Condition.OFFLINE, "DEGRADED": Condition.DEGRADED}


def line_states(found: Found) -> dict[str, State]:
    """Each line's state by its number. Raises SendblueError(UNREADABLE) if there is no list."""
    rows = _listed(found, "data", "lines")
    return {number: State(_condition(row), _time_ms(row.get("status_changed_at"))) for number, row in _numbered(rows)}


def line_usages(found: Found) -> dict[str, Usage]:
    """Each line's new contacts by its number, none where they are not limited. Raises SendblueError(UNREADABLE)."""
    if found.object().get("enabled") is False:
        return {}
    return {number: _usage(row) for number, row in _numbered(_listed(found, "lines", "data"))}


def _listed(found: Found, *names: str) -> Iterable[object]:
    body = found.object()
    rows = next((body[name] for name in names if isinstance(body.get(name), list)), None)
    if not isinstance(rows, list):
        raise SendblueError(found.method, found.path, "UNREADABLE")
    return rows


def _numbered(rows: Iterable[object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for row in rows:
        if isinstance(row, dict):
            places = (row.get(key) for key in LINE_KEYS)
            if number := next((place for place in places if isinstance(place, str) and place.strip()), None):
                yield digits_of(number), row


def _condition(row: Mapping[str, object]) -> Condition:
    return CONDITIONS.get(str(row.get("status")).upper(), Condition.UNKNOWN)


def _usage(row: Mapping[str, object]) -> Usage:
    """``availableAt`` is right where a limit was lowered below what is used; ``nextSlotAt`` is not."""
    available_ms = _time_ms(row.get("availableAt"))
    hour, day = (_quota(row.get(name), available_ms) for name in ("hourly", "daily"))
    daily = row.get("daily")
    resets_ms = _time_ms(daily.get("resetsAt")) if isinstance(daily, dict) else None
    return Usage(hour, day, resets_ms, paused=str(row.get("state")).lower() == "paused")


def _quota(window: object, available_ms: int | None) -> Quota:
    if not isinstance(window, dict):
        return Quota()
    limit, used, left = (_count(window.get(name)) for name in ("limit", "used", "remaining"))
    if left is None and limit is not None and used is not None:
        left = max(limit - used, 0)
    free_ms = None if left is None or left > 0 else available_ms or _time_ms(window.get("nextSlotAt"))
    return Quota(limit, used, left, free_ms)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _time_ms(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
