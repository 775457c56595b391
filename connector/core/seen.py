"""What a turn goes by: the settings, and what the holder sees at the moment it decides."""

from dataclasses import dataclass

from connector.core.delays import Wait
from connector.core.holds import NO_HOLDS, Holds
from connector.core.messages import OnInDoubt
from connector.core.new_contacts import Newcomer
from connector.core.outcomes import UnknownCode
from connector.core.preparing import NOTHING_ASKED, NOTHING_SET, Known, Preparing
from connector.core.quiet import Hours
from connector.core.resend import NOTHING_SEEN, Absence
from connector.core.standing import Standing

PARK_AFTER_S = 600.0
"""How long an attempt stays in doubt before it is parked, by default."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings a turn depends on; spans in seconds, but the time to live."""

    in_doubt: OnInDoubt = OnInDoubt.PARK
    park_after_s: float = PARK_AFTER_S
    default_ttl_ms: int = 24 * 3600 * 1000
    use_bound_line: bool = False
    lease_s: float = 5.0
    unknown_code: UnknownCode = UnknownCode.REJECT
    preparing: Preparing = NOTHING_SET
    spread_new: bool = False
    quiet_hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the holder sees at the moment it decides: clocks, its own fold and views, its window and its line.

    ``next_offset``: how far the ledger is read. ``cancelled``: the code of an order that cancels the request.
    ``was_in_doubt``: the ledger forgot the request with an attempt that nobody had settled.
    ``opted_out``: the contact does not want to be texted.
    ``ahead``: what the first of its contact in the window waits for; None when it is the first itself, or the one ahead
    is at work. ``waited_s``: for how long it has waited for somebody else's end. ``goes_round``: it is its line's
    turn to let this record go round.
    ``attempt_read_at`` and ``attempt_granted_ms``: when the open attempt's INTENT was read (monotonic) and appended.
    ``attempt_aged_ms``: how far log time has gone since then.
    ``look_at``: when the next look for it is due, None while one is under way. ``absence``: what looks have said.
    ``newcomer``: its contact is new, and the line has no room for one; None for one that may go. ``moved_to``: the
    lines that operators moved the contacts of its line to, one after the other, and of the line it names; and that one.
    ``suspected_until``: others go first until then. ``park_before_ms``: what an operator said of a lost ledger.
    ``known``: what was answered to what this record needs answered before it goes.
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
    newcomer: Newcomer | None = None
    moved_to: frozenset[str] = frozenset()
    announced: bool = False
    cancelled: str | None = None
    opted_out: bool = False
    was_in_doubt: bool = False
    attempt_read_at: float | None = None
    attempt_granted_ms: int | None = None
    attempt_aged_ms: int = 0
    holds: Holds = NO_HOLDS
    suspected_until: float = float("-inf")
    quiet_until_ms: int = 0
    park_before_ms: int = 0
    look_at: float | None = None
    absence: Absence = NOTHING_SEEN
    known: Known = NOTHING_ASKED
