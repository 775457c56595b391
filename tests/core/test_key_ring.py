"""Who signs since when, and when a key may go; what is not known counts as the worse case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.key_ring import (
    GONE_MS,
    HOUR_MS,
    History,
    Signs,
    new_id,
    read_history,
    signed_until,
    signs_from,
    without,
    write_history,
)
from connector.core.tokens import Claim, is_stale

NOW = 1_772_366_400_000  # 2026-03-01T12:00:00Z
OLD, YOUNG = Signs("k1", NOW - 9_000_000), Signs("k2", NOW - 3_000_000)

IDS = st.text("abk-_129", min_size=1, max_size=16)
HISTORIES = st.lists(st.builds(Signs, IDS, st.integers(0, 4_000_000_000).map(lambda s: s * 1000))).map(tuple)


@given(HISTORIES)
def test_a_history_comes_back_as_it_was_written(history: History) -> None:
    """Ids and times, to the second."""
    assert read_history(write_history(history)) == history


def test_a_time_without_a_zone_is_utc() -> None:
    """Somebody may write the file by hand."""
    assert read_history("k1 2026-03-01T12:00:00\n\n") == (Signs("k1", NOW),)


@pytest.mark.parametrize("text", ["k1", "k1 yesterday", "k1 2026-03-01 12:00:00", "a long secret in the wrong file"])
def test_anything_else_is_refused_without_being_shown(text: str) -> None:
    """It may be a key that was put there by mistake."""
    with pytest.raises(ValueError, match="each line must be a key id and a time") as caught:
        read_history(text)

    assert "secret" not in str(caught.value)


def test_the_last_line_signs_until_now() -> None:
    """The others signed until the next one began."""
    history = (OLD, YOUNG)

    assert (YOUNG.since_ms, NOW) == (signed_until(history, "k1", NOW), signed_until(history, "k2", NOW))


def test_a_key_that_signed_again_counts_from_its_last_time() -> None:
    """A rotation may be taken back."""
    back = signs_from((OLD, YOUNG), "k1", NOW - 1000)

    assert (signed_until(back, "k1", NOW), signed_until(back, "k2", NOW)) == (NOW, NOW - 1000)


def test_what_nothing_is_known_of_may_sign() -> None:
    """Without a history, until now; a key without a line, until the history begins."""
    assert signed_until((), "k1", NOW) == NOW
    assert signed_until((OLD, YOUNG), "k0", NOW) == OLD.since_ms


def test_to_let_sign_what_signs_changes_nothing() -> None:
    """The same command twice does not put the time off."""
    assert signs_from((OLD, YOUNG), "k2", NOW) == (OLD, YOUNG)


def test_a_key_that_is_gone_leaves_no_line() -> None:
    """And the times of the others stay."""
    assert without((OLD, YOUNG), "k1") == (YOUNG,)


def test_when_a_key_may_go_its_last_token_is_stale() -> None:
    """73 hours cover the whole hour of issue, which has the benefit of the doubt."""
    for minute in range(60):
        signed = NOW + minute * 60_000

        assert is_stale(Claim("r1", "0" * 16, signed // HOUR_MS), signed + GONE_MS + 1)


def test_ids_are_made_of_the_day() -> None:
    """A second one of a day has a number; each fits the 16 characters of an id."""
    first = new_id(NOW, ["k1"])
    second = new_id(NOW, [first])

    assert (first, second) == ("k-2026-03-01", "k-2026-03-01-2")
