"""Which known names are nearest to one that is not known, so that a slip of the finger is told with its cure."""

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 3


def nearest(wanted: str, known: Iterable[str]) -> str:
    """A part of a sentence that names the nearest ones, empty when none is near."""
    found = get_close_matches(wanted, list(known), n=SHOWN)
    return f"; did you mean {' or '.join(found)}?" if found else ""
