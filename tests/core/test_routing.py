"""Which line a request goes out from."""

from collections import Counter
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.messages import SendRequest
from connector.core.refusals import REFUSALS
from connector.core.routing import Lines, NoRoute, Route, choose

REQUEST = SendRequest("order-1", number="+12025550123", content="Hello")
CONTACTS = [blake2b(str(n).encode(), digest_size=8).digest() for n in range(4_000)]


def lines(*pool: str) -> Lines:
    """Lines a, b and so on, all of them in the pool."""
    return Lines({f"+1202555{100 + n:04}": alias for n, alias in enumerate(pool)}, pool)


def chosen(pool: Lines) -> list[str]:
    """The line each of the contacts gets."""
    routes = [choose(REQUEST, contact, None, pool) for contact in CONTACTS]
    return [route.line for route in routes if isinstance(route, Route)]


TWO = Lines({"+12025550100": "a", "+12025550101": "b"}, ("b",))


@pytest.mark.parametrize(
    ("from_number", "bound", "expected"),
    [
        ("+12025550100", None, Route("a", named=True)),
        ("+12025550100", "b", Route("a", named=True)),
        ("+12025550109", None, NoRoute("LINE_NOT_OURS")),
        ("+12025550109", "a", NoRoute("LINE_NOT_OURS")),
        ("", "a", NoRoute("LINE_NOT_OURS")),
        (None, "a", Route("a", named=False)),
        (None, "gone", NoRoute("LINE_NOT_OURS")),
        (None, None, Route("b", named=False)),
    ],
)
def test_named_then_bound_then_pool(from_number: str | None, bound: str | None, expected: Route | NoRoute) -> None:
    """The producer's line, else the contact's, else the pool's; a line that is not ours is never replaced."""
    request = SendRequest("order-1", number="+12025550123", from_number=from_number)

    assert choose(request, b"contact1", bound, TWO) == expected


def test_an_empty_pool_takes_nobody() -> None:
    """Without a pool, only requests with a line of their own go out."""
    assert choose(REQUEST, b"contact1", None, Lines({"+12025550100": "a"}, ())) == NoRoute("NO_LINE")


def test_every_refusal_has_its_sentence() -> None:
    """Both codes are in the table of refusals."""
    assert {"LINE_NOT_OURS", "NO_LINE"} <= set(REFUSALS)


@pytest.mark.parametrize("count", [2, 5, 10])
def test_contacts_spread_evenly(count: int) -> None:
    """Each line's share lies within five standard deviations of an even one."""
    pool = lines(*(f"line-{n}" for n in range(count)))
    shares = Counter(chosen(pool))
    even = len(CONTACTS) / count
    deviation = (even * (1 - 1 / count)) ** 0.5

    assert len(shares) == count
    assert all(abs(share - even) < 5 * deviation for share in shares.values())


def moves(before: Lines, after: Lines) -> list[tuple[str, str]]:
    """Where contacts go from and to when the pool changes."""
    return [pair for pair in zip(chosen(before), chosen(after), strict=True) if pair[0] != pair[1]]


def test_a_new_line_takes_only_what_it_wins() -> None:
    """Whoever moves when a line joins moves to that line; about one in four does."""
    moved = moves(lines("a", "b", "c"), lines("a", "b", "c", "d"))

    assert {after for _, after in moved} == {"d"}
    assert 0.2 < len(moved) / len(CONTACTS) < 0.3


def test_a_line_that_leaves_gives_away_only_what_it_had() -> None:
    """Nobody moves but those who were on it, and they spread over all others."""
    moved = moves(lines("a", "b", "c"), lines("a", "c"))

    assert {before for before, _ in moved} == {"b"}
    assert {after for _, after in moved} == {"a", "c"}


@given(st.permutations(["a", "b", "c", "d"]), st.binary(min_size=8, max_size=8))
def test_the_order_of_the_pool_does_not_matter(pool: list[str], contact: bytes) -> None:
    """Two replicas that list the same lines in another order agree."""
    assert choose(REQUEST, contact, None, lines(*pool)) == choose(REQUEST, contact, None, lines("a", "b", "c", "d"))


def test_choices_stay_what_they_are() -> None:
    """A release that moves unbound contacts to other lines says so: some of their records hop once."""
    assert "".join(chosen(lines("a", "b", "c"))[:12]) == "cabccaccbbab"


@pytest.mark.parametrize(
    ("numbers", "pool", "complaint"),
    [
        ({"+12025550100": "a"}, ("a", "x", "y"), "not configured: x, y"),
        ({"+12025550100": "a", "+12025550101": "a"}, (), "two numbers"),
    ],
)
def test_lines_that_cannot_work_are_refused(numbers: dict[str, str], pool: tuple[str, ...], complaint: str) -> None:
    """A pool without numbers and an alias with two are refused when the lines are made."""
    with pytest.raises(ValueError, match=complaint):
        Lines(numbers, pool)


def test_numbers_do_not_show() -> None:
    """Lines may end in a log by their aliases only."""
    assert "+1" not in repr(TWO)
