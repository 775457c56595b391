"""The nearest names."""

import pytest

from connector.core.nearest import nearest, no_line, none_such


@pytest.mark.parametrize(
    ("wanted", "known", "told"),
    [
        ("line1", ["line-1", "north"], "; did you mean line-1?"),
        ("order-71", ["order-17", "order-72", "x"], "; did you mean order-72 or order-17?"),
        ("zzz", ["line-1"], ""),
        ("line-1", [], ""),
    ],
)
def test_what_is_near_is_named(wanted: str, known: list[str], told: str) -> None:
    """The nearest first; nothing where nothing is near."""
    assert told == nearest(wanted, known)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("line1", "no line is called line1; there are line-1, north; did you mean line-1?"),
        ("zzz", "no line is called zzz; there are line-1, north"),
        ("+13035550101", "a line is called by its alias, not by its number; that is the number of line-1"),
        ("+13035550199", "a line is called by its alias, not by its number; there are line-1, north"),
    ],
)
def test_a_line_that_there_is_not(wanted: str, told: str) -> None:
    """All there are, and the nearest; a number is told by its alias and never repeated."""
    assert told == no_line(wanted, ["line-1", "north"], {"+13035550101": "line-1"})


def test_names_that_there_are_not() -> None:
    """Each with its nearest, beside all there are."""
    told = none_such("role", ["rooter", "xyz"], ["router", "sender"])

    assert told == "no such role: rooter, xyz; there are router, sender; did you mean router?"
