"""Moving all contacts of a line to another one, and giving contacts their line from a list: who may go, who may not.

A move is a REBIND for each contact, judged one by one (``rebinding``), so it may be broken off and begun again: whoever
has moved is no contact of the old line any more. It is written to the control topic first, with who and when. From then
on a request that *names* the old line follows its contact, instead of being refused; a *retired* line is given no new
contacts either: a new one that a request names it for goes where its contacts went.

**Where contacts were moved is never forgotten.** A line may be moved again, to another one, or be taken into use again;
whom an earlier order moved is still where it went, and so is its producer's word for the old line. So the newest order
of a line keeps the lines of all former ones. What is ugly: a contact that was never moved, and hears from one of those,
is followed there too; nobody keeps from where each contact came.

A list only adds: a contact that the ledger has bound to another line, or that the list gives two lines, is a conflict
and stays. What is granted between the look and the landing looks once more at its contact's line before it writes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from connector.core.rebinding import in_the_way
from connector.core.views import Views


class Move(NamedTuple):
    """An operator's order: the line's contacts are texted from ``to``, None: the line is in use again, and whoever was
    moved stays there. ``retired``: it takes no new ones. ``former``: where earlier orders moved its contacts.
    """

    to: str | None
    retired: bool
    at_ms: int
    operator: str
    former: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines that contacts of this one were ever moved to, the newest last."""
        return self.former if self.to is None else (*self.former, self.to)


class Plan(NamedTuple):
    """The contacts of a line: those that may be moved, and those with a text in flight or in doubt, or parked."""

    movable: tuple[bytes, ...]
    busy: tuple[bytes, ...]
    parked: tuple[bytes, ...]


class Entry(NamedTuple):
    """One entry of a list: where it stands there, for people; the contact; the alias of its line."""

    place: str
    contact: bytes
    line: str


@dataclass(slots=True)
class Listing:
    """What becomes of a list: contacts to bind, those bound so already, and why the others stay, by place."""

    new: dict[bytes, str] = field(default_factory=dict)
    same: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def following(before: Move | None, given: Move) -> Move:
    """A new order of the same line, which keeps where the one before it moved contacts."""
    lines = () if before is None else before.lines
    return given._replace(former=tuple(line for line in lines if line != given.to))


def moved_along(moves: Mapping[str, Move], line: str) -> frozenset[str]:
    """All lines that contacts of this one may have got to: where it was ever moved, where those were, and on."""
    along, rest = dict[str, None](), [line]
    while rest:
        new = [to for to in _lines(moves, rest.pop()) if to not in along]
        along |= dict.fromkeys(new)
        rest += new
    return frozenset(along)


def heir(moves: Mapping[str, Move], line: str) -> str | None:
    """The line that takes the new contacts of a retired one: where it was moved, or where that one, retired too, was.

    None for a line that is not retired, and where it goes round in a circle.
    """
    seen = {line}
    while (move := moves.get(line)) is not None and move.retired and move.to is not None:
        if (line := move.to) in seen:
            return None
        seen.add(line)
    return line if len(seen) > 1 else None


def _lines(moves: Mapping[str, Move], line: str) -> tuple[str, ...]:
    return moves[line].lines if line in moves else ()


def plan(views: Views, line: str, *, parked_too: bool) -> Plan:
    """Judge every contact of the line."""
    movable, busy, parked = [], [], []
    for contact in views.contacts_of(line):
        if views.busy(contact):
            busy.append(contact)
        elif in_the_way(views, contact, parked_too=parked_too):
            parked.append(contact)
        else:
            movable.append(contact)
    return Plan(tuple(movable), tuple(busy), tuple(parked))


def may_go(views: Views, contact: bytes, bound: str | None, *, parked_too: bool) -> bool:
    """Judge one contact again, right before its REBIND: its line is still the one it was chosen by, and nothing is in
    the way. Who has found a line of its own meanwhile stays there."""
    return views.line_of(contact) == bound and in_the_way(views, contact, parked_too=parked_too) is None


def listing(views: Views, entries: Iterable[Entry]) -> Listing:
    """Judge a list. Of a contact that it gives two lines the first entry counts, the other is told."""
    found = Listing()
    for entry in entries:
        bound = views.line_of(entry.contact)
        given = found.new.get(entry.contact, bound)
        if given == entry.line:
            found.same += 1
        elif given is not None:
            found.refused.append(
                (entry.place, f"the contact is texted from {given}; see `kafka-sendblue ledger rebind`")
            )
        elif why := in_the_way(views, entry.contact, parked_too=False):
            found.refused.append((entry.place, why))
        else:
            found.new[entry.contact] = entry.line
    return found
