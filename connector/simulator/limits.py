"""What a line may do: its burst, its new contacts by the hour and by the day, and texts before a reply.

A contact is new on a line when neither wrote to the other there for 30 days. New contacts are counted over a rolling
hour and since 3 AM in New York, by the clock of that city. What is refused is not counted. Only single recipients
count: no page says how a group does.
"""

from bisect import bisect_right
from collections import Counter, defaultdict, deque
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connector.simulator.settings import SimulatorSettings
from connector.simulator.texts import stamp

NEW_YORK = ZoneInfo("America/New_York")
RESET_HOUR = 3
HOUR_S = 3600.0
LOOKBACK_DAYS = 30
LOOKBACK_S = LOOKBACK_DAYS * 86_400.0
LIST_CALLS, LIST_WINDOW_S = 100, 10.0
"""List requests of an account in a sliding window."""

Pair = tuple[str, str]


def day_start(now: float) -> float:
    """The last 3 AM in New York."""
    local = datetime.fromtimestamp(now, NEW_YORK)
    return _reset_of(local if local.hour >= RESET_HOUR else local - timedelta(days=1))


def next_reset(now: float) -> float:
    """The next 3 AM in New York."""
    local = datetime.fromtimestamp(now, NEW_YORK)
    return _reset_of(local + timedelta(days=1) if local.hour >= RESET_HOUR else local)


def _reset_of(day: datetime) -> float:
    return datetime(day.year, day.month, day.day, RESET_HOUR, tzinfo=NEW_YORK).astimezone(UTC).timestamp()


class Sliding:
    """At most so many in a sliding window."""

    def __init__(self, limit: float, window_s: float) -> None:
        self._limit, self._window = limit, window_s
        self._taken: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Whether one more is allowed; if so, it is taken."""
        while self._taken and now - self._taken[0] >= self._window:
            self._taken.popleft()
        if len(self._taken) >= self._limit:
            return False
        self._taken.append(now)
        return True


class Limits:
    """Of all lines of the account."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        self._bursts: dict[str, Sliding] = {}
        self._active: dict[Pair, float] = {}
        self._new: dict[str, list[float]] = defaultdict(list)
        self._unanswered: Counter[Pair] = Counter()
        self._overrides: dict[Pair, float] = {}
        self.lists = Sliding(LIST_CALLS, LIST_WINDOW_S)

    def too_fast(self, line: str, now: float) -> bool:
        """Whether the line's burst is used up (429)."""
        rate = self._settings.line_rate
        return bool(rate) and not self._bursts.setdefault(line, Sliding(rate + 1, 1.0)).take(now)

    def declined(self, line: str, number: str, now: float, override: bool) -> str | None:
        """The rule (a name of ``refusals.ERRORS``) that forbids this text, if any."""
        if not self.knows(line, number, now):
            hourly, daily = self._settings.windows_of(line)
            if daily is not None and self._used(line, day_start(now)) >= daily:
                return "LINE_DAILY_LIMIT_REACHED"
            if hourly is not None and self._used(line, now - HOUR_S) >= hourly:
                return "LINE_HOURLY_LIMIT_REACHED"
        limit = self._settings.pre_reply_limit
        if limit and self._unanswered[line, number] >= limit and not (override and self._override(line, number, now)):
            return "PRE_REPLY_LIMIT_REACHED"
        return None

    def accepted(self, line: str, number: str, now: float) -> None:
        """A text goes out."""
        if not self.knows(line, number, now):
            self._new[line].append(now)
        self._active[line, number] = now
        self._unanswered[line, number] += 1

    def heard(self, line: str, number: str, now: float) -> None:
        """The contact wrote."""
        self._active[line, number] = now
        del self._unanswered[line, number]

    def knows(self, line: str, number: str, now: float) -> bool:
        """Whether the contact is known on this line."""
        last = self._active.get((line, number))
        return last is not None and now - last < LOOKBACK_S

    def talked(self, line: str, number: str) -> bool:
        """Whether there is a conversation at all."""
        return (line, number) in self._active

    def usage(self, line: str, now: float) -> dict[str, Any]:
        """One line of ``lines/usage``."""
        an_hour, a_day = self._settings.windows_of(line)
        hourly = self._window(line, an_hour, now - HOUR_S, None)
        daily = self._window(line, a_day, day_start(now), next_reset(now))
        free = [one["nextSlotAt"] or "" for one in (hourly, daily) if one["remaining"] == 0]
        state = "paused" if a_day == 0 else "limited" if free else "available"
        return {
            "phone": line,
            "state": state,
            "sampledAt": stamp(now),
            "availableAt": (max(free) or None) if state == "limited" else None,
            "newContactLookbackDays": LOOKBACK_DAYS,
            "hourly": hourly,
            "daily": {**daily, "resetsAt": stamp(next_reset(now))},
        }

    def _window(self, line: str, limit: int | None, since: float, resets: float | None) -> dict[str, Any]:
        taken = self._new[line][bisect_right(self._new[line], since) :]
        left = None if limit is None else max(0, limit - len(taken))
        slot = None
        if limit and left == 0:
            slot = stamp(resets or taken[len(taken) - limit] + HOUR_S)
        return {"used": len(taken), "limit": limit, "remaining": left, "nextSlotAt": slot}

    def _used(self, line: str, since: float) -> int:
        taken = self._new[line]
        return len(taken) - bisect_right(taken, since)

    def _override(self, line: str, number: str, now: float) -> bool:
        today = day_start(now)
        if self._overrides.get((line, number), 0.0) >= today:
            return False
        self._overrides[line, number] = now
        return True
