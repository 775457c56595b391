"""A ledger told line by line: short makers for its records, and replicas that read it from where they like."""

from dataclasses import dataclass, field

from connector.core.ledger import Fold, Step
from connector.core.messages import Disposition, Origin
from connector.core.records import (
    Close,
    Intent,
    LedgerRecord,
    Outcome,
    Park,
    Rebind,
    Resolution,
    Resolve,
    Result,
)
from connector.core.views import Views

HOUR_MS = 3600 * 1000
HANDLE = "5a17319e-cbcf-443e-897e-d8b0c04b1b09"


def attempt_id(name: str) -> str:
    """A readable name as 16 hex digits."""
    return name.encode().hex().ljust(16, "0")[:16]


def contact_id(name: str) -> bytes:
    """A readable name as the 8 bytes of a contact hash."""
    return name.encode().ljust(8, b"\0")[:8]


def origin(name: str = "o1") -> Origin:
    """A readable name as the place of a record."""
    return Origin("sendblue.requests", 0, int.from_bytes(name.encode()[:6]))


def intent(
    attempt: str,
    request: str = "r",
    place: str = "o1",
    *,
    line: str = "A",
    contact: str = "c",
    body: str = "b",
    at_ms: int = 0,
    redrive: int = 0,
    owner: str = "P",
    lease_ms: int = 5000,
) -> Intent:
    """An INTENT with all that a test does not care for filled in."""
    who = contact_id(contact), contact_id(body)
    return Intent(attempt_id(attempt), request, line, *who, at_ms, origin(place), redrive, owner, lease_ms=lease_ms)


def outcome(of: Intent, result: Result, detail: str = "") -> Outcome:
    """The OUTCOME of an attempt; a SUBMITTED has a handle unless told otherwise."""
    detail = detail or (HANDLE if result is Result.SUBMITTED else "HTTP_429")
    return Outcome(of.attempt, of.request_id, of.line, of.contact, result, detail, "test")


def submitted(of: Intent, handle: str = HANDLE) -> Outcome:
    """The proof that the attempt became a message."""
    return outcome(of, Result.SUBMITTED, handle)


def unsent(of: Intent, code: str = "HTTP_429") -> Outcome:
    """The proof that the attempt did not."""
    return outcome(of, Result.UNSENT, code)


def rejected(of: Intent, code: str = "4000") -> Outcome:
    """Sendblue will never take it."""
    return outcome(of, Result.REJECTED, code)


def park(of: Intent) -> Park:
    """Nobody can prove it."""
    return Park(of.attempt, of.request_id, of.origin, of.line, of.contact, "IN_DOUBT")


def resolve(of: Intent, resolution: Resolution) -> Resolve:
    """What a person says of a parked attempt."""
    return Resolve(of.attempt, of.request_id, of.origin, of.line, of.contact, resolution, "ann")


def close(
    request: str = "r", place: str = "o1", disposition: Disposition = Disposition.EXPIRED, redrive: int = 0
) -> Close:
    """A negative end through the ledger."""
    return Close(request, origin(place), redrive, disposition, str(disposition))


def rebind(contact: str, line: str) -> Rebind:
    """An operator moves a contact."""
    return Rebind(contact_id(contact), line)


@dataclass
class Reader:
    """One replica reading the log; ``owner`` is its own incarnation."""

    owner: str = "P"
    fold: Fold = field(default_factory=Fold)
    views: Views = field(init=False)

    def __post_init__(self) -> None:
        self.views = Views(self.fold, self.owner)

    def read(self, offset: int, append_ms: int, record: LedgerRecord, read_at: float | None = None) -> Step:
        """Apply one record; it is read at its append time unless told otherwise."""
        step = self.fold.apply(append_ms, record)
        self.views.note(offset, append_ms, record, step, append_ms / 1000 if read_at is None else read_at)
        return step


@dataclass
class Story:
    """A log and the readers that follow it from now on."""

    readers: list[Reader] = field(default_factory=lambda: [Reader()])
    log: list[tuple[int, LedgerRecord]] = field(default_factory=list)

    @property
    def reader(self) -> Reader:
        """The first reader."""
        return self.readers[0]

    def at(self, seconds: float, *records: LedgerRecord) -> Step:
        """Append records at this time; every reader reads them. Returns the first reader's last step."""
        step = Step()
        for record in records:
            self.log.append((int(seconds * 1000), record))
            steps = [reader.read(len(self.log) - 1, *self.log[-1]) for reader in self.readers]
            step = steps[0]
        return step

    def late_reader(self, begins_at: int, owner: str = "Q") -> Reader:
        """A replica whose log begins at this offset, brought up to date."""
        reader = Reader(owner)
        for offset in range(begins_at, len(self.log)):
            reader.read(offset, *self.log[offset])
        self.readers.append(reader)
        return reader
