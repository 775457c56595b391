"""When looks are due, and the shares of the account's requests."""

from itertools import pairwise

from connector.core.looks import (
    ACCOUNT_REQUESTS,
    LOOKS_AT_S,
    PROBE_SHARE,
    RECONCILER_SHARE,
    SENDERS_SHARE,
    Allowance,
    next_look_s,
    parked_look_is_due,
    senders_rate,
)


def test_looks_grow_rare_and_never_stop() -> None:
    """Each is later than the one before it; after the listed ones they come every two minutes."""
    times = [next_look_s(n) for n in range(20)]

    assert times[: len(LOOKS_AT_S)] == list(LOOKS_AT_S)
    assert all(a < b for a, b in pairwise(times))
    assert times[-1] - times[-2] == 120.0


def test_the_shares_fit_the_account() -> None:
    """Whatever the number of replicas, all of them together stay below Sendblue's limit."""
    replicas = [senders_rate(lines, 10) for lines in (5, 3, 2)]

    assert SENDERS_SHARE + RECONCILER_SHARE + PROBE_SHARE <= ACCOUNT_REQUESTS
    assert round(sum(replicas) * 10) == SENDERS_SHARE


def test_an_allowance_fills_up_and_holds_no_more_than_a_second() -> None:
    """Three a second: three at once after a rest, then one each third of a second."""
    allowance: Allowance | None = Allowance(0.0, 0.0)
    taken = 0
    while allowance is not None:
        last, allowance = allowance, allowance.take(60.0, 3.0)
        taken += allowance is not None

    assert taken == 3
    assert last.take(60.3, 3.0) is None
    assert last.take(60.4, 3.0) is not None


def test_a_slow_allowance_still_gives_one() -> None:
    """One line of a thousand: a look every half minute or so, not none."""
    allowance = Allowance(0.0, 0.0)

    assert allowance.take(20.0, 0.03) is None
    assert allowance.take(40.0, 0.03) is not None


def test_a_parked_attempt_is_looked_for_a_few_times() -> None:
    """A quarter of an hour after it was parked, an hour, six hours, a day; whoever takes over late looks once."""
    minute = 60_000
    looked: list[int] = []
    for now in range(0, 3 * 1440 * minute, minute):
        if parked_look_is_due(0, looked[-1] if looked else None, now):
            looked.append(now)

    assert looked == [15 * minute, 60 * minute, 360 * minute, 1440 * minute]
    assert parked_look_is_due(0, None, 2_000 * minute)


def test_a_look_of_two_requests_costs_two() -> None:
    """What it takes beyond what is there is waited for afterwards."""
    allowance = Allowance(1.0, 0.0).take(0.0, 1.0, requests=2)

    assert allowance is not None
    assert allowance.take(1.9, 1.0) is None
    assert allowance.take(2.0, 1.0) is not None
