"""Going on with a ledger that does not remember all: what an operator accepted, and what follows from it.

A start is refused when the ledger is lost (it knows nothing of what was done) or begins after what ``contacts`` knows.
An *adoption*, a record of the control topic, is the way out. It says what was found when it was made, so that it lifts
the refusal for this loss and not for the next one.

With ``park_before_ms`` (T): whatever was made before T may have been sent under the ledger that is lost. A sender does
not propose such a request, unless this ledger knows it; it parks it, and a person decides. Only a request older than
72 h is left to expire. T is taken five minutes later, for clocks that are ahead. Without T the ledger is whole from
where it begins; only lines of contacts may be missing.
"""

from typing import NamedTuple

from connector.core.requests import MAX_AHEAD_MS

LEDGER_LOST = "LEDGER_LOST"
"""The reason of such a PARK."""


class Adoption(NamedTuple):
    """What was accepted, when, and how the ledger (``begin``, ``end``) and contacts (``reached``) were found then."""

    at_ms: int
    begin: int
    end: int
    reached: int | None
    park_before_ms: int | None = None
    operator: str = ""


class Found(NamedTuple):
    """The ledger's first offset and the one after its last, and the offset up to which ``contacts`` knows it.

    ``done``: something of the last 73 h is committed as done; ``done_after``: what is younger than T and five minutes.
    """

    begin: int
    end: int
    reached: int | None
    done: bool = False
    done_after: bool = False


def is_lost(found: Found) -> bool:
    """Whether what was done, or how far it was read, lies outside this ledger."""
    return ends_early(found) or (found.begin >= found.end and found.done)


def ends_early(found: Found) -> bool:
    """Whether the ledger has been read further than it reaches."""
    return found.reached is not None and found.end <= found.reached


def begins_late(found: Found) -> bool:
    """Whether the ledger begins after what ``contacts`` knows: lines of contacts may be missing."""
    return bool(found.begin) and (found.reached is None or found.begin > found.reached + 1)


def is_accepted(adoption: Adoption | None, found: Found) -> bool:
    """Whether a gap between contacts and ledger is the one that was accepted: no wider, and lost only if lost then."""
    if adoption is None or adoption.reached != found.reached or found.begin > adoption.begin:
        return False
    then = Found(adoption.begin, adoption.end, adoption.reached)
    return not ends_early(found) or (ends_early(then) and adoption.park_before_ms is not None)


def forgiven_before_ms(adoption: Adoption | None) -> int:
    """What was done before this time needs no ledger that remembers it: it is parked if it comes again."""
    return 0 if adoption is None or adoption.park_before_ms is None else with_clocks_ms(adoption.park_before_ms)


def with_clocks_ms(park_before_ms: int) -> int:
    """T and five minutes: the clock of a producer may be so far ahead, and a request look younger than it is."""
    return park_before_ms + MAX_AHEAD_MS


def is_under_lost_ledger(request_time_ms: int, park_before_ms: int) -> bool:
    """Whether a request that this ledger does not know may have been sent under the one that is lost."""
    return request_time_ms < park_before_ms


def in_its_way(found: Found, park_before_ms: int | None, now_ms: int) -> str | None:
    """Why there is nothing to adopt, or not so; None when it may be."""
    if park_before_ms is None:
        if is_lost(found):
            return "this ledger is lost, not only late: say with --park-before from when on it is to be trusted"
        return None if begins_late(found) else "nothing to adopt: the ledger goes on from what the contacts topic knows"
    if park_before_ms > now_ms:
        return "--park-before lies in the future; the time at which the old ledger was last written is wanted, or now"
    if found.done_after:
        return (
            "requests younger than that are committed as done, so they may have been sent: give a later --park-before"
        )
    return None


def adopted(before: Adoption | None, found: Found, park_before_ms: int | None, now_ms: int, operator: str) -> Adoption:
    """The record to write. What was said to be parked stays so: the later of two times holds."""
    earlier = before.park_before_ms if before else None
    times = [time for time in (earlier, park_before_ms) if time is not None]
    return Adoption(now_ms, found.begin, found.end, found.reached, max(times, default=None), operator)
