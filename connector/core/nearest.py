"""Which known names are nearest to one that is not known, so that a slip of the finger is told with its cure."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

SHOWN = 3


def nearest(wanted: str, known: Iterable[str]) -> str:
    """A part of a sentence that names the nearest ones, empty when none is near."""
    found = get_close_matches(wanted, list(known), n=SHOWN)
    return f"; did you mean {' or '.join(found)}?" if found else ""


def instead(wanted: str, there: Iterable[str], are: str, none: str) -> str:
    """A part of a sentence: the nearest ones; where none is near all that are, and ``none`` where there is nothing."""
    names = list(there)
    return nearest(wanted, names) or (f"; {are}: {', '.join(names)}" if names else f"; {none}")


def no_line(wanted: str, known: Iterable[str], numbers: Mapping[str, str]) -> str:
    """A sentence about a line that there is not; ``numbers``: E.164 -> alias. It repeats no number."""
    names = list(known)
    if wanted.startswith("+"):
        found = f"that is the number of {numbers[wanted]}" if wanted in numbers else f"there are {', '.join(names)}"
        return f"a line is called by its alias, not by its number; {found}"
    return f"no line is called {wanted}; there are {', '.join(names)}{nearest(wanted, names)}"


def none_such(what: str, wanted: Iterable[str], known: Iterable[str]) -> str:
    """A sentence about names that there are not, one or more of them."""
    names, ours = list(wanted), list(known)
    near = "".join(nearest(name, ours) for name in names)
    return f"no such {what}: {', '.join(names)}; there are {', '.join(ours)}{near}"
