"""What a turn sees: its lane, the fold and the views at this moment, put as the core asks for it."""

from connector.core import pacing
from connector.core.breakers import NOT_SUSPECTED
from connector.core.delays import Wait
from connector.core.holds import Holds
from connector.core.identities import words_hash
from connector.core.last_look import Grant
from connector.core.messages import Priority, SendRequest
from connector.core.new_contacts import Newcomer, is_spent
from connector.core.not_free import RECHECK_S
from connector.core.pacing import ForeignGrants
from connector.core.records import Intent
from connector.core.seen import Seen
from connector.core.steps import Held
from connector.core.turns import MAX_HOPS
from connector.roles.lane import Lane
from connector.roles.local_time import quiet_until


def seen(lane: Lane, offset: int, held: Held) -> Seen:
    """All that ``turns.before_intent`` goes by, now, for the record at this offset of the lane."""
    around, dispatch = lane.around, held.dispatch
    replica, clocks, doubts = around.replica, around.clocks, around.doubts
    now_ms, mono, request = clocks.now_ms(), clocks.mono(), dispatch.request
    standing = replica.fold.standing(request.request_id)
    attempt = standing.attempt if standing is not None and standing.attempt else ""
    live = replica.views.attempt(attempt)
    bound = replica.views.line_of(held.contact)
    return Seen(
        now_ms=now_ms,
        mono=mono,
        standing=standing,
        next_offset=replica.next_offset,
        bound=bound,
        contact_busy=replica.views.busy(held.contact) or lane.new.is_asked(held.contact),
        first_of_contact=lane.window.is_first(offset, mono),
        ahead=lane.window.ahead(offset, mono),
        waited_s=lane.waited_s(offset),
        line_ready_at=_line_ready_at(lane),
        goes_round=offset in lane.rounds,
        newcomer=_newcomer(lane, held, bound, mono, now_ms),
        moved_to=around.facts.followed(request.from_number, lane.line.alias),
        announced=offset in lane.announced,
        cancelled=around.orders.cancels(request.request_id, request.tags, dispatch.request_time_ms, now_ms),
        opted_out=held.contact in around.opted_out,
        was_in_doubt=replica.fold.was_in_doubt(request.request_id),
        holds=_holds(lane, held, now_ms, mono),
        suspected_until=lane.suspicions.get(offset, NOT_SUSPECTED).until,
        attempt_read_at=live.read_at if live else None,
        attempt_granted_ms=live.granted_ms if live else None,
        attempt_aged_ms=replica.fold.log_ms - live.log_ms if live else 0,
        park_before_ms=around.orders.park_before_ms,
        look_at=doubts.look_at(attempt),
        absence=doubts.absence(attempt),
        known=around.preparations.known(held),
        quiet_until_ms=_quiet_until(lane, request, now_ms),
    )


def grant_of(lane: Lane, held: Held, intent: Intent, lease_end: float, last_write: float | None) -> Grant:
    """All that ``last_look.before_write`` goes by, now. ``lease_end``, ``last_write``: monotonic seconds."""
    around, request = lane.around, held.dispatch.request
    replica, mono, now_ms = around.replica, around.clocks.mono(), around.clocks.now_ms()
    return Grant(
        mono=mono,
        lease_end=lease_end,
        owned=lane.owned and replica.may_send,
        still_open=replica.fold.is_open(intent.request_id, intent.attempt),
        contact_busy=replica.views.busy(intent.contact, before=intent.attempt),
        line=intent.line,
        bound=replica.views.line_of(intent.contact),
        own_last_write=last_write,
        gap_s=lane.line.gap_s,
        foreign=_foreign(lane, mono, before=intent.attempt),
        patient=lane.shared.split,
        quiet=_quiet_until(lane, request, now_ms) > now_ms,
        opted_out=intent.contact in around.opted_out,
        paused=max(lane.paused_s(), around.orders.pauses.tags_s(request.tags, now_ms)) > 0,
        fused=replica.fuses.beyond(intent.attempt, now_ms),
    )


def _holds(lane: Lane, held: Held, now_ms: int, mono: float) -> Holds:
    around = lane.around
    fuses = around.replica.fuses
    words = words_hash(held.dispatch.request, around.hash_key) if fuses.stops_texts else b""
    blown = fuses.holds(held.contact, words, now_ms)
    tags_s = around.orders.pauses.tags_s(held.dispatch.request.tags, now_ms)
    return Holds(mono + lane.paused_s(), mono + tags_s, mono + (blown.left_s if blown else 0.0))


def _newcomer(lane: Lane, held: Held, bound: str | None, mono: float, now_ms: int) -> Newcomer | None:
    """A contact that is new, and has to wait.

    One that no line has yet is given another line once, and once more when its line takes nobody new: a record has
    MAX_HOPS, and its binding needs one. Whose producer names a line goes on to another one only where that is retired.
    """
    around, dispatch = lane.around, held.dispatch
    if not lane.new.is_new(held, bound):
        return None
    ready_at, roomier = lane.new.ready_at(mono, now_ms), None
    if ready_at <= mono:
        return None
    is_open = around.facts.room(lane.line.alias, mono, now_ms).open
    free = bound is None and dispatch.hops < (1 if is_open else MAX_HOPS - 1)
    if free and dispatch.line_named:
        roomier = around.facts.heir(lane.line.alias)
    elif around.pool is not None and free and is_spent(around.facts, lane.line.alias, mono, now_ms):
        roomier = around.pool.roomier(held.contact, lane.line.alias, mono, now_ms)
    near = lane.window.count(Wait.NEW) < lane.new.most_near(mono, now_ms)
    return Newcomer(ready_at, near, roomier, dispatch.request.priority is Priority.REPLY)


def _quiet_until(lane: Lane, request: SendRequest, now_ms: int) -> int:
    return quiet_until(request, lane.around.policy.quiet_hours, lane.around.local_time, now_ms)


def _line_ready_at(lane: Lane) -> float:
    """When the line may propose: as its guard says, and when the pace lets a grant be written within its lease."""
    around, mono = lane.around, lane.around.clocks.mono()
    if not around.replica.may_send:
        return mono + RECHECK_S
    foreign, lease_s = _foreign(lane, mono), around.policy.lease_s
    if lane.shared.split:
        propose_at = pacing.shared_propose_at(lane.writes, lane.line.gap_s, foreign, lease_s, mono)
    else:
        propose_at = pacing.propose_at(pacing.write_at(lane.writes.begun, lane.line.gap_s, foreign), lease_s)
    return max(lane.guard.ready_at, propose_at)


def _foreign(lane: Lane, mono: float, before: str | None = None) -> ForeignGrants:
    return lane.around.replica.views.foreign_grants(lane.line.alias, mono, lane.line.gap_s, before)
