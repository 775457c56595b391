"""What a turn sees: its lane, the fold and the views at this moment, put as the core asks for it."""

from connector.core import pacing, turns
from connector.core.breakers import NOT_SUSPECTED
from connector.core.last_look import Grant
from connector.core.messages import SendRequest
from connector.core.pacing import ForeignGrants
from connector.core.records import Intent
from connector.core.steps import Held
from connector.core.turns import Seen
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
    return Seen(
        now_ms=now_ms,
        mono=mono,
        standing=standing,
        next_offset=replica.next_offset,
        bound=replica.views.line_of(held.contact),
        contact_busy=replica.views.busy(held.contact),
        first_of_contact=lane.window.is_first(offset, mono),
        ahead=lane.window.ahead(offset, mono),
        waited_s=lane.waited_s(offset),
        line_ready_at=_line_ready_at(lane),
        goes_round=offset in lane.rounds,
        announced=offset in lane.announced,
        cancelled=around.orders.cancels(request.request_id, request.tags, dispatch.request_time_ms, now_ms),
        suspected_until=lane.suspicions.get(offset, NOT_SUSPECTED).until,
        attempt_read_at=live.read_at if live else None,
        attempt_granted_ms=live.granted_ms if live else None,
        attempt_aged_ms=replica.fold.log_ms - live.log_ms if live else 0,
        park_before_ms=around.orders.park_before_ms,
        look_at=doubts.look_at(attempt),
        absence=doubts.absence(attempt),
        quiet_until_ms=_quiet_until(lane, request, now_ms),
    )


def grant_of(lane: Lane, held: Held, intent: Intent, lease_end: float, last_write: float | None) -> Grant:
    """All that ``last_look.before_write`` goes by, now. ``lease_end``, ``last_write``: monotonic seconds."""
    replica, mono = lane.around.replica, lane.around.clocks.mono()
    now_ms = lane.around.clocks.now_ms()
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
        quiet=_quiet_until(lane, held.dispatch.request, now_ms) > now_ms,
    )


def _quiet_until(lane: Lane, request: SendRequest, now_ms: int) -> int:
    return quiet_until(request, lane.around.policy.quiet_hours, lane.around.local_time, now_ms)


def _line_ready_at(lane: Lane) -> float:
    """When the line may propose: as its guard says, and when the pace lets a grant be written within its lease."""
    around, mono = lane.around, lane.around.clocks.mono()
    if not around.replica.may_send:
        return mono + turns.RECHECK_S
    foreign, lease_s = _foreign(lane, mono), around.policy.lease_s
    if lane.shared.split:
        propose_at = pacing.shared_propose_at(lane.writes, lane.line.gap_s, foreign, lease_s, mono)
    else:
        propose_at = pacing.propose_at(pacing.write_at(lane.writes.begun, lane.line.gap_s, foreign), lease_s)
    return max(lane.guard.ready_at, propose_at)


def _foreign(lane: Lane, mono: float, before: str | None = None) -> ForeignGrants:
    return lane.around.replica.views.foreign_grants(lane.line.alias, mono, lane.line.gap_s, before)
