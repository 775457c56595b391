"""When a line may write: never closer than the gap to a write of ours or of anybody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.pacing import (
    NEVER,
    ForeignGrants,
    Go,
    Late,
    Pace,
    WaitUntil,
    Writes,
    expected_at,
    shared_propose_at,
    soonest_at,
    verdict,
    write_at,
)

GAP = 1.0
NOBODY = ForeignGrants()


@pytest.mark.parametrize(
    ("own", "foreign", "expected"),
    [
        (None, NOBODY, NEVER),
        (100.0, NOBODY, 101.0),
        (None, ForeignGrants(last_close=100.0), 101.0),
        (None, ForeignGrants(open_until=(105.0,)), 106.0),
        (100.0, ForeignGrants(last_close=99.0), 101.0),
        (99.0, ForeignGrants(last_close=100.0), 101.0),
        (100.0, ForeignGrants(open_until=(99.5,)), 101.0),
        (100.0, ForeignGrants(open_until=(100.5,)), 101.5),
    ],
)
def test_the_latest_of_all_counts(own: float | None, foreign: ForeignGrants, expected: float) -> None:
    """Own write + gap, close + gap, open grant + lease + gap: whichever is last."""
    assert write_at(own, GAP, foreign) == expected


def test_an_older_open_grant_is_not_hidden_by_a_younger_one() -> None:
    """Every open grant counts, whatever the order they are given in (counter-example 18)."""
    assert write_at(None, GAP, ForeignGrants((8.0, 14.0, 6.0))) == 15.0


def test_a_closed_grant_of_another_owner_counts() -> None:
    """What another replica wrote just before a rebalance still holds us back (counter-examples 17, 36)."""
    assert verdict(write_at(None, GAP, ForeignGrants(last_close=10.0)), 10.7, 15.0) == WaitUntil(11.0)


@pytest.mark.parametrize(
    ("at", "now", "lease_end", "expected"),
    [
        (NEVER, 100.0, 105.0, Go()),
        (100.0, 100.0, 105.0, Go()),
        (99.0, 100.0, 105.0, Go()),
        (101.0, 100.0, 105.0, WaitUntil(101.0)),
        (105.0, 100.0, 105.0, Late()),
        (106.0, 100.0, 105.0, Late()),
        (NEVER, 105.0, 105.0, Late()),
        (101.0, 200.0, 105.0, Late()),
    ],
)
def test_now_then_or_never(at: float, now: float, lease_end: float, expected: Pace) -> None:
    """A write begins before the lease ends, or the grant is given back."""
    assert verdict(at, now, lease_end) == expected


TIME = st.floats(0, 1e6)


@given(
    st.none() | TIME,
    st.floats(0, 100),
    st.lists(TIME, max_size=4).map(tuple),
    st.none() | TIME,
)
def test_the_gap_is_kept_to_everything_that_may_have_been_written(
    own: float | None, gap: float, opened: tuple[float, ...], closed: float | None
) -> None:
    """A write is a gap after our last, after the last close, and after the end of each open lease."""
    at = write_at(own, gap, ForeignGrants(opened, closed))

    assert own is None or at >= own + gap
    assert closed is None or at >= closed + gap
    assert all(at >= until + gap for until in opened)


@given(TIME, TIME, TIME)
def test_waiting_ends_in_a_write(at: float, now: float, lease_end: float) -> None:
    """Whoever waits as told may write then: no second wait, no lateness."""
    told = verdict(at, now, lease_end)

    if isinstance(told, WaitUntil):
        assert verdict(at, told.at, lease_end) == Go()
    assert (told == Late()) == (now >= lease_end or at >= lease_end)


NOW = 100.0


@pytest.mark.parametrize(
    ("own", "foreign", "soonest", "expected", "latest"),
    [
        (None, NOBODY, NEVER, NEVER, NEVER),
        (99.5, NOBODY, 100.5, 100.5, 100.5),
        (99.5, ForeignGrants((104.0,)), 101.0, 101.5, 105.0),  # its grant is written at 100.5
        (None, ForeignGrants((104.0,), 99.9), 101.0, 101.9, 105.0),
        (90.0, ForeignGrants((104.0,)), 101.0, 101.0, 105.0),  # it may be written now
        (90.0, ForeignGrants((104.0, 104.5)), 101.0, 102.0, 105.5),
        (90.0, ForeignGrants((99.6,)), 100.6, 100.6, 100.6),  # its lease is over: nobody ends it
    ],
)
def test_when_a_line_of_two_owners_may_write(
    own: float | None, foreign: ForeignGrants, soonest: float, expected: float, latest: float
) -> None:
    """If the other's grants end at once, if each takes a gap, if none ever ends."""
    assert soonest_at(own, GAP, foreign, NOW) == soonest
    assert expected_at(own, GAP, foreign, NOW) == pytest.approx(expected)
    assert write_at(own, GAP, foreign) == latest


def test_who_wrote_last_proposes_later() -> None:
    """The other one hears of it when the answer is there, and then is sooner by a quarter of the lease."""
    we_wrote, gap_s, lease_s = Writes(made=99.0, begun=99.0, answered=100.0), 10.0, 4.0
    mine = shared_propose_at(we_wrote, gap_s, ForeignGrants(last_close=89.0), lease_s, NOW)
    theirs = shared_propose_at(Writes(begun=89.0, answered=89.1), gap_s, ForeignGrants(last_close=100.0), lease_s, NOW)

    assert (mine, theirs) == (109.0, 108.0)
    assert shared_propose_at(Writes(), gap_s, NOBODY, lease_s, NOW) == NEVER


@given(st.none() | TIME, st.floats(0, 100), st.lists(TIME, max_size=4).map(tuple), st.none() | TIME, TIME)
def test_a_guess_is_never_later_than_what_is_sure(
    own: float | None, gap: float, opened: tuple[float, ...], closed: float | None, now: float
) -> None:
    """At best a grant ends now, at worst with its lease; it is not sooner than our own pace either way."""
    foreign = ForeignGrants(opened, closed)
    soonest = soonest_at(own, gap, foreign, now)

    assert soonest <= write_at(own, gap, foreign)
    assert soonest <= expected_at(own, gap, foreign, now)
    assert own is None or soonest >= own + gap
