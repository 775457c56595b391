"""One record's turn at its line: what its holder does next.

*Before the intent* the holder looks at its own fold first: a request that is not free is never proposed, it is acted
on (owed, in doubt, not now). Only then come time, binding, orders and fuses, the contact and the line. What is granted
is looked at once more before the write: ``last_look``.

What it may say is in ``steps``.
"""

from connector.core.adoption import is_under_lost_ledger
from connector.core.delays import HOLDS, IN_WINDOW_S, Defer, Delay, Wait, delay_for
from connector.core.messages import Disposition
from connector.core.new_contacts import no_room
from connector.core.not_free import RECHECK_S, for_another, not_free
from connector.core.opt_outs import OPTED_OUT
from connector.core.parking import UNSETTLED
from connector.core.preparing import forbidden_end, prepared
from connector.core.refusals import refusal
from connector.core.requests import expires_ms, too_new, too_old
from connector.core.seen import Policy, Seen
from connector.core.steps import (
    Announce,
    Close,
    Held,
    HopTo,
    NotNow,
    ParkUnknown,
    Turn,
)

MAX_HOPS = 3
"""Moves between lines before a request is refused: bindings do not change that often."""
AGREE_S = 5.0
"""How long a record waits before its second hop, and before a conflict of lines ends it: a replica that is behind
catches up within this, or is not ready to send."""
BEHIND_S = 0.5
"""How long a record waits for our own fold, before it looks again."""


AGED = refusal("TOO_OLD")
OUT_OF_TIME = refusal("OUT_OF_TIME")
LINE_CONFLICT = refusal("LINE_CONFLICT")


def before_intent(held: Held, seen: Seen, policy: Policy) -> Turn:
    """Decide what a record does next that has no attempt of this holder in flight."""
    if _may_be_sent_already(held, seen):
        return ParkUnknown()
    if _is_behind(held, seen):
        return NotNow(Wait.LEDGER, seen.mono + BEHIND_S)
    if seen.standing is not None and not seen.standing.admits(held.dispatch.redrive):
        return not_free(held, seen, seen.standing, policy)
    ended = (
        _out_of_time(held, seen, policy)
        or _unwanted(seen)
        or forbidden_end(held.dispatch.request, policy.preparing)
        or _elsewhere(held, seen, policy)
    )
    if ended is not None:
        return ended
    return _own_wait(held, seen, policy) or _of_contact(seen) or _of_line(held, seen, policy)


def _own_wait(held: Held, seen: Seen, policy: Policy) -> NotNow | Defer | Announce | None:
    """For a time of its own, or by an order or a fuse that holds this record alone."""
    send_at = held.dispatch.request.send_at_ms or 0  # a record's own time a little ahead of us is only another clock
    if send_at > seen.now_ms:
        return _scheduled(held, seen, policy, send_at)
    reason, until = seen.holds.of_record()
    if until > seen.mono:
        return _makes_way(held, seen, policy, reason, until)
    return _quiet(held, seen, policy) if seen.quiet_until_ms > seen.now_ms else None


def _of_contact(seen: Seen) -> NotNow | Defer | None:
    """Another text of its contact comes first."""
    if not seen.first_of_contact:
        return _behind(seen)
    return for_another(seen, Wait.BUSY) if seen.contact_busy else None


def _of_line(held: Held, seen: Seen, policy: Policy) -> Turn:
    """The line's turn, and what must be known before it."""
    if seen.newcomer is not None:
        return no_room(seen.newcomer, seen.mono, seen.waited_s, _left_s(held, seen, policy))
    reason, until = seen.holds.of_line(seen.line_ready_at)
    if until > seen.mono:
        return _blocked(held, seen, policy, reason, until)
    if seen.suspected_until > seen.mono:
        return NotNow(Wait.SUSPECTED, _sooner(held, seen, policy, seen.suspected_until))
    request, round_ = held.dispatch.request, seen.goes_round
    return prepared(request, seen.known, policy.preparing, seen.mono, seen.waited_s, goes_round=round_)


def _is_behind(held: Held, seen: Seen) -> bool:
    """Our fold is older than the record, which would get the end of its earlier life, and be done.

    Of a lost ledger's offsets the new one knows nothing.
    """
    dispatch = held.dispatch
    lost = is_under_lost_ledger(dispatch.request_time_ms, seen.park_before_ms)
    return seen.next_offset < dispatch.after_ledger and not lost


