"""What becomes of a record whose request is not free: it is in doubt, parked, or has its end.

Our own open attempt, which nobody has in flight here, is looked for, then settled by policy; what is settled owes its
event; somebody else's end is waited for.
"""

from connector.core.delays import IN_WINDOW_S, Defer, Delay, Wait
from connector.core.messages import EventType, OnInDoubt
from connector.core.resend import is_absent
from connector.core.seen import Policy, Seen
from connector.core.standing import Standing, Status
from connector.core.steps import DropIt, Held, Look, NotNow, Owe, ParkIt, Refute, Turn

PARK_AFTER_MIN_S = 60.0
"""More than lease + POST + TCP, so that a live attempt is never parked (counter-example 24)."""
NEW_HOLDER_S = 15.0
"""How long a replica has read an attempt before it parks it, however old it is: time for a look at the list."""
RESEND_GIVE_UP_S = 900.0
"""The same for a request that may be sent again: absence takes seven minutes or more to prove."""
RECHECK_S = 5.0
"""How long a record that waits for another one's end sleeps, should no change of the ledger wake it sooner."""


def not_free(held: Held, seen: Seen, standing: Standing, policy: Policy) -> Turn:
    """Return what its holder does next; ``standing`` is the request's, in the holder's own fold."""
    same = standing.origin == held.dispatch.origin
    if standing.status is Status.OPEN:
        return _in_doubt(held, seen, standing.attempt or "", policy) if same else for_another(seen, Wait.OPEN)
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
        return for_another(seen, Wait.PARKED)
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


def for_another(seen: Seen, reason: Wait) -> NotNow | Defer:
    """It waits for somebody else's end, which may lie behind it: not for long in the window."""
    if seen.waited_s >= IN_WINDOW_S:
        return Defer(Delay.MINUTE, reason)
    return NotNow(reason, seen.mono + RECHECK_S)
