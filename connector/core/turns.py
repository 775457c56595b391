"""One record's turn at its line: what its holder does next.

*Before the intent* the holder looks at its own fold first: a request that is not free is never proposed, it is acted
on (owed, in doubt, not now). Only then come time, binding, the contact and the line. What is granted is looked at once
more before the write: ``last_look``.

What it may say is in ``steps``.
"""

from dataclasses import dataclass

from connector.core.adoption import is_under_lost_ledger
from connector.core.delays import HOLDS, IN_WINDOW_S, Defer, Delay, Wait, delay_for
from connector.core.messages import Disposition, EventType, OnInDoubt
from connector.core.outcomes import UnknownCode
from connector.core.quiet import Hours
from connector.core.refusals import refusal
from connector.core.requests import expires_ms, too_new, too_old
from connector.core.resend import NOTHING_SEEN, Absence, is_absent
from connector.core.standing import Standing, Status
from connector.core.steps import (
    Announce,
    Close,
    DropIt,
    Held,
    HopTo,
    Look,
    NotNow,
    Owe,
    ParkIt,
    ParkUnknown,
    Propose,
    Refute,
    Turn,
)

MAX_HOPS = 3
"""Moves between lines before a request is refused: bindings do not change that often."""
PARK_AFTER_S = 600.0
"""How long an attempt stays in doubt before it is parked, by default."""
PARK_AFTER_MIN_S = 60.0
"""More than lease + POST + TCP, so that a live attempt is never parked (counter-example 24)."""
NEW_HOLDER_S = 15.0
"""How long a replica has read an attempt before it parks it, however old it is: time for a look at the list."""
RESEND_GIVE_UP_S = 900.0
"""The same for a request that may be sent again: absence takes seven minutes or more to prove."""
AGREE_S = 5.0
"""How long a record waits before its second hop, and before a conflict of lines ends it: a replica that is behind
catches up within this, or is not ready to send."""
BEHIND_S = 0.5
"""How long a record waits for our own fold, before it looks again."""
RECHECK_S = 5.0
"""How long a record that waits for another one's end sleeps, should no change of the ledger wake it sooner."""


AGED = refusal("TOO_OLD")
OUT_OF_TIME = refusal("OUT_OF_TIME")
LINE_CONFLICT = refusal("LINE_CONFLICT")


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings a turn depends on; spans in seconds, but the time to live."""

    in_doubt: OnInDoubt = OnInDoubt.PARK
    park_after_s: float = PARK_AFTER_S
    default_ttl_ms: int = 24 * 3600 * 1000
    use_bound_line: bool = False
    lease_s: float = 5.0
    unknown_code: UnknownCode = UnknownCode.REJECT
    quiet_hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the holder sees at the moment it decides: clocks, its own fold and views, its window and its line.

    ``next_offset``: how far the ledger is read. ``cancelled``: the code of an order that cancels the request.
    ``ahead``: what the first of its contact in the window waits for; None when it is the first itself, or the one ahead
    is at work. ``waited_s``: for how long it has waited for somebody else's end. ``goes_round``: it is its blocked
    line's turn to let this record, its oldest, go round.
    ``attempt_read_at`` and ``attempt_granted_ms``: when the open attempt's INTENT was read (monotonic) and appended.
    ``attempt_aged_ms``: how far log time has gone since then.
    ``look_at``: when the next look for it is due, None while one is under way. ``absence``: what looks have said.
    ``suspected_until``: others go first until then. ``park_before_ms``: what an operator said of a lost ledger.
    ``quiet_until_ms``: the first moment, from now on, that is in nobody's quiet hours.
    """

    now_ms: int
    mono: float
    standing: Standing | None
    next_offset: int = 0
    bound: str | None = None
    contact_busy: bool = False
    first_of_contact: bool = True
    ahead: Wait | None = None
    waited_s: float = 0.0
    line_ready_at: float = 0.0
    goes_round: bool = False
    announced: bool = False
    cancelled: str | None = None
    attempt_read_at: float | None = None
    attempt_granted_ms: int | None = None
    attempt_aged_ms: int = 0
    suspected_until: float = float("-inf")
    quiet_until_ms: int = 0
    park_before_ms: int = 0
    look_at: float | None = None
    absence: Absence = NOTHING_SEEN


def before_intent(held: Held, seen: Seen, policy: Policy) -> Turn:
    """Decide what a record does next that has no attempt of this holder in flight."""
    if _may_be_sent_already(held, seen):
        return ParkUnknown()
    if _is_behind(held, seen):
        return NotNow(Wait.LEDGER, seen.mono + BEHIND_S)
    if seen.standing is not None and not seen.standing.admits(held.dispatch.redrive):
        return _not_free(held, seen, seen.standing, policy)
    ended = _out_of_time(held, seen, policy) or _cancelled(seen) or _elsewhere(held, seen, policy)
    if ended is not None:
        return ended
    send_at = held.dispatch.request.send_at_ms or 0  # a record's own time a little ahead of us is only another clock
    if send_at > seen.now_ms:
        return _scheduled(held, seen, policy, send_at)
    if seen.quiet_until_ms > seen.now_ms:
        return _quiet(held, seen, policy)
    if not seen.first_of_contact:
        return _behind(seen)
    if seen.contact_busy:
        return _for_another(seen, Wait.BUSY)
    if seen.line_ready_at > seen.mono:
        return _blocked(held, seen, policy)
    if seen.suspected_until > seen.mono:
        return NotNow(Wait.SUSPECTED, _sooner(held, seen, policy, seen.suspected_until))
    return Propose()


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
        return _for_another(seen, Wait.HELD)
    return NotNow(Wait.BEHIND, seen.mono + RECHECK_S)


