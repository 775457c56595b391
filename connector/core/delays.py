"""Which waits happen on disk: a record that must wait longer than a minute takes a hop through a delay topic.

A delay topic holds every record for the same span, so that first in is first out and nothing needs sorting. What comes
back too early takes another hop; the last minute is waited in the line's window. Four kinds of record hop:

* scheduled, its send_at more than a minute away, or quiet hours that go on for longer
* one that has waited a minute for somebody else's end, or for an answer from outside: a window full of records that
  wait for one behind its end would wait for ever (counter-example 22). One whose **own** attempt is in doubt never
  hops: whoever settles that attempt must hold the record
* the oldest of a full window whose line is blocked or paused for more than a minute: so the window goes round, and
  what expires behind it meets its end
* one that its tag's pause, or a fuse, holds for more than a minute, or in a full window at all: its line goes on
* in a full window, the oldest that waits for an answer from outside: its question stands at the desk meanwhile

A hop gives up the record's place among its contact's, and the DEFERRED event says so. What is ugly: a line blocked for
days writes its backlog again and again. ``Rotation`` bounds that for all lines of a process together.
"""

from enum import StrEnum
from typing import NamedTuple

IN_WINDOW_S = 60.0
"""How long a record waits in its line's window before it hops: most waits are shorter, and a hop costs two appends."""
ROUND_S = 0.05
"""One record of blocked lines goes round each 50 ms: 100,000 of them in 84 minutes, and at 1 KB a record 1.7 GB a day
in each of the two topics. Expiry is that late for a record behind a blocked window, in the worst case."""
ASIDE_S = 0.005
"""One that makes way on a line that goes on leaves each 5 ms: others wait behind it."""


class Delay(StrEnum):
    """A delay topic, by its name's last part."""

    MINUTE = "1m"
    HOUR = "1h"

    @property
    def span_ms(self) -> int:
        """How long the topic holds each record."""
        return 60_000 if self is Delay.MINUTE else 3_600_000


class Wait(StrEnum):
    """What a record waits for. The names are the codes of DEFERRED events."""

    SCHEDULED = "scheduled"
    QUIET = "quiet hours"
    OPEN = "another attempt of the request is open"
    IN_DOUBT = "in doubt"
    PARKED = "parked"
    BUSY = "contact busy"
    BEHIND = "behind another"
    HELD = "behind one that is held"
    MOVED = "the contact seems to hear from another line"
    LINE = "line waits"
    NEW = "no room for new contacts"
    SUSPECTED = "suspected"
    LEDGER = "the ledger is behind"
    SERVICE = "whether the contact has iMessage is being asked"
    MEDIA = "its file is being uploaded"
    PAUSED = "paused"
    TAG_PAUSED = "its tag is paused"
    FUSE = "a fuse has blown"


PLACELESS = frozenset({Wait.SCHEDULED, Wait.QUIET})
"""Waits for a time of the record's own: those of its contact that are due go first."""
ASKED = frozenset({Wait.SERVICE, Wait.MEDIA})
"""Waits for an answer from outside."""
FOR_ANOTHER = frozenset({Wait.OPEN, Wait.PARKED, Wait.BUSY, Wait.HELD, Wait.MOVED}) | ASKED
"""Waits that end with somebody else's end, which may lie behind this record, or with an answer from outside."""
TIMED = FOR_ANOTHER | {Wait.NEW}
"""Waits after a minute of which a record hops."""
HOLDS = TIMED | {Wait.IN_DOUBT}
"""What the first of a contact waits for when those behind it are held, not merely next."""

FOR_LINE = frozenset({Wait.LINE, Wait.PAUSED})
"""Waits of a whole line: only a full window goes round."""
ASIDE = frozenset({Wait.TAG_PAUSED, Wait.FUSE})
"""Waits of single records of a line that goes on."""
MAKES_WAY = ASIDE | ASKED
"""Waits that make way for those behind them."""
NEWCOMERS = frozenset({Wait.NEW})
ORDERED = ASIDE | NEWCOMERS | {Wait.HELD}
"""Waits by an order, a fuse or Sendblue's rooms, and behind them: a line all of whose records so wait is not stuck."""


class Defer(NamedTuple):
    """The record takes a hop through this delay topic, then its window is left."""

    delay: Delay
    reason: Wait


def delay_for(left_ms: int, expires_in_ms: int) -> Delay | None:
    """The topic for a record that is due in ``left_ms``; None when it can wait in the window.

    It comes back before it is due, and at most a minute after it expired.
    """
    if left_ms <= IN_WINDOW_S * 1000:
        return None
    back_in_ms = min(left_ms, expires_in_ms + Delay.MINUTE.span_ms)
    return Delay.HOUR if back_in_ms > Delay.HOUR.span_ms else Delay.MINUTE


class Rotation:
    """Whose record goes round next, among all blocked lines of a process: each turn is given once, in order."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = float("-inf")

    def turn(self, now: float, step_s: float = ROUND_S) -> float:
        """Return when the caller may let one record go round, monotonic seconds, ``now`` or later."""
        mine = max(self._next, now)
        self._next = mine + step_s
        return mine
