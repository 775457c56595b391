"""Which line a request goes out from.

A contact must always hear from the same line, so: the line the producer names; else the line the contact is bound
to; else one of the pool (``core.pool``), by consistent hashing: a replica that does not yet know a binding says the
same as the one that made it, as long as pool and room are the same.

A named line wins over the bound one here; whether that is allowed is for the sender to say, who knows the
binding for certain.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from connector.core.messages import SendRequest
from connector.core.pool import Circle


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
    circle: Circle = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", MappingProxyType(dict(self.numbers)))
        object.__setattr__(self, "aliases", frozenset(self.numbers.values()))
        object.__setattr__(self, "circle", Circle(self.pool))
        if len(self.aliases) < len(self.numbers):
            raise ValueError("a line alias stands for two numbers")
        if unknown := sorted(set(self.pool) - self.aliases):
            raise ValueError(f"the pool names lines that are not configured: {', '.join(unknown)}")


def choose(
    request: SendRequest,
    contact: bytes,
    bound: str | None,
    lines: Lines,
    pick: Callable[[bytes], str] | None = None,
) -> Route | NoRoute:
    """The line for a request of ``contact``, whose binding, as far as it is known, is ``bound``.

    ``pick``: chooses from the pool; without it each line gets its even share.

    A contact bound to a line that is ours no longer gets none, rather than another one: only an operator rebinds.
    """
    if request.from_number is not None:
        named = lines.numbers.get(request.from_number)
        return Route(named, named=True) if named is not None else NoRoute("LINE_NOT_OURS")
    if bound is not None:
        return Route(bound, named=False) if bound in lines.aliases else NoRoute("LINE_NOT_OURS")
    pick = pick or lines.circle.line_of
    return Route(pick(contact), named=False) if lines.pool else NoRoute("NO_LINE")
