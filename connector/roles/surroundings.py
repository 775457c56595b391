"""What a sender needs from outside, as Protocols, and the values it is handed."""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from connector.core.budget import Budget
from connector.core.callbacks import Report
from connector.core.calls import CALL_S, MayWrite
from connector.core.delays import Defer, Rotation
from connector.core.facts import Observer
from connector.core.line_facts import LineFacts
from connector.core.messages import Dispatch
from connector.core.opt_outs import OptedOut
from connector.core.orders import Orders
from connector.core.outcomes import Answer
from connector.core.pool import Pool
from connector.core.seen import Policy
from connector.core.spans import OFF, Tracing
from connector.core.steps import Held, Owe
from connector.roles.account import Account
from connector.roles.doubts import Doubts
from connector.roles.inquiring import Preparations
from connector.roles.local_time import LocalTime, UtcOnly
from connector.roles.replica import Replica


class LineInfo(NamedTuple):
    """A line: its alias, its partition of the dispatch topic, its gap in seconds and how many may be in flight.

    ``reply_partition``: the one for replies, None where both kinds share the other.
    """

    alias: str
    partition: int
    gap_s: float = 1.0
    in_flight: int = 1
    reply_partition: int | None = None


class DispatchRecord(NamedTuple):
    """A record of the dispatch topic as the edge read it; ``size`` in bytes bounds the window."""

    partition: int
    offset: int
    timestamp_ms: int
    size: int
    dispatch: Dispatch


class Sendblue(Protocol):
    """The call itself: exactly one POST, no retries, bounded in time; what came of it is in the answer."""

    async def send(self, dispatch: Dispatch, attempt: str, may_write: MayWrite) -> Answer:
        """POST the message once; ``may_write`` is asked when the connection is there, and nothing written before."""

    def report(self, answer: Answer) -> Report | None:
        """Read the message object of an answer, None when there is none."""


class Outlets(Protocol):
    """Where ends go. Each returns once durable and raises nothing: it retries until it is, or is cancelled."""

    async def owed(self, held: Held, owe: Owe, report: Report | None) -> None:
        """Publish the event the end owes, and the dead letter and the parked record where one is owed."""

    async def hop(self, dispatch: Dispatch, line: str) -> None:
        """Append the record to the partition of another line."""

    async def defer(self, held: Held, step: Defer) -> None:
        """Append the record to a delay topic; the first time, publish DEFERRED, and SCHEDULED where that is why."""

    async def scheduled(self, held: Held) -> None:
        """Publish SCHEDULED."""


class Refused(Protocol):
    """Hears that Sendblue refuses this request, at ``at_ms``, because its contact has opted out."""

    def __call__(self, held: Held, at_ms: int, /) -> None:
        """Take it; must not block."""


class Ids(Protocol):
    """Chance comes from outside."""

    def attempt(self) -> str:
        """64 random bits in hex, never the same twice."""

    def jitter(self) -> float:
        """A number in [0, 1)."""


class Clocks(Protocol):
    """The two clocks: the boot-time clock in seconds (counts suspension), the wall clock in milliseconds."""

    def mono(self) -> float:
        """Boot-time seconds."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a line needs from outside, and what the lines of a process share.

    ``call_s``: the longest a call to Sendblue may take.
    """

    replica: Replica
    sendblue: Sendblue
    outlets: Outlets
    account: Account
    doubts: Doubts
    policy: Policy
    clocks: Clocks
    ids: Ids
    observe: Observer
    hash_key: bytes
    orders: Orders = field(default_factory=Orders)
    rotation: Rotation = field(default_factory=Rotation)
    budget: Budget = field(default_factory=Budget)
    tracing: Tracing = OFF
    call_s: float = CALL_S
    preparations: Preparations = field(default_factory=Preparations)
    opted_out: OptedOut = field(default_factory=OptedOut)
    refused: Refused = field(default=lambda *_: None)
    facts: LineFacts = field(default_factory=lambda: LineFacts({}))
    pool: Pool | None = None
    local_time: LocalTime = field(default_factory=UtcOnly)
