"""How long a line, or the whole account, waits after Sendblue refused or could not be reached.

It is the line's wait, or the account's, and never the message's: a message that was proven unsent has done
nothing wrong, so nothing is counted against it and it ends by its age alone.

Without better knowledge the wait grows exponentially, with a random part so that lines do not come back in
step ("full jitter", above a floor of a second). Better knowledge wins: Retry-After, what lines/usage says, or
the end of the window that Sendblue named. Asking too early is safe, for Sendblue does not count what it
refuses; it only costs a call. So where a window's end is not known, the wait is the time after which asking
is worth it.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from connector.core.outcome_table import Window

FIRST_S, LONGEST_S = 1.0, 300.0
"""The shortest wait and the longest without a hint: an outage is noticed to be over within five minutes."""
LONGEST_HINT_S = 25 * 3600.0
"""The longest day between two daily resets. Whatever names a later time must not stop a line for a week."""

_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MOST_DOUBLINGS = 9
_RESET_HOUR = 3
_HOURS_BEHIND_UTC = 5


class Backoff(NamedTuple):
    """The state of one line or account. Times are monotonic seconds; ``until`` is when it may try again."""

    failures: int = 0
    until: float = float("-inf")

    def failed(self, now: float, jitter: float, hint_s: float | None = None) -> "Backoff":
        """After one more failure: ``jitter`` is random in [0, 1), ``hint_s`` a wait that somebody named.

        A hint of zero or below is none. A wait that was set before is never cut short.
        """
        wait = _wait(self.failures, jitter)
        if hint_s is not None and hint_s > 0:
            wait = min(hint_s, LONGEST_HINT_S)
        return Backoff(self.failures + 1, max(self.until, now + wait))

    def succeeded(self) -> "Backoff":
        """After a success: the next failure is a first one.

        A wait that is under way stays: the call that succeeded was begun before it.
        """
        return Backoff(0, self.until)

    def ready(self, now: float) -> bool:
        """Whether the wait is over."""
        return now >= self.until


def window_end(window: Window, now_ms: int, failures: int = 0) -> int | None:
    """When it is worth asking again after a refusal of this window; None where only a backoff is called for.

    ``failures`` counts the refusals in a row before this one.
    """
    end = _WINDOWS[window]
    return None if end is None else end(now_ms, failures)


def day_began(now_ms: int) -> int:
    """When the day of Sendblue's began that it is now."""
    today = now_ms // _DAY_MS
    return next(reset for day in (today, today - 1) if (reset := _reset_ms(day)) <= now_ms)


def _wait(failures: int, jitter: float) -> float:
    ceiling = min(LONGEST_S, FIRST_S * 2.0 ** (1 + min(failures, _MOST_DOUBLINGS)))
    return FIRST_S + jitter * (ceiling - FIRST_S)


def _hourly(now_ms: int, _failures: int) -> int:
    """Fifteen new contacts in any 60 minutes: a place comes free every four minutes on average."""
    return now_ms + 4 * _MINUTE_MS


def _daily(now_ms: int, _failures: int) -> int:
    today = now_ms // _DAY_MS
    return next(end for day in (today, today + 1) if (end := _reset_ms(day)) > now_ms)


def _sms(now_ms: int, _failures: int) -> int:
    """The reset is not documented; one question an hour."""
    return now_ms + _HOUR_MS


def _exceeded(now_ms: int, failures: int) -> int:
    """The window's length is not documented: a minute, doubling up to an hour."""
    return now_ms + min(_MINUTE_MS << min(failures, _MOST_DOUBLINGS), _HOUR_MS)


_WINDOWS: Mapping[Window, Callable[[int, int], int] | None] = {
    Window.BACKOFF: None,
    Window.HOURLY: _hourly,
    Window.DAILY: _daily,
    Window.SMS: _sms,
    Window.WINDOW_5509: _exceeded,
}


def _reset_ms(day: int) -> int:
    """3 AM in New York on this day, counted from the epoch.

    Summer time runs from the second Sunday of March to the first of November (15 U.S.C. 260a, since 2007).
    Both changes come before 3 AM, so the date alone decides. Counted here, since core reads no time zone
    files.
    """
    local = date.fromordinal(_EPOCH_DAY + day)
    summer = date(local.year, 3, _sunday(local.year, 3, 14)) <= local < date(local.year, 11, _sunday(local.year, 11, 7))
    return day * _DAY_MS + (_RESET_HOUR + _HOURS_BEHIND_UTC - summer) * _HOUR_MS


def _sunday(year: int, month: int, last: int) -> int:
    """The day of the Sunday in the seven days that end with ``last``."""
    return last - (date(year, month, last).weekday() + 1) % 7
