"""The records of the send ledger.

Small and versioned by their Avro schema; contacts and bodies appear only as keyed hashes (8 bytes each), lines by
alias, so the ledger holds nothing about a person. An *attempt* is 64 random bits in hex, new for every append;
an *owner* is one process incarnation, never a stable name.

The two kinds that a restore meets by the million are tuples: those are made four times as fast as frozen dataclasses.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from connector.core.messages import Disposition, Origin


class Result(StrEnum):
    """What an attempt came to. "Unknown" has no record: it is the absence of one."""

    SUBMITTED = "SUBMITTED"
    UNSENT = "UNSENT"
    REJECTED = "REJECTED"


class Resolution(StrEnum):
    """What an operator (or the reconciler, after 71 h) says of a parked attempt."""

    NOT_SENT = "NOT_SENT"
    DROP = "DROP"


class Intent(NamedTuple):
    """I want to call Sendblue for this request; the log decides whether I may.

    ``lease_ms``: how long after the append a grant may be written, as its proposer is set; 0 when it does not say.
    """

    attempt: str
    request_id: str
    line: str
    contact: bytes
    body: bytes
    request_time_ms: int
    origin: Origin
    redrive: int
    owner: str
    n: int = 1
    lease_ms: int = 0


class Outcome(NamedTuple):
    """What became of an attempt. ``detail`` is the message handle of a SUBMITTED, else the code."""

    attempt: str
    request_id: str
    line: str
    contact: bytes
    result: Result
    detail: str
    via: str


@dataclass(frozen=True, slots=True)
class Park:
    """Nobody can prove what became of this attempt: a person decides."""

    attempt: str
    request_id: str
    origin: Origin
    line: str
    contact: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Resolve:
    """What was decided of a parked attempt."""

    attempt: str
    request_id: str
    origin: Origin
    line: str
    contact: bytes
    resolution: Resolution
    operator: str


@dataclass(frozen=True, slots=True)
class Close:
    """A negative end that is not a fixed function of the record's bytes."""

    request_id: str
    origin: Origin
    redrive: int
    disposition: Disposition
    code: str


@dataclass(frozen=True, slots=True)
class Rebind:
    """An operator moves a contact to another line."""

    contact: bytes
    line: str


UNREADABLE = -1
"""The rules version that a record nobody here can read stands for."""


@dataclass(frozen=True, slots=True)
class Rules:
    """From here on the fold follows this version of its rules."""

    version: int


@dataclass(frozen=True, slots=True)
class Digest:
    """A replica's checksum of the verdicts on offsets after ``since`` up to and with ``upto``.

    ``version``: the rules its writer follows; the log still tells them when their RULES record is past retention.
    """

    since: int
    upto: int
    digest: int
    owner: str
    version: int = 1


LedgerRecord: TypeAlias = Intent | Outcome | Park | Resolve | Close | Rebind | Rules | Digest
