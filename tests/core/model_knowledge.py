"""What a replica knows, as a number: the real fold and views after some records, told apart only by what they hold.

Two ways to the same fold and views are the same knowledge, so the model check never explores both. Only the
packed stores underneath are plain dicts here.
"""

import copy
from dataclasses import dataclass, field

from connector.core.ledger import GRANTED
from connector.core.messages import Origin
from connector.core.pacing import ForeignGrants
from connector.core.records import Intent, LedgerRecord
from connector.core.standing import Standing, Status
from connector.core.views import LiveAttempt
from tests.core.ledger_story import Reader, contact_id

BASE_MS = 1_700_000_000_000
CONTACT = contact_id("c")
LINES = ("A", "B")
REQUESTS = ("r0", "r1")
LEASE_S, GAP_S = 5.0, 1.0

ATTEMPTS = tuple(f"{n + 1:016x}" for n in range(100))
"""Names for attempts."""

Read = tuple[int, int, int, int, bool]
"""Offset, append time, record number, time of reading, and whether the INTENT is one's own."""
Snapshot = tuple[tuple[str, int | None], ...]
"""The line of the contact and, if a park alone made it, the offset of its grant; empty when it has none."""


def request_origin(request: int) -> Origin:
    """Where the request's record lies."""
    return Origin("sendblue.requests", 0, request)


@dataclass(frozen=True)
class Look:
    """All that a decision asks of fold and views at one moment."""

    standings: tuple[Standing | None, ...]
    live: dict[str, LiveAttempt]
    open: frozenset[str]
    busy: bool
    busy_before: frozenset[str]
    submitted: frozenset[str]
    bound: str | None
    by_park: int | None
    foreign: dict[str, ForeignGrants]
    earlier: dict[str, ForeignGrants]


@dataclass
class Library:
    """Records and knowledge by number. Number 0 knows nothing."""

    records: list[LedgerRecord] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=lambda: [plain_reader()])
    _numbers: dict[LedgerRecord, int] = field(default_factory=dict)
    _known: dict[object, int] = field(default_factory=dict)
    _reads: dict[tuple[int, Read], tuple[int, bool]] = field(default_factory=dict)
    _looks: dict[tuple[int, int], Look] = field(default_factory=dict)

    def number(self, record: LedgerRecord) -> int:
        """The record's number."""
        if record not in self._numbers:
            self._numbers[record] = len(self.records)
            self.records.append(record)
        return self._numbers[record]

    def read(self, known: int, read: Read) -> tuple[int, bool]:
        """Read one more record: the knowledge after it, and whether it was an INTENT that is granted."""
        if (known, read) not in self._reads:
            reader = copied(self.readers[known])
            granted = self._take(reader, read)
            self._reads[known, read] = self._intern(reader), granted
        return self._reads[known, read]

    def begin(self, snapshot: Snapshot) -> int:
        """The knowledge of one who has read nothing but the contacts topic."""
        reader = plain_reader()
        for line, offset in snapshot:
            reader.views.load_binding(CONTACT, line, offset)
        return self._intern(reader) if snapshot else 0

    def look(self, known: int, now: int) -> Look:
        """What is seen at this time."""
        if (known, now) not in self._looks:
            self._looks[known, now] = _look(self.readers[known], now)
        return self._looks[known, now]

    def snapshot(self, known: int, now: int) -> Snapshot:
        """The contacts topic as this knowledge would write it."""
        look = self.look(known, now)
        return ((look.bound, look.by_park),) if look.bound else ()

    def _take(self, reader: Reader, read: Read) -> bool:
        offset, at, number, now, own = read
        record = self.records[number]
        if isinstance(record, Intent) and not own:
            record = record._replace(owner="Q")
        return reader.read(offset, BASE_MS + at * 1000, record, float(now)).verdict is GRANTED

    def _intern(self, reader: Reader) -> int:
        """Everything that fold and views hold; equal means equal for ever."""
        fold, views = reader.fold, reader.views
        held = (
            tuple(map(fold.standing, REQUESTS)),
            fold.log_ms,
            tuple(sorted((key, *sorted(also)) for key, also in fold._also_submitted.items())),
            tuple(views._attempts.values()),
            (views.line_of(CONTACT), views.bound_by_park(CONTACT)),
            tuple((line, tuple(sorted(grants.items()))) for line, grants in sorted(views._foreign_open.items())),
            tuple(sorted(views._foreign_closed.items())),
        )
        if held not in self._known:
            self._known[held] = len(self.readers)
            self.readers.append(reader)
        return self._known[held]


class PlainMemory(dict[bytes, tuple[int, bytes]]):
    """The packed memory as the dict it is (test_memory), so that a thousand copies cost little."""

    def put(self, key: bytes, time_ms: int, value: bytes) -> None:
        """Remember."""
        self[key] = (time_ms, value)

    def remove(self, key: bytes) -> None:
        """Forget."""
        self.pop(key, None)

    def forget(self, now_ms: int) -> None:
        """What is old may stay: the fold does not show it."""


class PlainBindings(dict[bytes, str]):
    """The packed bindings as the dict they are (test_memory)."""

    def put(self, contact: bytes, line: str) -> None:
        """Bind."""
        self[contact] = line


def plain_reader() -> Reader:
    """A reader whose fold and views are the real ones, over plain stores."""
    reader = Reader("P")
    reader.fold.__dict__["_memory"], reader.views.__dict__["_bindings"] = PlainMemory(), PlainBindings()
    return reader


def copied(reader: Reader) -> Reader:
    """A reader that goes on from here by itself; names once packed are shared, they only grow."""
    new = copy.copy(reader)
    new.fold, new.views = copy.copy(reader.fold), copy.copy(reader.views)
    for whole in (new.fold, new.views):
        for name, value in whole.__dict__.items():
            if isinstance(value, dict | set):
                whole.__dict__[name] = copy.copy(value)
    new.views._fold, new.views._claims = new.fold, copy.deepcopy(reader.views._claims)
    new.views._foreign_open = {line: dict(grants) for line, grants in new.views._foreign_open.items()}
    new.views._by_contact = {contact: list(live) for contact, live in new.views._by_contact.items()}
    return new


def _look(reader: Reader, now: int) -> Look:
    fold, views = reader.fold, reader.views
    live = dict(views._attempts)
    return Look(
        standings=tuple(map(fold.standing, REQUESTS)),
        live=live,
        open=frozenset(a.attempt for a in live.values() if fold.is_open(a.request_id, a.attempt)),
        busy=views.busy(CONTACT),
        busy_before=frozenset(a for a in live if views.busy(CONTACT, before=a)),
        submitted=frozenset(r for r in REQUESTS if (s := fold.standing(r)) and s.status is Status.SUBMITTED),
        bound=views.line_of(CONTACT),
        by_park=views.bound_by_park(CONTACT),
        foreign={line: views.foreign_grants(line, float(now), GAP_S) for line in LINES},
        earlier={a.attempt: views.foreign_grants(a.line, float(now), GAP_S, a.attempt) for a in live.values()},
    )
