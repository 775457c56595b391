"""The nearest names."""

import pytest

from connector.core.nearest import nearest


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