def _may_be_sent_already(held: Held, seen: Seen) -> bool:
    """Before it is said to have expired: that would say that it was not sent. Past 72 h nobody could tell any more."""
    time_ms = held.dispatch.request_time_ms
    unknown = seen.standing is None and not too_old(time_ms, seen.now_ms)
    return unknown and is_under_lost_ledger(time_ms, seen.park_before_ms)


def _scheduled(held: Held, seen: Seen, policy: Policy, due: int) -> NotNow | Defer | Announce:
    dispatch, left_ms = held.dispatch, due - seen.now_ms
    delay = delay_for(left_ms, expires_ms(dispatch, policy.default_ttl_ms) - seen.now_ms)
    if delay is not None:
        return Defer(delay, Wait.SCHEDULED)
    if not seen.announced and not dispatch.deferrals:
        return Announce()
    return NotNow(Wait.SCHEDULED, seen.mono + left_ms / 1000)


def _quiet(held: Held, seen: Seen, policy: Policy) -> NotNow | Defer:
    """To the next minute that is allowed, or to its own end, if that comes first."""
    end_ms = min(seen.quiet_until_ms, expires_ms(held.dispatch, policy.default_ttl_ms))
    left_ms = end_ms - seen.now_ms
    delay = delay_for(left_ms, left_ms)
    if delay is not None:
        return Defer(delay, Wait.QUIET)
    return NotNow(Wait.QUIET, seen.mono + left_ms / 1000)


def _behind(seen: Seen) -> NotNow | Defer:
    """Another of its contact comes first; if that one is held, those behind it are held too."""
    if seen.ahead in HOLDS:
        return for_another(seen, Wait.HELD)
    return NotNow(Wait.BEHIND, seen.mono + RECHECK_S)


def _makes_way(held: Held, seen: Seen, policy: Policy, reason: Wait, until: float) -> NotNow | Defer:
    """It alone is held, and its line goes on."""
    if seen.goes_round:
        return Defer(Delay.MINUTE, reason)
    return NotNow(reason, _sooner(held, seen, policy, until))


def _blocked(held: Held, seen: Seen, policy: Policy, reason: Wait, until: float) -> NotNow | Defer:
    if seen.goes_round and until - seen.mono > IN_WINDOW_S:
        return Defer(Delay.MINUTE, reason)
    return NotNow(reason, _sooner(held, seen, policy, until))


def _sooner(held: Held, seen: Seen, policy: Policy, until: float) -> float:
    """A waiting record wakes no later than at its own end, so that a blocked line still expires."""
    return min(until, seen.mono + max(_left_s(held, seen, policy), 0.0) + 0.001)


def _left_s(held: Held, seen: Seen, policy: Policy) -> float:
    return (expires_ms(held.dispatch, policy.default_ttl_ms) - seen.now_ms) / 1000


def _out_of_time(held: Held, seen: Seen, policy: Policy) -> Close | None:
    dispatch = held.dispatch
    if new := too_new(dispatch.request, held.record_time_ms, seen.now_ms):
        return Close(Disposition.REJECTED, new.code)
    if too_old(dispatch.request_time_ms, seen.now_ms):
        return too_late(AGED.code, seen.was_in_doubt)
    if seen.now_ms >= expires_ms(dispatch, policy.default_ttl_ms):
        return too_late(OUT_OF_TIME.code, seen.was_in_doubt)
    return None


def too_late(code: str, was_in_doubt: bool) -> Close:
    """EXPIRED says that nothing was sent: not of a request that the ledger has forgotten in doubt."""
    return Close(Disposition.DROPPED, UNSETTLED) if was_in_doubt else Close(Disposition.EXPIRED, code)


def _unwanted(seen: Seen) -> Close | None:
    """By the operator who cancelled it, or by the contact."""
    if seen.cancelled is not None:
        return Close(Disposition.CANCELLED, seen.cancelled)
    return Close(Disposition.REJECTED, OPTED_OUT) if seen.opted_out else None


def _elsewhere(held: Held, seen: Seen, policy: Policy) -> HopTo | NotNow | Close | None:
    """Two replicas may see a binding made a moment ago differently; a record that went to and fro waits for them."""
    dispatch = held.dispatch
    if seen.bound is None or seen.bound == dispatch.line:
        return None
    named = dispatch.line_named and not policy.use_bound_line and seen.bound not in seen.moved_to
    if (named or dispatch.hops) and seen.waited_s < AGREE_S:
        return NotNow(Wait.MOVED, seen.mono + AGREE_S)
    if named or dispatch.hops >= MAX_HOPS:
        return Close(Disposition.REJECTED, LINE_CONFLICT.code)
    return HopTo(seen.bound)
