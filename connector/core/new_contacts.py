"""When a line may text somebody new: Sendblue counts new contacts by the hour and by the day, and only those.

A contact is new on a line when the ledger has not bound it, or when Sendblue has just refused it as new (it forgets
whom nobody wrote to for 30 days). New contacts wait; known ones of the same line go on. What makes them wait:

- a refusal that names a window: until the window's end, as far as it is known
- line facts: nothing left in a window of Sendblue's or of the operator's, or a line that takes nobody new
- ``pool.spread = day``: the day's rest is divided among those that are left, so that the last one is not at noon

A group is never new: no page says how it counts, and a refusal would tell.

One that no line has yet goes to another line, once, when its own takes nobody new or has nothing left of its day; a
full hour is no reason, since those that wait for the other lines would be in the way there. Else they wait in their
line's window for a minute, then on disk (``core.delays``), so that those behind them are looked at: as many as the
line may take in an hour wait *near*, in the topic of a minute, to be there when there is room; the others, and all if
room is more than SOON_S away, come back after an hour.

A reply goes before all of them: it comes back each minute, and waits the last ones in its lane's window, so that it is
there in the moment in which there is room.
"""

from math import ceil
from typing import NamedTuple

from connector.core.backoff import LONGEST_HINT_S, window_end
from connector.core.delays import IN_WINDOW_S, Defer, Delay, Wait, delay_for
from connector.core.line_facts import LineFacts
from connector.core.outcome_table import Window
from connector.core.steps import HopTo, NotNow

LEAST_NEAR, MOST_NEAR = 15, 250
"""Of a line: what Sendblue's pages say of an hour, and half of a window, so that known contacts have the other half."""
SOON_S = 2_400.0
"""Room that comes later is met by a hop of an hour early enough; a minute's hops until then would be for nothing."""
ASK_AGAIN_S = 60.0
"""Where nobody says when there is room: the next reading is there by then."""
REPLY_S = 3 * IN_WINDOW_S
"""A reply waits that long in the window, if there is room by then: after one more hop it would come too late."""
REPLY_SOON_S = 3_600.0 + IN_WINDOW_S
"""After a hop of an hour a reply is there again before there is room."""
CLOSED_S = 300.0
"""A line that takes nobody new is looked at again; whoever opens it wakes those who wait."""
NEVER = float("-inf")
WINDOWS = frozenset({Window.HOURLY, Window.DAILY})
"""Of new contacts alone: a refusal by one of these stops no known contact."""


class Newcomer(NamedTuple):
    """A new contact that must wait until ``ready_at`` (monotonic seconds).

    ``near``: it is among those that may wait near. ``roomier``: a line that has room for it. ``reply``: it goes first.
    """

    ready_at: float
    near: bool = True
    roomier: str | None = None
    reply: bool = False


def no_room(newcomer: Newcomer, mono: float, waited_s: float, left_s: float) -> NotNow | Defer | HopTo:
    """What its record does: another line, else near in the window, else far on disk.

    ``waited_s``: for how long it has waited in the window; ``left_s``: until it expires.
    """
    wait_s = newcomer.ready_at - mono
    if newcomer.roomier is not None and wait_s > IN_WINDOW_S:
        return HopTo(newcomer.roomier)
    soon_s, stays_s = (REPLY_SOON_S, REPLY_S) if newcomer.reply else (SOON_S, IN_WINDOW_S)
    if not newcomer.near or wait_s > soon_s:
        far_ms = max(int(wait_s * 1000), Delay.HOUR.span_ms + 1)
        return Defer(delay_for(far_ms, int(left_s * 1000)) or Delay.MINUTE, Wait.NEW)
    if waited_s >= IN_WINDOW_S and waited_s + wait_s > stays_s:
        return Defer(Delay.MINUTE, Wait.NEW)
    return NotNow(Wait.NEW, mono + min(wait_s, IN_WINDOW_S, max(left_s, 0.0) + 0.001))


def most_near(facts: LineFacts, alias: str, now: float, now_ms: int, *, spread: bool) -> int:
    """How many new contacts of the line wait near: as many as have their turn within an hour."""
    hour = facts.usage(alias, now, now_ms).hour.limit or LEAST_NEAR
    gap_s = _gap_s(facts, alias, now, now_ms) if spread else None
    return min(max(hour, LEAST_NEAR), MOST_NEAR) if gap_s is None else min(ceil(3_600 / gap_s) + 1, MOST_NEAR)


def is_spent(facts: LineFacts, alias: str, now: float, now_ms: int) -> bool:
    """Whether the line takes nobody new for a long time: those that no line has yet had better go elsewhere."""
    room = facts.room(alias, now, now_ms)
    return not room.open or (room.day is not None and room.day <= 0)


def ready_at(facts: LineFacts, alias: str, under_way: int, now: float, now_ms: int) -> float:
    """When the facts let a new contact be texted from the line, monotonic seconds; NEVER before for no reason to wait.

    ``under_way``: new contacts of the line whose outcome is not known yet.
    """
    room = facts.room(alias, now, now_ms)
    if not room.open:
        return now + CLOSED_S
    if room.left is None or room.left > under_way:
        return NEVER
    usage = facts.usage(alias, now, now_ms)
    full = [quota for left, quota in ((room.hour, usage.hour), (room.day, usage.day)) if left is not None and left <= 0]
    free_ms = max((quota.free_ms for quota in full if quota.free_ms is not None), default=None)
    wait_s = ASK_AGAIN_S if free_ms is None else (free_ms - now_ms) / 1000
    return now + min(max(wait_s, 1.0), LONGEST_HINT_S)


def spread_at(facts: LineFacts, alias: str, last: float | None, now: float, now_ms: int) -> float:
    """When the next new contact's turn is if they are spread over the day; ``last``: when the last one was texted."""
    gap_s = _gap_s(facts, alias, now, now_ms)
    return NEVER if last is None or gap_s is None else last + gap_s


def _gap_s(facts: LineFacts, alias: str, now: float, now_ms: int) -> float | None:
    """Between two new contacts, where they are spread; None where nobody says how many are left of the day."""
    left = facts.room(alias, now, now_ms).day
    if not left:
        return None
    ends_ms = facts.usage(alias, now, now_ms).resets_ms or window_end(Window.DAILY, now_ms) or now_ms
    return max(ends_ms - now_ms, 1_000) / 1000 / left
