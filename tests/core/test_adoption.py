"""What an operator may accept of a ledger, and what the start then lets pass."""

import pytest

from connector.core.adoption import (
    Adoption,
    Found,
    adopted,
    forgiven_before_ms,
    in_its_way,
    is_accepted,
    is_under_lost_ledger,
)
from connector.core.preflight import continuous

NOW = 1_700_000_000_000
FRESH, WHOLE = Found(0, 0, None), Found(5, 10, 9)
EMPTIED, SHORTER, LATE = Found(0, 0, None, done=True), Found(0, 3, 40), Found(20, 30, 9)


@pytest.mark.parametrize(
    ("found", "park_before_ms", "told"),
    [
        (FRESH, None, "nothing to adopt"),
        (WHOLE, None, "nothing to adopt"),
        (LATE, None, None),
        (EMPTIED, None, "--park-before"),
        (SHORTER, None, "--park-before"),
        (EMPTIED, NOW, None),
        (SHORTER, NOW, None),
        (EMPTIED, NOW + 1, "in the future"),
        (EMPTIED._replace(done_after=True), NOW - 5, "later --park-before"),
        (WHOLE, NOW, None),
    ],
)
def test_what_may_be_adopted(found: Found, park_before_ms: int | None, told: str | None) -> None:
    """A lost ledger needs a time, after everything that is committed as done and not in the future."""
    why = in_its_way(found, park_before_ms, NOW)

    assert (why is None) is (told is None)
    assert told is None or told in (why or "")


@pytest.mark.parametrize(
    ("accepted", "found", "passes"),
    [
        (LATE, LATE, True),
        (LATE, LATE._replace(end=50), True),
        (LATE, LATE._replace(begin=21), False),
        (LATE, LATE._replace(reached=8), False),
        (SHORTER, SHORTER, True),
        (SHORTER, SHORTER._replace(end=7), True),
        (SHORTER, SHORTER._replace(reached=50), False),
        (LATE, Found(0, 5, 9), False),
    ],
)
def test_only_the_gap_that_was_accepted(accepted: Found, found: Found, passes: bool) -> None:
    """A wider gap, or the next loss, refuses the start again."""
    adoption = adopted(None, accepted, NOW, NOW, "ann")

    assert is_accepted(adoption, found) is passes
    assert continuous("ledger", found, adoption).ok is passes
    assert not continuous("ledger", found, None).ok


def test_a_late_ledger_that_is_lost_since() -> None:
    """Without a time nothing is parked, so a loss is not accepted by it."""
    adoption = Adoption(NOW, SHORTER.begin, SHORTER.end, SHORTER.reached, None)

    assert not is_accepted(adoption, SHORTER)


def test_what_was_to_be_parked_stays_so() -> None:
    """A second adoption takes back nothing of the first."""
    first = adopted(None, EMPTIED, NOW, NOW, "ann")
    later = adopted(first, LATE, None, NOW + 9, "bob")
    latest = adopted(later, EMPTIED, NOW - 5, NOW + 9, "bob")

    assert [a.park_before_ms for a in (first, later, latest)] == [NOW, NOW, NOW]
    assert LATE.reached == later.reached


def test_a_producers_clock_may_be_ahead() -> None:
    """A request that was sent under the lost ledger may bear a time of up to five minutes later."""
    before_ms = forgiven_before_ms(adopted(None, EMPTIED, NOW, NOW, "ann"))

    assert is_under_lost_ledger(NOW + 5 * 60_000 - 1, before_ms)
    assert not is_under_lost_ledger(NOW + 5 * 60_000, before_ms)
    assert forgiven_before_ms(adopted(None, LATE, None, NOW, "ann")) == 0
