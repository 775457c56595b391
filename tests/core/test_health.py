"""Readiness and a stuck loop, as values."""

import pytest

from connector.core.health import (
    KAFKA_AWAY_S,
    LEDGER_LAG,
    POLL_S,
    STUCK_CHECKS,
    TURN_S,
    Pulse,
    Sight,
    deaths,
    notes,
    reasons,
)
from connector.core.records import UNREADABLE


@pytest.mark.parametrize(
    ("sight", "word"),
    [
        (Sight(kafka_away_s=KAFKA_AWAY_S), "no Kafka broker"),
        (Sight(restored=False), "has not been read"),
        (Sight(restored=False, ledger_lag=LEDGER_LAG * 2), "has not been read"),
        (Sight(ledger_lag=LEDGER_LAG + 1), "records behind"),
        (Sight(unknown_rules=2), "rules version 2"),
        (Sight(unknown_rules=UNREADABLE), "cannot read"),
    ],
)
def test_each_trouble_is_one_sentence(sight: Sight, word: str) -> None:
    """One reason, and it says what it is."""
    told = reasons(sight)

    assert len(told) == 1
    assert word in told[0]


@pytest.mark.parametrize("sight", [Sight(), Sight(kafka_away_s=KAFKA_AWAY_S - 0.1), Sight(ledger_lag=LEDGER_LAG)])
def test_below_the_bounds_it_is_ready(sight: Sight) -> None:
    """A leader's election or a burst on the ledger is no outage."""
    assert reasons(sight) == []


def test_a_refused_account_is_told_and_no_reason_to_be_unready() -> None:
    """It is refused in every replica: callbacks still arrive, and a deploy with the right key must not wait for it."""
    refused = Sight(account_code="401")

    assert reasons(refused) == []
    assert "(401)" in notes(refused)[0]
    assert notes(Sight()) == []


def test_troubles_add_up() -> None:
    """All of them are told."""
    assert len(reasons(Sight(KAFKA_AWAY_S, False, 0, 2))) == 3


@pytest.mark.parametrize(
    ("turn_age_s", "poll_ages_s", "told"),
    [
        (0.0, {}, []),
        (TURN_S - 0.1, {"requests": POLL_S - 0.1}, []),
        (TURN_S, {"requests": 0.0}, ["the event loop has not turned for 10 s"]),
        (0.0, {"requests": POLL_S, "ledger": 0.0}, ["the reader of requests has not polled for 100 s"]),
    ],
)
def test_alive_is_a_loop_that_turns_and_readers_that_poll(
    turn_age_s: float, poll_ages_s: dict[str, float], told: list[str]
) -> None:
    """And nothing else: what is away is no reason to end a process."""
    assert told == deaths(turn_age_s, poll_ages_s)


def test_a_loop_that_does_not_turn_is_stuck_at_the_last_look() -> None:
    """So many looks in a row without a turn, not one fewer."""
    pulse = Pulse(3)

    assert [pulse.is_stuck(7) for _ in range(4)] == [False, False, False, True]


def test_one_turn_begins_the_count_anew() -> None:
    """Slow is not stuck."""
    pulse = Pulse(2)

    assert [pulse.is_stuck(turns) for turns in (1, 1, 2, 2, 2)] == [False, False, False, False, True]


def test_a_minute_of_looks() -> None:
    """The default is a minute, at one look a second."""
    pulse = Pulse()

    assert [pulse.is_stuck(1) for _ in range(100)].index(True) == STUCK_CHECKS
