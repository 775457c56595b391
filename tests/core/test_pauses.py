"""What a pause holds, and until when."""

import math

import pytest

from connector.core.orders import CancelRequest, Orders
from connector.core.pauses import KEPT_MS, OfAll, OfLine, OfTag, Pause, Pauses, Said, Scope, name_of
from connector.core.sights import LineState, PausesSeen, line_state, pauses_seen

NOW = 1_700_000_000_000
ANN, BEN = Said("ann", "under review", NOW), Said("ben", "it is over", NOW + 5_000)
SPRING = {"campaign": "spring", "store": "7"}


def pauses(*standing: Pause) -> Pauses:
    all_of_them = Pauses()
    for pause in standing:
        all_of_them.put(pause)
    return all_of_them


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        (OfLine("a"), (60.0, 0.0, 0.0)),
        (OfLine("b"), (0.0, 60.0, 0.0)),
        (OfTag("campaign", "spring"), (0.0, 0.0, 60.0)),
        (OfTag("campaign", "autumn"), (0.0, 0.0, 0.0)),
        (OfTag("store", "spring"), (0.0, 0.0, 0.0)),
        (OfAll(), (60.0, 60.0, 0.0)),
    ],
)
def test_what_a_pause_holds(scope: Scope, held: tuple[float, float, float]) -> None:
    """Its line; the requests with its tag, on whichever line; all lines."""
    one = pauses(Pause(scope, ANN, NOW + 60_000))

    assert (one.line_s("a", NOW), one.line_s("b", NOW), one.tags_s(SPRING, NOW)) == held


@pytest.mark.parametrize(
    ("until_ms", "resumed", "at_ms", "left_s"),
    [
        (NOW + 60_000, None, NOW, 60.0),
        (NOW + 60_000, None, NOW + 59_999, 0.001),
        (NOW + 60_000, None, NOW + 60_000, 0.0),
        (NOW + 60_000, None, NOW + 99_000, 0.0),
        (NOW + 60_000, BEN, NOW + 1_000, 0.0),
        (None, None, NOW + 400 * 24 * 3_600_000, math.inf),
        (None, BEN, NOW, 0.0),
    ],
)
def test_a_pause_holds_until_its_end_or_until_somebody_resumes(
    until_ms: int | None, resumed: Said | None, at_ms: int, left_s: float
) -> None:
    """Without an end it holds for ever. Resumed is resumed, also on a clock that is behind the resumer's."""
    one = Pause(OfAll(), ANN, until_ms, resumed)

    assert one.left_s(at_ms) == left_s
    assert pauses(one).line_s("a", at_ms) == left_s
    assert pauses(one).holding(at_ms) == ((one,) if left_s else ())


def test_the_longest_of_several_counts() -> None:
    """A line that is paused for longer than everything stays paused; of two tags of a request the same is true."""
    both = pauses(
        Pause(OfAll(), ANN, NOW + 10_000),
        Pause(OfLine("a"), ANN, NOW + 20_000),
        Pause(OfTag("campaign", "spring"), ANN, NOW + 1_000),
        Pause(OfTag("store", "7"), ANN),
    )

    assert (both.line_s("a", NOW), both.line_s("b", NOW)) == (20.0, 10.0)
    assert both.tags_s(SPRING, NOW) == math.inf


def test_a_later_word_takes_the_place_of_an_earlier_one_and_a_tombstone_takes_it_away() -> None:
    """Shortened, resumed and paused anew; by the control topic's keys."""
    orders = Orders()
    orders.put(b"pause/all", Pause(OfAll(), ANN))
    orders.put(b"pause/all", Pause(OfAll(), ANN, NOW + 1_000))
    shortened = orders.pauses.line_s("a", NOW)
    orders.put(b"pause/all", Pause(OfAll(), ANN, NOW + 1_000, BEN))
    resumed = orders.pauses.line_s("a", NOW)
    orders.put(b"pause/all", Pause(OfAll(), BEN))
    again = orders.pauses.line_s("a", NOW)
    before = orders.put(b"pause/all", None)

    assert (shortened, resumed, again) == (1.0, 0.0, math.inf)
    assert before == Pause(OfAll(), BEN)
    assert (orders.pauses.line_s("a", NOW), orders.pauses.of_lines, len(orders)) == (0.0, False, 0)


@pytest.mark.parametrize(
    ("pause", "over_ms"),
    [
        (Pause(OfAll(), ANN, NOW), NOW),
        (Pause(OfAll(), ANN, NOW + 60_000, BEN), NOW + 5_000),
        (Pause(OfAll(), ANN, NOW + 1_000, BEN), NOW + 1_000),
        (Pause(OfAll(), ANN, None, BEN), NOW + 5_000),
    ],
)
def test_what_is_over_is_kept_for_a_month(pause: Pause, over_ms: int) -> None:
    """As the audit; then whoever writes next takes it out of the topic. One without an end stays for ever."""
    orders = Orders({b"p": pause, b"c": CancelRequest("r", NOW + KEPT_MS), b"for ever": Pause(OfLine("a"), ANN)})

    assert orders.stale(over_ms + KEPT_MS) == []
    assert orders.stale(over_ms + KEPT_MS + 1) == [b"p"]


def test_the_pauses_are_counted_by_what_they_hold() -> None:
    """And the oldest is seen, so that one which was forgotten is."""
    some = pauses(Pause(OfLine("a"), BEN), Pause(OfLine("b"), ANN), Pause(OfTag("x", "y"), BEN), Pause(OfAll(), BEN))
    now_ms = NOW + 65_000

    assert pauses_seen(some.holding(now_ms), now_ms) == PausesSeen(2, 1, 1, 65.0)
    assert pauses_seen((), now_ms) == PausesSeen(0, 0, 0, 0.0)


def test_a_paused_line_is_seen_as_such() -> None:
    """A stopped account is worse; a breaker that cannot be tried meanwhile is not."""
    told = [
        line_state(ledger=False, account=account, paused=True, breaker=True, backoff=True) for account in (False, True)
    ]

    assert told == [LineState.PAUSED, LineState.ACCOUNT]


@pytest.mark.parametrize(
    ("scope", "name"),
    [(OfLine("a"), "line a"), (OfTag("campaign", "a=b"), "tag campaign=a=b"), (OfAll(), "everything")],
)
def test_each_scope_has_a_name_for_people(scope: Scope, name: str) -> None:
    """As `orders list` and /statusz tell it."""
    assert name_of(scope) == name
