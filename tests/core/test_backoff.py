"""How long a line or the account waits, and when the windows of Sendblue end."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.backoff import Backoff, window_end
from connector.core.outcome_table import Window

NOW_MS = 1_800_000_000_000
JITTER = st.floats(0, 1, exclude_max=True)


def after(failures: int, jitter: float) -> float:
    """How long the wait is that this many failures in a row end with."""
    backoff = Backoff()
    for _ in range(failures - 1):
        backoff = Backoff(backoff.failed(0.0, 0.0).failures)
    return backoff.failed(0.0, jitter).until


@pytest.mark.parametrize(
    ("failures", "shortest", "longest"),
    [(1, 1, 2), (2, 1, 4), (3, 1, 8), (8, 1, 256), (9, 1, 300), (10, 1, 300), (5_000, 1, 300)],
)
def test_the_wait_doubles_up_to_five_minutes(failures: int, shortest: float, longest: float) -> None:
    """From a second to a ceiling that doubles; chance picks the place between."""
    assert (after(failures, 0.0), after(failures, 1.0)) == (shortest, longest)


def test_a_new_line_is_ready() -> None:
    """Nothing has failed, nothing is waited for."""
    assert Backoff().ready(-1e9)


def test_ready_when_the_wait_is_over() -> None:
    """Not a moment before ``until``."""
    backoff = Backoff().failed(100.0, 0.5)

    assert backoff.until == 101.5
    assert (backoff.ready(101.4), backoff.ready(101.5)) == (False, True)


@pytest.mark.parametrize(
    ("hint_s", "wait"),
    [(7.0, 7), (0.5, 0.5), (4_000.0, 4_000), (None, 2), (0.0, 2), (-5.0, 2), (float("nan"), 2), (1e9, 90_000)],
)
def test_a_named_wait_wins(hint_s: float | None, wait: float) -> None:
    """Shorter or longer than our own guess; nonsense is ignored, and 25 hours are the most."""
    assert Backoff().failed(0.0, 1.0, hint_s).until == wait


@given(st.floats(0, 1e6), st.floats(0, 1e6), JITTER, st.none() | st.floats(0, 1e5))
def test_a_wait_is_never_cut_short(until: float, now: float, jitter: float, hint_s: float | None) -> None:
    """A late refusal with a short hint does not end a window that is under way."""
    waiting = Backoff(3, until)

    assert waiting.failed(now, jitter, hint_s).until >= until
    assert waiting.succeeded().until == until


def test_a_success_forgets_the_failures() -> None:
    """The next failure waits like a first one."""
    assert Backoff(9, 5.0).succeeded().failed(10.0, 1.0) == Backoff(1, 12.0)


@pytest.mark.parametrize(
    ("window", "failures", "minutes"),
    [
        (Window.HOURLY, 0, 4),
        (Window.HOURLY, 9, 4),
        (Window.SMS, 0, 60),
        (Window.SMS, 9, 60),
        (Window.WINDOW_5509, 0, 1),
        (Window.WINDOW_5509, 1, 2),
        (Window.WINDOW_5509, 5, 32),
        (Window.WINDOW_5509, 6, 60),
        (Window.WINDOW_5509, 5_000, 60),
    ],
)
def test_windows_without_a_clock(window: Window, failures: int, minutes: int) -> None:
    """A place in the rolling hour, an hourly look at the SMS cap, a growing wait for 5509."""
    assert window_end(window, NOW_MS, failures) == NOW_MS + minutes * 60_000


def test_a_backoff_has_no_window() -> None:
    """Where Sendblue named no window, the exponential wait is all there is."""
    assert window_end(Window.BACKOFF, NOW_MS) is None


@pytest.mark.parametrize("window", Window)
def test_every_window_a_refusal_can_name_has_an_end(window: Window) -> None:
    """Else an answer of Sendblue's could end the process."""
    end = window_end(window, NOW_MS)

    assert (end is None) == (window is Window.BACKOFF)


def utc(text: str) -> int:
    """Milliseconds since the epoch."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2027-01-15 07:59:59", "2027-01-15 08:00"),
        ("2027-01-15 08:00:00", "2027-01-16 08:00"),
        ("2027-01-15 23:59:59", "2027-01-16 08:00"),
        ("2027-03-13 08:00:00", "2027-03-14 07:00"),  # summer time begins at 2 AM: this day has 23 hours
        ("2027-03-14 07:00:00", "2027-03-15 07:00"),
        ("2027-07-01 00:00:00", "2027-07-01 07:00"),
        ("2027-11-06 07:00:00", "2027-11-07 08:00"),  # summer time ends at 2 AM: this day has 25 hours
        ("2027-12-31 12:00:00", "2028-01-01 08:00"),
        ("2028-02-28 12:00:00", "2028-02-29 08:00"),
    ],
)
def test_the_day_of_new_contacts_ends_at_three_in_new_york(now: str, end: str) -> None:
    """At 7 or 8 UTC, as summer time has it, and strictly after now."""
    assert window_end(Window.DAILY, utc(now)) == utc(end)


def new_york() -> ZoneInfo | None:
    """The real time zone, where this machine has its file."""
    try:
        return ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return None


@pytest.mark.skipif(new_york() is None, reason="this machine has no time zone files")
def test_every_reset_agrees_with_the_time_zone_files() -> None:
    """On each of ten thousand days the next reset is 3 AM sharp, New York, of that day."""
    noon = datetime(2007, 12, 31, 12, tzinfo=new_york())
    for _ in range(365 * 28):
        end = (noon + timedelta(days=1)).replace(hour=3)
        assert window_end(Window.DAILY, int(noon.timestamp() * 1000)) == int(end.timestamp() * 1000)
        noon += timedelta(days=1)


@given(st.integers(utc("2008-01-01"), utc("2036-12-31")))
def test_the_reset_is_the_next_one(now_ms: int) -> None:
    """It lies ahead, at most 25 hours, and a moment before it it is still the next."""
    end = window_end(Window.DAILY, now_ms)

    assert end is not None
    assert 0 < end - now_ms <= 25 * 3_600_000
    assert window_end(Window.DAILY, end - 1) == end
