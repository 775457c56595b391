"""The world of the model check as small values: a log, and replicas that read it at their own pace.

Every decision is made by the real code: the fold's verdicts, ``before_intent``, ``before_write``, ``next_of``. The
world only moves records. Time stands still but for ticks of ten minutes, more than lease, POST and park age together;
nobody alive is more than one tick behind, but whoever is frozen is. Replicas are alike: their order means nothing.
"""

from dataclasses import dataclass
from typing import NamedTuple

from connector.core.messages import Dispatch, SendRequest
from connector.core.seen import Policy
from connector.core.steps import Held
from tests.core.ledger_story import contact_id
from tests.core.model_knowledge import BASE_MS, CONTACT, request_origin

TICK_S = 601
LONG_S = 121 * 3600

RULES = ("arbitration", "recheck", "busy", "open_waits", "unknown_stays_open")
"""Rules that can be taken away, to see that the check notices."""


@dataclass(frozen=True)
class Bounds:
    """How much may happen: ``rebalances`` give a record to somebody else while its holder goes on as if it were his.

    ``resolve``: how often an operator ends a parked request; NOT_SENT without proof is his risk.
    """

    replicas: int = 3
    requests: int = 2
    lines: str = "AA"
    attempts: int = 3
    late: int = 1
    crashes: int = 1
    freezes: int = 1
    ticks: int = 1
    callbacks: int = 1
    resolve: int = 0
    long: int = 0
    refused: int = 0
    rebalances: int = 1
    without: frozenset[str] = frozenset()


class Budget(NamedTuple):
    """What is left of the bounds."""

    attempts: int
    late: int
    crashes: int
    freezes: int
    ticks: int
    callbacks: int
    resolve: int
    long: int
    refused: int
    rebalances: int


class Copy(NamedTuple):
    """A dispatch record in somebody's hands: on which line, after how many hops."""

    line: str
    hops: int


class Work(NamedTuple):
    """A turn in work: ``stage`` is wait, granted, checked, flight or outcome; ``record`` what it wants to read back."""

    stage: str
    request: int
    attempt: int
    line: str
    since: int
    record: int
    result: str = ""


class Replica(NamedTuple):
    """One incarnation: knowledge, offset read to, records held, its turn, what it gave up, what it owes the ledger."""

    known: int = 0
    upto: int = 0
    holds: tuple[Copy | None, ...] = ()
    work: Work | None = None
    own: frozenset[int] = frozenset()
    abandoned: frozenset[int] = frozenset()
    outbox: tuple[int, ...] = ()
    frozen: bool = False
    wrote: tuple[tuple[str, int], ...] = ()


class Request(NamedTuple):
    """The truth about a request: its record's place, texts that went out, ends told, whether its record is done."""

    copy: Copy
    texts: int = 0
    ends: frozenset[str] = frozenset()
    done: bool = False
    risks: int = 0


class State(NamedTuple):
    """Everything. ``log``: (time, record number) from offset ``base`` on, for what lies before everybody has read.

    ``flight``: attempts whose POST may still be on its way, and whether a zombie wrote it; ``sent``: attempt, request
    and line of each text; ``lines``: the last write on each; ``oracle``: the knowledge of one who has read everything.
    """

    now: int
    base: int
    log: tuple[tuple[int, int], ...]
    replicas: tuple[Replica, ...]
    requests: tuple[Request, ...]
    left: Budget
    late: tuple[int, ...] = ()
    parked: frozenset[tuple[int, int]] = frozenset()
    flight: frozenset[tuple[int, bool]] = frozenset()
    sent: frozenset[tuple[int, int, str]] = frozenset()
    lines: tuple[tuple[str, int], ...] = ()
    oracle: int = 0
    proposed: int = 0


def first_state(b: Bounds) -> State:
    """The first replica holds all records; the others may get them."""
    copies = tuple(Copy(b.lines[n], 0) for n in range(b.requests))
    nobody = Replica(holds=(None,) * b.requests)
    replicas = (Replica(holds=copies), *[nobody] * (b.replicas - 1))
    left = Budget(*(getattr(b, name) for name in Budget._fields))
    return State(0, 0, (), tuple(sorted(replicas, key=hash)), tuple(map(Request, copies)), left)


def with_replica(s: State, old: Replica, new: Replica) -> State:
    """The state after one replica has changed. Replicas are alike: any fixed order of them will do."""
    others = list(s.replicas)
    others.remove(old)
    return s._replace(replicas=tuple(sorted((*others, new), key=hash)))


def with_request(s: State, n: int, new: Request) -> State:
    """The state after the truth about one request has changed."""
    return s._replace(requests=(*s.requests[:n], new, *s.requests[n + 1 :]))


def trimmed(s: State) -> State:
    """What everybody has read is of no use, once nobody begins anew."""
    cut = 0 if s.left.crashes else min(r.upto for r in s.replicas) - s.base
    return s._replace(base=s.base + cut, log=s.log[cut:])


def minus(numbers: tuple[int, ...], one: int) -> tuple[int, ...]:
    """The numbers without one of them."""
    at = numbers.index(one)
    return numbers[:at] + numbers[at + 1 :]


def put(pairs: tuple[tuple[str, int], ...], key: str, value: int) -> tuple[tuple[str, int], ...]:
    """A small sorted map with one entry changed."""
    return tuple(sorted({**dict(pairs), key: value}.items()))


def held(request: int, copy: Copy) -> Held:
    """The dispatch record as the sender holds it."""
    sent = SendRequest(f"r{request}", number="+12025550123", content="hello")
    dispatch = Dispatch(sent, request_origin(request), BASE_MS, copy.line, hops=copy.hops)
    return Held(dispatch, BASE_MS, CONTACT, contact_id("b"))


POLICY = Policy()
