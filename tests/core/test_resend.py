"""When an attempt in doubt counts as proved absent, so that its request may be sent again."""

import pytest

from connector.core.resend import BETWEEN_LOOKS_S, NOTHING_SEEN, Q_S, Absence, is_absent

NOW_MS, MONO = 1_700_000_000_000, 10_000.0
LOOKS = Absence(MONO - BETWEEN_LOOKS_S, MONO)
Q_MS = int(Q_S * 1000)


@pytest.mark.parametrize(
    ("absence", "age_s", "age_ms", "absent"),
    [
        (LOOKS, Q_S, Q_MS, True),
        (LOOKS, Q_S - 1, Q_MS, False),
        (LOOKS, Q_S, Q_MS - 1, False),
        (NOTHING_SEEN, Q_S, Q_MS, False),
        (Absence(MONO, MONO), Q_S, Q_MS, False),
        (Absence(MONO - BETWEEN_LOOKS_S + 1, MONO), Q_S, Q_MS, False),
    ],
)
def test_absent_when_old_by_both_clocks_and_looked_for_twice(
    absence: Absence, age_s: float, age_ms: int, absent: bool
) -> None:
    """Q since its INTENT was read and since it was appended; two looks, a minute apart."""
    assert is_absent(absence, MONO - age_s, NOW_MS - age_ms, MONO, NOW_MS) is absent


def test_a_look_that_shows_nothing_newer_says_nothing() -> None:
    """The list may only lag behind: such a look neither begins the minute nor ends it."""
    first = NOTHING_SEEN.seen(1.0, newer_visible=False).seen(2.0, newer_visible=True)

    assert first == Absence(2.0, 2.0)
    assert first.seen(70.0, newer_visible=False) == first
    assert first.seen(70.0, newer_visible=True) == Absence(2.0, 70.0)
