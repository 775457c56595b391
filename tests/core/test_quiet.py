"""Quiet hours: until when nobody is texted, by clocks that change twice a year, in several zones at once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core import quiet
from connector.core.delays import Defer, Delay, Wait
from connector.core.last_look import GiveUp, before_write
from connector.core.messages import Disposition, SendRequest
from connector.core.quiet import Hours, Zone, allowed_ms, hours_for, hours_of
from connector.core.requests import refusals
from connector.core.steps import Close, NotNow, Propose
from connector.core.turns import before_intent
from tests.core.test_counterexamples_views import look
from tests.core.test_turns import FREE, NOW, POLICY, held

HOUR_MS = 3_600_000
NIGHT = Hours(21 * 60, 8 * 60)


def ms(text: str) -> int:
    """Milliseconds of a moment in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


SPRING, AUTUMN = ms("2026-03-08 07:00"), ms("2026-11-01 06:00")
NEW_YORK = Zone(((0, -5 * HOUR_MS), (SPRING, -4 * HOUR_MS), (AUTUMN, -5 * HOUR_MS)))
TOKYO, HONOLULU = Zone(((0, 9 * HOUR_MS),)), Zone(((0, -10 * HOUR_MS),))


@pytest.mark.parametrize(
    ("text", "hours"),
    [("21:00-08:00", NIGHT), ("00:00-23:59", Hours(0, 1439)), ("12:30-13:15", Hours(750, 795)), ("none", None)],
)
def test_hours_are_read(text: str, hours: Hours | None) -> None:
    """Two times of day, past midnight or not; none for none."""
    assert hours_of(text) == hours


@pytest.mark.parametrize(
    "text", ["", "21-8", "21:00", "24:00-08:00", "21:60-08:00", "21:00-21:00", " 21:00-08:00", "None", "٢١:00-08:00"]
)
def test_what_is_no_hours_is_refused_by_its_bytes(text: str) -> None:
    """A whole day of quiet would be no sending at all; the code says what is meant."""
    request = SendRequest("r", number="+12025550123", content="hello", quiet_hours=text)

    with pytest.raises(ValueError, match="two times of day"):
        hours_of(text)
    assert [one.code for one in refusals(request, NOW)] == ["QUIET_HOURS_INVALID"]


def test_the_sentence_of_the_refusal_is_the_reader_s() -> None:
    """One rule, said once to producers and once to operators."""
    request = SendRequest("r", number="+12025550123", content="hello", quiet_hours="x")

    assert [one.sentence for one in refusals(request, NOW)] == [f"quiet_hours {quiet.FAULT}"]


def test_a_request_s_own_hours_go_first() -> None:
    """It may say others, or none; silence means the settings."""
    own, none, silent = (SendRequest("r", quiet_hours=hours) for hours in ("22:00-06:00", "none", None))

    assert [hours_for(request, NIGHT) for request in (own, none, silent)] == [Hours(1320, 360), None, NIGHT]


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        ("2026-06-10 16:00", "2026-06-10 16:00"),  # noon
        ("2026-06-11 00:59", "2026-06-11 00:59"),  # 20:59
        ("2026-06-11 01:00", "2026-06-11 12:00"),  # 21:00
        ("2026-06-11 04:30", "2026-06-11 12:00"),
        ("2026-06-11 11:59", "2026-06-11 12:00"),
        ("2026-06-11 12:00", "2026-06-11 12:00"),  # 08:00
        ("2026-03-08 02:00", "2026-03-08 12:00"),  # 21:00 in winter, 08:00 in summer: ten hours
        ("2026-11-01 01:00", "2026-11-01 13:00"),  # 21:00 in summer, 08:00 in winter: twelve
        ("2026-01-15 02:00", "2026-01-15 13:00"),
    ],
)
def test_until_the_morning_where_the_recipient_is(now: str, allowed: str) -> None:
    """From the first minute on, until before the last; nights are an hour shorter or longer when clocks change."""
    assert allowed_ms(NIGHT, (NEW_YORK,), quiet.UTC, ms(now)) == ms(allowed)


@pytest.mark.parametrize(
    ("hours", "now", "allowed"),
    [
        ("01:00-02:30", "2026-03-08 06:30", "2026-03-08 07:00"),  # 02:30 does not exist: the change ends it
        ("02:15-02:45", "2026-03-08 06:59", "2026-03-08 06:59"),  # none of it exists
        ("01:00-01:30", "2026-11-01 05:10", "2026-11-01 05:30"),  # 01:10 in summer
        ("01:00-01:30", "2026-11-01 05:45", "2026-11-01 05:45"),
        ("01:00-01:30", "2026-11-01 06:10", "2026-11-01 06:30"),  # 01:10 again, in winter
        ("00:30-01:30", "2026-11-01 05:29", "2026-11-01 05:30"),
        ("01:30-02:00", "2026-11-01 05:30", "2026-11-01 06:00"),  # until the clock goes back to 01:00
    ],
)
def test_the_hour_that_is_left_out_and_the_one_that_comes_twice(hours: str, now: str, allowed: str) -> None:
    """Spring's change ends what would have ended within it; autumn's hour is judged each time."""
    found = hours_of(hours)
    assert found is not None

    assert allowed_ms(found, (NEW_YORK,), quiet.UTC, ms(now)) == ms(allowed)


