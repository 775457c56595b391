"""When a line may write to its socket again.

No two writes on a line may be closer than its gap, with any number of replicas. A replica knows its own
writes exactly. Of another owner it knows only what it read in the ledger: a grant that is open may be written
until its lease has run out, which its INTENT tells, so it is waited for until lease and gap have passed since it
was read; one that closed was written before its close was read, so the gap counts from there. Grants that ended
without ever writing (the views know by the code) are not given here at all.

Of two grants the **later waits for the earlier**, never the other way round: whoever holds the later has read the
earlier, and writes only a gap after its close or its lease. So two owners that send on one line at a time, each with
one of its lanes, form a queue in the order of the ledger. Such an owner is *patient*: it proposes although the other's
grant is open, as that will close in about a gap, and waits for the close within its lease. And it yields: whoever wrote
last proposes later, so that at a long gap, too, the other comes first.

All times are monotonic seconds of this process; ages count from when *we read* a record, which is later than
when it was written, so the error is on the safe side.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

NEVER = float("-inf")
"""Nothing has been written or granted: the line may write at any time."""
LONGEST_LEASE_S = 30.0
"""The longest lease that the settings allow; what an INTENT without one is taken to have."""


class ForeignGrants(NamedTuple):
    """Grants of other owners on a line: until when each open one may be written, and when the last close was read."""

    open_until: tuple[float, ...] = ()
    last_close: float | None = None


@dataclass(slots=True)
class Writes:
    """This process's own writes on a line: when the last was made, and when the last call was begun that makes one.

    A call that must connect first writes later than it began. So turns are begun by what was ``begun``, and what is
    written, with the connection there, is paced by what was ``made``. ``answered``: when the last call had its end.
    """

    made: float | None = None
    begun: float | None = None
    answered: float | None = None

    def begin(self, at: float) -> None:
        """A call begins."""
        self.begun = max(at, self.begun or at)

    def make(self, at: float) -> None:
        """A request passes to its connection."""
        self.made = max(at, self.made or at)
        self.begin(at)


@dataclass(frozen=True, slots=True)
class Go:
    """Write now."""


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Write then, if everything still holds."""

    at: float


@dataclass(frozen=True, slots=True)
class Late:
    """The lease does not last that long: give the grant back as UNSENT(late)."""


Pace: TypeAlias = Go | WaitUntil | Late


def write_at(own_last_write: float | None, gap_s: float, foreign: ForeignGrants) -> float:
    """The earliest moment at which the line may write; ``NEVER`` when nothing holds it back."""
    starts = list(foreign.open_until)
    starts += [start for start in (own_last_write, foreign.last_close) if start is not None]
    return max(starts, default=NEVER) + gap_s


def soonest_at(own_last_write: float | None, gap_s: float, foreign: ForeignGrants, now: float) -> float:
    """The same if each grant of others whose lease goes on closes now."""
    closing = tuple(min(end, now) for end in foreign.open_until)
    return write_at(own_last_write, gap_s, foreign._replace(open_until=closing))


def expected_at(own_last_write: float | None, gap_s: float, foreign: ForeignGrants, now: float) -> float:
    """The same by all likelihood: each grant of others whose lease goes on takes a gap."""
    over = tuple(end for end in foreign.open_until if end <= now)
    free_at = write_at(own_last_write, gap_s, foreign._replace(open_until=over))
    ahead = len(foreign.open_until) - len(over)
    return max(free_at, now) + gap_s * ahead if ahead else free_at


def propose_at(write_at: float, lease_s: float) -> float:
    """When a line that may write at ``write_at`` proposes: half a lease before, so that the grant can wait it out.

    Sooner, a grant would be late before it could be written; given back, it would be proposed again at once, and the
    ledger would fill with attempts while a long gap, or a dead owner's lease, runs out.
    """
    return write_at - lease_s / 2


def shared_propose_at(writes: Writes, gap_s: float, foreign: ForeignGrants, lease_s: float, now: float) -> float:
    """The same on a line whose other lane is somebody else's; who wrote last lets the other come first.

    Our own write counts from its answer, as the other one hears of it then.
    """
    last = max(writes.begun or NEVER, writes.answered or NEVER)
    at = expected_at(None if last == NEVER else last, gap_s, foreign, now)
    yields = last > (foreign.last_close or NEVER)
    return at - lease_s / 4 if yields else propose_at(at, lease_s)


def verdict(write_at: float, now: float, lease_end: float) -> Pace:
    """What the holder of a grant does whose lease ends at ``lease_end``; a write must begin before that."""
    if max(write_at, now) >= lease_end:
        return Late()
    return Go() if write_at <= now else WaitUntil(write_at)
