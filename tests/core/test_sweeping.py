"""How far a sweep reads, and where the next one begins."""

import pytest

from connector.core.sweeping import LONGEST_BEHIND_MS, MOST_OFFSET, SLACK_MS, Page, Walk, begin, place_after

NOW = 1_700_000_000_000


def page(*updated_ms: int, more: bool = True) -> Page:
    return Page(updated_ms, len(updated_ms), more)


def test_a_sweep_begins_before_the_newest_row_seen() -> None:
    """The list lags; what it shows late lies before what it has shown."""
    assert begin(NOW).since_ms == NOW - SLACK_MS


def test_the_next_page_begins_at_the_last_rows_time() -> None:
    """Counted off, rows that change meanwhile would pull others past the count."""
    walk = begin(NOW).after(page(NOW - 900, NOW - 500), NOW)

    assert walk == Walk(NOW - 500, NOW)


def test_rows_of_one_moment_are_counted_off() -> None:
    """Else a page full of them would be asked for again and again."""
    walk = Walk(NOW - 500, NOW).after(page(*[NOW - 500] * 100), NOW)
    assert (walk.since_ms, walk.offset) == (NOW - 500, 100)

    assert walk.after(page(NOW - 500, NOW - 400), NOW) == Walk(NOW - 400, NOW)


@pytest.mark.parametrize(
    "times", [(NOW - 100, NOW - 900), (NOW - SLACK_MS - 9_000, NOW - SLACK_MS - 8_000)], ids=["no order", "no filter"]
)
def test_a_list_that_ignores_the_question_is_counted_off(times: tuple[int, ...]) -> None:
    """A jump to the newest row would leave out all between."""
    walk = begin(NOW).after(page(*times), NOW)

    assert (walk.since_ms, walk.offset) == (NOW - SLACK_MS, 2)


def test_every_sweep_ends() -> None:
    """Whatever the list says of further pages."""
    walk, pages = begin(NOW), 0
    while not walk.ended:
        walk, pages = walk.after(page(*[NOW - SLACK_MS] * 100), NOW), pages + 1

    assert pages == MOST_OFFSET // 100
    assert begin(NOW).after(Page((), 0, more=True), NOW).ended
    assert begin(NOW).after(page(NOW, more=False), NOW).ended


def test_a_row_from_the_future_moves_nothing() -> None:
    """One wrong date must not make the sweep blind until then."""
    walk = begin(NOW - 1_000).after(page(NOW - 500, NOW + 10**9, more=False), NOW)

    assert walk.newest_ms == NOW - 500


def test_the_next_sweep_begins_at_the_newest_row_but_not_too_far_back() -> None:
    """It waits for a list that lags, and does not read one burst over and over while nobody sends."""
    walk = begin(NOW).after(page(NOW + 500, more=False), NOW + 60_000)

    assert place_after(walk, NOW + 60_000) == NOW + 500
    assert place_after(walk, NOW + 10 * LONGEST_BEHIND_MS) == NOW + 9 * LONGEST_BEHIND_MS