def test_the_strictest_of_several_zones() -> None:
    """It must be day in all of them; the last to wake up decides."""
    chicago = Zone(((0, -6 * HOUR_MS),))

    assert allowed_ms(NIGHT, (NEW_YORK, chicago), quiet.UTC, ms("2026-01-15 03:30")) == ms("2026-01-15 14:00")
    assert allowed_ms(NIGHT, (chicago, NEW_YORK), quiet.UTC, ms("2026-01-16 02:30")) == ms("2026-01-16 14:00")


@pytest.mark.parametrize("zones", [(), (TOKYO, HONOLULU, NEW_YORK)])
def test_where_nobody_knows_the_zone_of_the_settings_counts(zones: tuple[Zone, ...]) -> None:
    """No zone is known, or so many that no minute of the day is left: such a number tells nothing."""
    half_the_day = Hours(19 * 60, 9 * 60)

    assert allowed_ms(half_the_day, zones, quiet.UTC, ms("2026-01-15 20:00")) == ms("2026-01-16 09:00")


ZONES = st.lists(
    st.tuples(st.integers(-14 * 4, 14 * 4), st.integers(1, 72), st.sampled_from((-4, -2, 0, 2, 4))),
    min_size=1,
    max_size=3,
)


@given(st.integers(0, 1439), st.integers(1, 1439), ZONES, st.integers(0, 48 * 60))
def test_it_is_quiet_until_then_and_not_quiet_then(
    start: int, span: int, drawn: list[tuple[int, int, int]], now: int
) -> None:
    """Against the plainest form: minute by minute, each zone's clock read."""
    hours = Hours(start, (start + span) % 1440)
    zones = tuple(Zone(((0, q * 15 * 60_000), (at * 3_600_000, (q + change) * 15 * 60_000))) for q, at, change in drawn)

    def is_quiet(minute: int, among: tuple[Zone, ...]) -> bool:
        clocks = (
            minute + [offset for since, offset in z.changes if n_of(since) <= minute][-1] // 60_000 for z in among
        )
        return any((clock - start) % 1440 < span for clock in clocks)

    def n_of(since: int) -> int:
        return since // 60_000

    found = allowed_ms(hours, zones, quiet.UTC, now * 60_000) // 60_000
    plain = next((m for m in range(now, now + 4 * 1440) if not is_quiet(m, zones)), None)
    if plain is None or plain - now > 2 * 1440:
        assert found == next(m for m in range(now, now + 2 * 1440) if not is_quiet(m, (quiet.UTC,)))
    else:
        assert found == plain


IN_90_MIN, IN_30_S = NOW + 90 * 60_000, NOW + 30_000


def test_what_is_quiet_waits_and_is_never_dropped() -> None:
    """Long on disk, the last minute in the window; before it asks for the contact or the line."""
    step = before_intent(held(), replace(FREE, quiet_until_ms=IN_90_MIN), POLICY)
    soon = before_intent(held(), replace(FREE, quiet_until_ms=IN_30_S, contact_busy=True), POLICY)

    assert step == Defer(Delay.HOUR, Wait.QUIET)
    assert soon == NotNow(Wait.QUIET, 130.0)
    assert before_intent(held(), replace(FREE, quiet_until_ms=NOW), POLICY) == Propose()


@pytest.mark.parametrize(
    ("left_ms", "step"),
    [
        (70 * 60_000, Defer(Delay.HOUR, Wait.QUIET)),
        (50 * 60_000, Defer(Delay.MINUTE, Wait.QUIET)),
        (20_000, NotNow(Wait.QUIET, 120.0)),
        (0, Close(Disposition.EXPIRED, "OUT_OF_TIME")),
    ],
)
def test_what_expires_in_the_night_ends_at_its_expiry(left_ms: int, step: object) -> None:
    """Not in the morning: its own end comes first, to the second."""
    request = held(expires_at_ms=NOW + left_ms)

    assert before_intent(request, replace(FREE, quiet_until_ms=NOW + 8 * HOUR_MS), POLICY) == step


def test_send_at_comes_before_quiet_hours() -> None:
    """Whether it is night then is asked then."""
    request = held(send_at_ms=NOW + 30 * 60_000)

    assert before_intent(request, replace(FREE, quiet_until_ms=IN_90_MIN), POLICY) == Defer(
        Delay.MINUTE, Wait.SCHEDULED
    )


def test_the_last_look_gives_a_grant_back_when_the_night_has_come() -> None:
    """Nine o'clock may strike between the INTENT and the socket."""
    assert before_write(look(quiet=True)) == GiveUp("QUIET")
    assert before_write(look(quiet=True, still_open=False)) != GiveUp("QUIET")
