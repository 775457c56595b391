"""Which line a request goes out from.

A contact must always hear from the same line, so: the line the producer names; else the line the contact is bound
to; else one of the pool. The pool choice is consistent hashing (Karger, 1997): every line has 160 places on a circle,
and a contact goes to the line whose place comes next after its own. No state is kept, a line that joins takes only what
it wins, and one that leaves gives away only what it had. So a replica that does not yet know a binding says the same as
the one that made it, as long as the pool is the same. A choice costs one search, whatever the number of lines.

A named line wins over the bound one here; whether that is allowed is for the sender to say, who knows the
binding for certain.

What is ugly: lines get new contacts with a deviation of eight per cent from an even share.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from struct import unpack
from types import MappingProxyType
from typing import NamedTuple

from connector.core.messages import SendRequest

PLACES = 160
"""Of each line: shares deviate by 1 / sqrt(PLACES). A thousand lines take 1.6 MB, and 0.25 s at start."""


class Route(NamedTuple):
    """The alias of the line, and whether the producer named it."""

    line: str
    named: bool


class NoRoute(NamedTuple):
    """No line can take the request: LINE_NOT_OURS or NO_LINE, both in ``refusals.REFUSALS``."""

    code: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Our lines: E.164 number -> alias, and the aliases that a new contact may be given.

    Raises ValueError when an alias has two numbers, or the pool names an alias without one. Numbers do not show
    in its repr.
    """

    numbers: Mapping[str, str] = field(repr=False)
    pool: tuple[str, ...]
    aliases: frozenset[str] = field(init=False)
    circle: "_Circle" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", MappingProxyType(dict(self.numbers)))
        object.__setattr__(self, "aliases", frozenset(self.numbers.values()))
        object.__setattr__(self, "circle", _Circle(self.pool))
        if len(self.aliases) < len(self.numbers):
            raise ValueError("a line alias stands for two numbers")
        if unknown := sorted(set(self.pool) - self.aliases):
            raise ValueError(f"the pool names lines that are not configured: {', '.join(unknown)}")


def choose(request: SendRequest, contact: bytes, bound: str | None, lines: Lines) -> Route | NoRoute:
    """The line for a request of ``contact``, whose binding, as far as it is known, is ``bound``.

    A contact bound to a line that is ours no longer gets none, rather than another one: only an operator rebinds.
    """
    if request.from_number is not None:
        named = lines.numbers.get(request.from_number)
        return Route(named, named=True) if named is not None else NoRoute("LINE_NOT_OURS")
    if bound is not None:
        return Route(bound, named=False) if bound in lines.aliases else NoRoute("LINE_NOT_OURS")
    return Route(lines.circle.line_of(contact), named=False) if lines.pool else NoRoute("NO_LINE")


class _Circle:
    """The places of a pool's lines, in order; the order in which the pool lists them does not matter."""

    def __init__(self, pool: tuple[str, ...]) -> None:
        self._pool = sorted(pool)
        owners: dict[int, int] = {}
        for n, alias in enumerate(self._pool):
            owners.update(dict.fromkeys(_places(alias), n))
        self._places = array("Q", sorted(owners))
        self._lines = array("H", map(owners.__getitem__, self._places))

    def line_of(self, contact: bytes) -> str:
        """The line whose place comes next; contacts are hashes, so their bytes are a place."""
        at = bisect_left(self._places, int.from_bytes(contact))
        return self._pool[self._lines[at % len(self._lines)]]


def _places(alias: str) -> tuple[int, ...]:
    """PLACES numbers of 64 bits, eight from each hash."""
    name, hashes = alias.encode(), range(PLACES // 8)
    return unpack(f">{PLACES}Q", b"".join(blake2b(name, person=b"ksb:pool", salt=bytes([n])).digest() for n in hashes))
