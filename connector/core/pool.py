"""Which line of the pool a new contact gets: consistent hashing (Karger, 1997), weighted by what each line has left.

Every line has PLACES places on a circle, and a contact goes to the line whose place comes next after its own. Of a
line's places only so many are *live* as it has a share: the line that has most left has all of them, one that has
a quarter of that a quarter, one that takes nobody none. A place that is not live is passed over. So no circle is ever
built anew: a line that gains takes only what it wins, one that loses gives away only what it had, as with rendezvous
hashing, but a choice costs a search instead of a hash for each line.

Shares go in steps of a fifth and are looked at once a second, so a choice seldom changes. Replicas may differ for a
moment: the ledger's binding decides. A contact that has no binding yet keeps the line that was chosen for it here while
that line takes new contacts at all, so that its requests stay in order.

No line has room: those that have something left of their day share by that; else all that are open; else all.

A line that operators have paused counts as closed here, and here alone: whoever was given it already waits for it, in
order. If all lines are paused or closed, new contacts are shared as if none were, and wait.

What is ugly: shares are off by the chance of where places lie, 4 per cent for a whole share and 14 for a tenth of one.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from struct import unpack

from connector.core.line_facts import LineFacts, Room
from connector.core.pauses import Pauses

PLACES = 640
"""Of each line: shares deviate by 1 / sqrt(PLACES). A thousand lines take 8 MB, and a second at start."""
STEP = 1.2
"""Between two shares that differ."""
LOOK_S = 1.0
"""How old shares may be."""
KEPT = 20_000
"""Choices that are remembered, 3 MB: until the first text of a contact has been read back, seldom more than minutes."""
HOURS = 24
"""What a line has left of an hour, where of its day nothing is said, it has each hour."""


class Circle:
    """The places of a pool's lines, in order; the order in which the pool lists them does not matter."""

    def __init__(self, pool: Iterable[str]) -> None:
        self.pool = sorted(pool)
        owned = ((n, rank, place) for n, alias in enumerate(self.pool) for rank, place in enumerate(_places(alias)))
        marks = sorted(place << 32 | n << 16 | rank for n, rank, place in owned)
        self._places = array("Q", (mark >> 32 for mark in marks))
        self._lines = array("H", (mark >> 16 & 0xFFFF for mark in marks))
        self._ranks = array("H", (mark & 0xFFFF for mark in marks))

    def line_of(self, contact: bytes, live: Sequence[int] | None = None) -> str:
        """The line whose live place comes next; contacts are hashes, so their bytes are a place.

        ``live``: how many places of each line are, in the pool's order, one of them at least; None: all.
        """
        lines, ranks, count = self._lines, self._ranks, len(self._places)
        at = bisect_left(self._places, int.from_bytes(contact)) % count
        while live is not None and ranks[at] >= live[lines[at]]:
            at = at + 1 if at + 1 < count else 0
        return self.pool[lines[at]]


class Pool:
    """The lines that new contacts are given, by what is known of them. ``margin``: left to others in each window."""

    def __init__(self, circle: Circle, facts: LineFacts, margin: int = 0) -> None:
        self._circle, self._facts, self._margin = circle, facts, margin
        self._pauses = Pauses()
        self._live: Sequence[int] | None = None
        self._looked = float("-inf")
        self._kept: dict[bytes, str] = {}

    def obey(self, pauses: Pauses) -> None:
        """Follow what operators have paused, as it changes in place."""
        self._pauses = pauses

    def line_of(self, contact: bytes, now: float, now_ms: int) -> str:
        """The line for a contact that has none."""
        kept = self._kept.get(contact)
        if kept is not None and self._facts.room(kept, now, now_ms).open:
            return kept
        return self.again(contact, now, now_ms)

    def again(self, contact: bytes, now: float, now_ms: int) -> str:
        """The same, whatever was chosen before."""
        if now - self._looked >= LOOK_S:
            rooms = [self._room(alias, now, now_ms) for alias in self._circle.pool]
            self._live, self._looked = live_places(rooms, self._margin), now
        line = self._circle.line_of(contact, self._live)
        self._keep(contact, line)
        return line

    def roomier(self, contact: bytes, line: str, now: float, now_ms: int) -> str | None:
        """Another line that has room for a contact which waits for ``line``; None when there is none."""
        other = self.again(contact, now, now_ms) if self._circle.pool else line
        room = self._room(other, now, now_ms)
        return other if other != line and room.open and _known_left(room, self._margin) > 0 else None

    def _room(self, alias: str, now: float, now_ms: int) -> Room:
        """As new contacts find it that may be given another line."""
        room = self._facts.room(alias, now, now_ms)
        return room._replace(open=False) if self._pauses.line_s(alias, now_ms) > 0 else room

    def _keep(self, contact: bytes, line: str) -> None:
        self._kept.pop(contact, None)
        self._kept[contact] = line
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]


def live_places(rooms: Sequence[Room], margin: int = 0) -> list[int] | None:
    """How many places of each line are live; None: all of all lines, when nobody knows better."""
    has_room = [room.open and _known_left(room, margin) > 0 for room in rooms]
    has_day = [room.open and (room.day is None or room.day > margin) for room in rooms]
    is_open = [room.open for room in rooms]
    may = next((tier for tier in (has_room, has_day, is_open) if any(tier)), None)
    if may is None:
        return None
    known = [_weight(room) for room, yes in zip(rooms, may, strict=True) if yes]
    most = max((weight for weight in known if weight is not None), default=0)
    return [_share(room, most) if yes else 0 for room, yes in zip(rooms, may, strict=True)]


def _share(room: Room, most: int) -> int:
    """In steps of STEP; a line of which nobody says what it has left counts like the best."""
    weight = _weight(room)
    if weight is None or most <= 0:
        return PLACES
    places = float(PLACES)
    while places > 1 and places * most > PLACES * weight * STEP**0.5:
        places /= STEP
    return max(round(places), 1)


def _weight(room: Room) -> int | None:
    if room.day is not None:
        return room.day
    return None if room.hour is None else room.hour * HOURS


def _known_left(room: Room, margin: int) -> float:
    return float("inf") if room.left is None else room.left - margin


def _places(alias: str) -> tuple[int, ...]:
    """PLACES numbers of 64 bits, eight from each hash."""
    name, hashes = alias.encode(), range(PLACES // 8)
    return unpack(f">{PLACES}Q", b"".join(blake2b(name, person=b"ksb:pool", salt=bytes([n])).digest() for n in hashes))
