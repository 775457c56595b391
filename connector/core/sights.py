"""What is seen once a second, as values: how lines, topics, clients and the process stand.

Facts tell what happened; sights tell how things are, and the last one counts. They feed the gauges and /statusz alike,
so neither ever asks a role, and no scrape touches the event loop. Like facts they hold no number and no text.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from connector.core.line_facts import Fact
from connector.core.pauses import OfAll, OfLine, OfTag, Pause


class ProcessState(StrEnum):
    """What the process does. ``draining``: it stops."""

    STARTING = "starting"
    RUNNING = "running"
    DRAINING = "draining"


class LineState(StrEnum):
    """Why a line sends, or does not: the first of these that holds counts, from the bottom up."""

    READY = "ready"
    NEW_CONTACTS = "new_contacts"
    BACKOFF = "backoff"
    BREAKER = "breaker"
    PAUSED = "paused"
    STOPPED = "stopped"
    ACCOUNT = "account"
    LEDGER = "ledger"


class LineSeen(NamedTuple):
    """One line. Rates in messages a second, ``allowed`` None without a pace; ``drain_s`` None if nobody can tell."""

    alias: str
    state: LineState
    allowed: float | None
    used: float
    queued: int
    oldest_s: float
    drain_s: float | None
    in_doubt: int
    held: int = 0
    breaker: str = "closed"
    idle_s: float = 0.0  # since when it could send and did not

    @property
    def worst(self) -> tuple[bool, float, int]:
        """Sorts lines: those that cannot send last, then by the age of what waits, then by how much does."""
        return self.state is not LineState.READY, self.oldest_s, self.queued


@dataclass(frozen=True, slots=True)
class LinesSeen:
    """All lines whose partition this process reads."""

    lines: tuple[LineSeen, ...]


@dataclass(frozen=True, slots=True)
class RoomsSeen:
    """What is known of each line's new contacts, by alias."""

    facts: tuple[tuple[str, Fact], ...]


@dataclass(frozen=True, slots=True)
class ParkedSeen:
    """How many requests are parked now."""

    count: int


@dataclass(frozen=True, slots=True)
class SweepSeen:
    """How the sweep stands: messages without a terminal status, and how many seconds the list's newest row is old."""

    outstanding: int
    behind_s: float


@dataclass(frozen=True, slots=True)
class LagSeen:
    """How far this process is behind on a consumed topic: records, and the age of the oldest that has not ended."""

    topic: str
    records: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ConsumerSeen:
    """A consumed topic: partitions that are ours, and of those not read, why: the role is full, or decoding is."""

    topic: str
    assigned: int
    role_full: int
    decoding: int


@dataclass(frozen=True, slots=True)
class LedgerSeen:
    """The replica's ledger: records behind the end, requests remembered, attempts open."""

    lag: int
    remembered: int
    open: int


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """The account: its breaker's state, and why it is stopped, "" when it is not."""

    breaker: str
    stopped_because: str


@dataclass(frozen=True, slots=True)
class PausesSeen:
    """Pauses that hold now: of lines, of tags, of everything; how many seconds ago the oldest of them was ordered."""

    lines: int
    tags: int
    everything: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class BrokersSeen:
    """Brokers a client (producer, ledger_tail, or the topic it consumes) has a connection to."""

    client: str
    up: int


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """The certificate of the callbacks' port: when the first of its chain runs out, in seconds since the epoch."""

    not_after_s: float


@dataclass(frozen=True, slots=True)
class OptedOutSeen:
    """How many contacts do not want to be texted."""

    count: int


@dataclass(frozen=True, slots=True)
class ProcessSeen:
    """The process: its state, whether it is ready, requests in flight, requests the ingress works on."""

    state: ProcessState
    ready: bool
    in_flight: int
    callbacks: int


Sight: TypeAlias = (
    LinesSeen
    | RoomsSeen
    | ParkedSeen
    | SweepSeen
    | LagSeen
    | ConsumerSeen
    | LedgerSeen
    | AccountSeen
    | PausesSeen
    | BrokersSeen
    | OptedOutSeen
    | CertificateSeen
    | ProcessSeen
)


def pauses_seen(holding: Collection[Pause], now_ms: int) -> PausesSeen:
    """The pauses that hold, counted."""
    counts = Counter(type(pause.scope) for pause in holding)
    oldest_ms = min((pause.paused.at_ms for pause in holding), default=now_ms)
    return PausesSeen(counts[OfLine], counts[OfTag], counts[OfAll], max(now_ms - oldest_ms, 0) / 1000)


def line_state(
    *,
    ledger: bool,
    account: bool,
    paused: bool = False,
    stopped: bool = False,
    breaker: bool,
    backoff: bool,
    no_room: bool = False,
) -> LineState:
    """Whether each of these holds the line back.

    ``stopped``: Sendblue says that it is offline or blocked; ``no_room``: all it holds are new contacts that must wait.
    """
    holds = (
        (ledger, LineState.LEDGER),
        (account, LineState.ACCOUNT),
        (paused, LineState.PAUSED),
        (stopped, LineState.STOPPED),
        (breaker, LineState.BREAKER),
        (backoff, LineState.BACKOFF),
        (no_room, LineState.NEW_CONTACTS),
    )
    return next((state for held, state in holds if held), LineState.READY)


def drain_s(queued: int, allowed: float | None, used: float) -> float | None:
    """How long a queue takes at the line's pace, or, without one, at the rate of the last minute."""
    if not queued:
        return 0.0
    rate = used if allowed is None else allowed
    return queued / rate if rate else None