def _for_another(seen: Seen, reason: Wait) -> NotNow | Defer:
    """It waits for somebody else's end, which may lie behind it: not for long in the window."""
    if seen.waited_s >= IN_WINDOW_S:
        return Defer(Delay.MINUTE, reason)
    return NotNow(reason, seen.mono + RECHECK_S)


def _blocked(held: Held, seen: Seen, policy: Policy) -> NotNow | Defer:
    if seen.goes_round and seen.line_ready_at - seen.mono > IN_WINDOW_S:
        return Defer(Delay.MINUTE, Wait.LINE)
    return NotNow(Wait.LINE, _sooner(held, seen, policy, seen.line_ready_at))


def _sooner(held: Held, seen: Seen, policy: Policy, until: float) -> float:
    """A waiting record wakes no later than at its own end, so that a blocked line still expires."""
    left_s = (expires_ms(held.dispatch, policy.default_ttl_ms) - seen.now_ms) / 1000
    return min(until, seen.mono + max(left_s, 0.0) + 0.001)


def _out_of_time(held: Held, seen: Seen, policy: Policy) -> Close | None:
    dispatch = held.dispatch
    if new := too_new(dispatch.request, held.record_time_ms, seen.now_ms):
        return Close(Disposition.REJECTED, new.code)
    if too_old(dispatch.request_time_ms, seen.now_ms):
        return Close(Disposition.EXPIRED, AGED.code)
    if seen.now_ms >= expires_ms(dispatch, policy.default_ttl_ms):
        return Close(Disposition.EXPIRED, OUT_OF_TIME.code)
    return None


def _cancelled(seen: Seen) -> Close | None:
    return None if seen.cancelled is None else Close(Disposition.CANCELLED, seen.cancelled)


def _elsewhere(held: Held, seen: Seen, policy: Policy) -> HopTo | NotNow | Close | None:
    """Two replicas may see a binding made a moment ago differently; a record that went to and fro waits for them."""
    dispatch = held.dispatch
    if seen.bound is None or seen.bound == dispatch.line:
        return None
    named = dispatch.line_named and not policy.use_bound_line
    if (named or dispatch.hops) and seen.waited_s < AGREE_S:
        return NotNow(Wait.MOVED, seen.mono + AGREE_S)
    if named or dispatch.hops >= MAX_HOPS:
        return Close(Disposition.REJECTED, LINE_CONFLICT.code)
    return HopTo(seen.bound)


def _not_free(held: Held, seen: Seen, standing: Standing, policy: Policy) -> Turn:
    same = standing.origin == held.dispatch.origin
    if standing.status is Status.OPEN:
        return _in_doubt(held, seen, standing.attempt or "", policy) if same else _for_another(seen, Wait.OPEN)
    if standing.status is Status.PARKED:
        return _parked(held, seen, standing, policy, same)
    return Owe(standing, owed_event(standing, same), not same and _reused(standing, held.body))


def _in_doubt(held: Held, seen: Seen, attempt: str, policy: Policy) -> Turn:
    """Our own open attempt, which nobody has in flight here: look, then by policy."""
    resend = in_doubt_policy(held, policy) is OnInDoubt.RESEND
    if resend and _is_absent(seen) and seen.line_ready_at <= seen.mono:
        return Refute(attempt)
    if _doubt_is_over(seen, max(policy.park_after_s, RESEND_GIVE_UP_S) if resend else policy.park_after_s):
        return ParkIt(attempt)
    if seen.look_at is not None and seen.look_at <= seen.mono:
        return Look(attempt)
    return NotNow(Wait.IN_DOUBT, min(seen.look_at or seen.mono + RECHECK_S, seen.mono + RECHECK_S))


def in_doubt_policy(held: Held, policy: Policy) -> OnInDoubt:
    """What becomes of this request's attempts in doubt: as it says, else as the connector is set."""
    return held.dispatch.request.on_in_doubt or policy.in_doubt


def _is_absent(seen: Seen) -> bool:
    if seen.attempt_read_at is None or seen.attempt_granted_ms is None:
        return False
    return is_absent(seen.absence, seen.attempt_read_at, seen.attempt_granted_ms, seen.mono, seen.now_ms)


def _parked(held: Held, seen: Seen, standing: Standing, policy: Policy, same: bool) -> Turn:
    if not same:
        return _for_another(seen, Wait.PARKED)
    if in_doubt_policy(held, policy) is OnInDoubt.DROP:
        return DropIt(standing.attempt or "")
    return Owe(standing, EventType.PARKED, False)


def _doubt_is_over(seen: Seen, after_s: float) -> bool:
    """Old enough by our wall clock, and not live any more by one that does not depend on it."""
    if seen.attempt_read_at is None or seen.attempt_granted_ms is None:
        return True
    old_enough = (seen.now_ms - seen.attempt_granted_ms) / 1000 >= after_s
    return old_enough and not _may_be_live(seen.mono - seen.attempt_read_at, seen.attempt_aged_ms / 1000)


def _may_be_live(read_s: float, aged_s: float) -> bool:
    """A minute has gone neither here since it was read, nor in the ledger, which goes on while holders come and go."""
    return read_s < NEW_HOLDER_S or max(read_s, aged_s) < PARK_AFTER_MIN_S


def _reused(standing: Standing, body: bytes) -> bool:
    return bool(standing.body) and standing.body != body


def owed_event(standing: Standing, same_origin: bool) -> EventType:
    """Which event the end of a settled request owes to a record of the same or of another origin."""
    if not same_origin:
        return EventType.DUPLICATE
    if standing.status is Status.SUBMITTED:
        return EventType.SUBMITTED
    if standing.status is Status.REJECTED or standing.disposition is None:
        return EventType.REJECTED
    return EventType(standing.disposition)
