"""The last look before the socket: a grant is judged once more, in the moment it would be used.

It is taken twice: before a connection is asked for, which costs time where it must be made, and again when it is there.

Lease, ownership, fold, pauses, contact, binding, quiet hours, fuse, pace, in this order. Whatever says no appends
UNSENT, and the record waits; nothing is ever held against the message itself. Of a contact that has opted out meanwhile
the next turn says so.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from connector.core import pacing
from connector.core.opt_outs import OPTED_OUT
from connector.core.pacing import ForeignGrants


@dataclass(frozen=True, slots=True)
class Write:
    """Go: one POST, now."""


class WriteAt(NamedTuple):
    """The pace wants a pause until ``at`` (monotonic seconds), within the lease."""

    at: float


class GiveUp(NamedTuple):
    """Append UNSENT with this code: nothing was written."""

    code: str


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The attempt is not open any more: start over, nothing to append."""


Check: TypeAlias = Write | WriteAt | GiveUp | Overtaken


@dataclass(frozen=True, slots=True)
class Grant:
    """A granted attempt and what is seen of it just before the write. All times are monotonic seconds.

    ``foreign``: of open grants those before ours. ``patient``: the line's other lane is somebody else's, whose grants
    are waited for until they close. ``fused``: the grants before ours leave the contact no room for it.
    """

    mono: float
    lease_end: float
    owned: bool
    still_open: bool
    contact_busy: bool
    line: str
    bound: str | None
    own_last_write: float | None
    gap_s: float
    foreign: ForeignGrants
    opted_out: bool = False
    paused: bool = False
    quiet: bool = False
    patient: bool = False
    fused: bool = False


def before_write(grant: Grant) -> Check:
    """The last look before the socket: lease, ownership, fold, pauses, contact, binding, quiet hours, fuse,
    pace, in this order."""
    if not grant.still_open:
        return Overtaken()
    if not grant.owned or grant.mono >= grant.lease_end:
        return GiveUp("LATE")
    if grant.paused:
        return GiveUp("PAUSED")
    if grant.contact_busy:
        return GiveUp("BUSY")
    if grant.opted_out:
        return GiveUp(OPTED_OUT)
    if grant.bound is not None and grant.bound != grant.line:
        return GiveUp("WRONG_LINE")
    if grant.quiet:
        return GiveUp("QUIET")
    if grant.fused:
        return GiveUp("FUSE")
    at = pacing.write_at(grant.own_last_write, grant.gap_s, grant.foreign)
    match pacing.verdict(at, grant.mono, grant.lease_end):
        case pacing.Go():
            return Write()
        case pacing.WaitUntil(at=later):
            return WriteAt(later)
        case pacing.Late():
            return WriteAt(grant.lease_end) if _may_close_in_time(grant) else GiveUp("LATE")


def _may_close_in_time(grant: Grant) -> bool:
    """Whoever waits for it looks again at each close, and at the end of its own lease, which is late."""
    soonest = pacing.soonest_at(grant.own_last_write, grant.gap_s, grant.foreign, grant.mono)
    return grant.patient and soonest < grant.lease_end
