"""What the holder of a grant looks at before it writes: three views of the same log.

They never make a verdict. They tell whoever holds a **granted** attempt, and so has read everything before its grant,
whether to go on; if not, it appends UNSENT and waits.

- *open attempts by contact*: an earlier granted attempt of my contact is still open -> busy. The earlier grant wins,
  so a contact never has two texts in flight, whoever owns what.
- *contact -> line*: SUBMITTED binds a contact that has no line, or one made by PARK alone; PARK binds one that has
  none, the earlier grant first; otherwise only REBIND moves one.
- *grants by line*: the open and closed grants of **other** owners on my line, for the pace. Ages are counted on the
  monotonic clock from when we read the record; the lease of each is its own INTENT's, whatever ours is. The holder of a
  grant asks for the earlier ones alone: the later ones wait for it.

For an attempt in doubt they also know what else may have made a row of Sendblue's list (``candidates``, ``claimed``).
"""

from collections import Counter
from typing import NamedTuple

from connector.core.bindings import CONTACT_BYTES, Bindings
from connector.core.claims import Claims
from connector.core.firsts import Firsts
from connector.core.ledger import GRANTED, Fold, Step
from connector.core.messages import MAX_AGE_MS
from connector.core.outcomes import NEVER_WROTE
from connector.core.pacing import LONGEST_LEASE_S, ForeignGrants
from connector.core.proofs import Candidate
from connector.core.records import Intent, LedgerRecord, Outcome, Park, Rebind, Result
from connector.core.standing import LIVE, Status

UNKNOWN_GRANT = -1
"""The grant offset of an attempt whose INTENT lies before the log. It binds the unbound, and moves nobody: which of two
such attempts was granted first is not in this log, and where it mattered the contacts topic knows."""


class LiveAttempt(NamedTuple):
    """A granted attempt that is open or parked.

    ``granted_at``: the INTENT's offset; ``granted_ms``: its own append time; ``log_ms``: log time then, which never
    goes back; ``read_at``: monotonic seconds.
    """

    attempt: str
    request_id: str
    contact: bytes
    line: str
    owner: str
    granted_at: int
    granted_ms: int
    log_ms: int
    read_at: float
    body: bytes


class Views:
    """The three views of one replica, whose own incarnation is ``owner``. ``note`` follows every ``Fold.apply``."""

    def __init__(self, fold: Fold, owner: str) -> None:
        self._fold = fold
        self._owner = owner
        self._attempts: dict[str, LiveAttempt] = {}
        self._by_contact: dict[bytes, list[LiveAttempt]] = {}
        self.firsts: Counter[str] = Counter()  # contacts that this log has bound first, by line; it only rises
        self.firsts_at = Firsts()
        self._bindings = Bindings()
        self._by_park: dict[bytes, int] = {}
        self._foreign_open: dict[str, dict[str, float]] = {}  # by line and attempt: when its lease is over
        self._foreign_closed: dict[str, float] = {}
        self._moved = bytearray()  # contact after contact: a replica that is not the one writer keeps them all
        self._claims = Claims()

    def note(self, offset: int, append_ms: int, record: LedgerRecord, step: Step, read_at: float) -> None:
        """Follow one record that the fold has just applied."""
        if isinstance(record, Intent):
            if step.verdict is GRANTED:
                self._granted(offset, append_ms, record, read_at)
        elif isinstance(record, Outcome):
            self._settled(record.attempt, record, step, read_at)
        elif isinstance(record, Park):
            self._parked(record, step, read_at)
        elif isinstance(record, Rebind):
            self._move(record.contact, record.line)
            self.firsts_at.moved(record.contact)
        if step.was is not step.now and step.was is not None and step.was.attempt is not None:
            self._follow(step, read_at)
        self._forget()

    def attempt(self, attempt: str) -> LiveAttempt | None:
        """Return what is known of an attempt that is still open or parked."""
        return self._attempts.get(attempt)

    def open_attempts(self) -> int:
        """Attempts granted and unsettled, parked ones apart: those in flight or in doubt."""
        return self.open_by_line().total()

    def open_by_line(self) -> Counter[str]:
        """The same for each line, by its alias."""
        return Counter(a.line for a in self._attempts.values() if self._is_open(a))

    def busy(self, contact: bytes, before: str | None = None) -> bool:
        """True while the contact has an open attempt granted before the attempt ``before`` (or any, for None)."""
        mine = self._attempts.get(before) if before else None
        limit = mine.granted_at if mine else None
        return any(
            a.attempt != before and (limit is None or a.granted_at < limit) and self._is_open(a)
            for a in self._by_contact.get(contact, ())
        )

    def parked(self, contact: bytes) -> bool:
        """True while an attempt of the contact whose INTENT is in the log is parked."""
        standings = (self._fold.standing(a.request_id) for a in self._by_contact.get(contact, ()))
        return any(standing is not None and standing.status is Status.PARKED for standing in standings)

    def in_doubt(self, line: str) -> int:
        """Return how many attempts on the line are open, those in flight among them."""
        return sum(a.line == line and self._is_open(a) for a in self._attempts.values())

    def candidates(self, contact: bytes, body: bytes) -> tuple[Candidate, ...]:
        """Return all attempts of the contact whose fate is unknown, open and parked."""
        live = self._by_contact.get(contact, ())
        return tuple(Candidate(a.attempt, a.granted_ms, a.body == body) for a in live)

    def claimed(self, contact: bytes) -> frozenset[str]:
        """Return the handles known of the contact, from a minute before its oldest live attempt on."""
        return self._claims.of(contact)

    def line_of(self, contact: bytes) -> str | None:
        """Return the alias of the line the contact is bound to."""
        return self._bindings.get(contact)

    def contacts_of(self, line: str) -> list[bytes]:
        """Return every contact bound to the line."""
        return list(self._bindings.of_line(line))

    def bound_by_park(self, contact: bytes) -> int | None:
        """Return the grant offset of the parked attempt that alone made the binding; None for a firm one."""
        return self._by_park.get(contact)

    def load_binding(self, contact: bytes, line: str, grant_offset: int | None) -> None:
        """Take one binding from the contacts topic, before the first record of the log."""
        self._bindings.put(contact, line)
        if grant_offset is not None:
            self._by_park[contact] = grant_offset

    def moved_contacts(self) -> frozenset[bytes]:
        """Return the contacts whose binding changed since the last call (for the one writer of ``contacts``)."""
        moved, self._moved = bytes(self._moved), bytearray()
        return frozenset(moved[at : at + CONTACT_BYTES] for at in range(0, len(moved), CONTACT_BYTES))

    def foreign_grants(self, line: str, now: float, gap_s: float, before: str | None = None) -> ForeignGrants:
        """Return other owners' grants on the line; of one whose lease has been over for a gap only its close counts.

        ``before``: of those that are open only such as were granted before this attempt.
        """
        mine = self._attempts.get(before) if before else None
        ends = [
            end
            for attempt, end in self._foreign_open.get(line, {}).items()
            if now - end <= gap_s and (mine is None or self._attempts[attempt].granted_at < mine.granted_at)
        ]
        return ForeignGrants(tuple(ends), self._foreign_closed.get(line))

    def _is_open(self, a: LiveAttempt) -> bool:
        return self._fold.is_open(a.request_id, a.attempt)

    def _granted(self, offset: int, append_ms: int, r: Intent, read_at: float) -> None:
        times = append_ms, self._fold.log_ms, read_at
        live = LiveAttempt(r.attempt, r.request_id, r.contact, r.line, r.owner, offset, *times, r.body)
        self._attempts[r.attempt] = live
        self._claims.began(r.contact)
        self._by_contact.setdefault(r.contact, []).append(live)
        if r.owner != self._owner:
            lease_s = r.lease_ms / 1000 or LONGEST_LEASE_S
            self._foreign_open.setdefault(r.line, {})[r.attempt] = read_at + lease_s

    def _settled(self, attempt: str, r: Outcome, step: Step, read_at: float) -> None:
        live = self._attempts.get(attempt)
        if r.result is Result.SUBMITTED:
            contact, line = (live.contact, live.line) if live else (r.contact, r.line)
            if contact and line:
                self._bind_submitted(contact, line)
                self._claims.submitted(contact, r.detail, self._fold.log_ms)
        if step.was is not step.now or r.result is Result.SUBMITTED:
            wrote = not (r.result is Result.UNSENT and r.detail in NEVER_WROTE)
            self._close(attempt, read_at, wrote)

    def _parked(self, r: Park, step: Step, read_at: float) -> None:
        if step.now is None or step.now.status is not Status.PARKED or step.was is step.now:
            return
        live = self._attempts.get(r.attempt)
        self._close_grant(r.line, r.attempt, read_at, wrote=True)
        bound, earlier = self._bindings.get(r.contact), self._by_park.get(r.contact)
        if bound is None or (live is not None and earlier is not None and live.granted_at < earlier):
            self._bind(r.contact, r.line)
            self._by_park[r.contact] = live.granted_at if live else UNKNOWN_GRANT

    def _follow(self, step: Step, read_at: float) -> None:
        """Whatever else ended the request's attempt (another attempt's proof, RESOLVE): it is no longer live."""
        was, now = step.was, step.now
        if was is None or was.attempt is None or was.attempt not in self._attempts:
            return
        still = now is not None and now.attempt == was.attempt and now.status in (Status.OPEN, Status.PARKED)
        if not still:
            self._close(was.attempt, read_at, wrote=True)

    def _forget(self) -> None:
        """What nobody settled in time the fold has forgotten: it is no longer live. Only the oldest grant is asked."""
        oldest = next(iter(self._attempts.values()), None)
        if oldest is None or self._fold.log_ms - oldest.granted_ms <= MAX_AGE_MS:
            return
        standing = self._fold.standing(oldest.request_id)
        if standing is None or standing.attempt != oldest.attempt or standing.status not in LIVE:
            self._close(oldest.attempt, 0.0, wrote=False)

    def _bind_submitted(self, contact: bytes, line: str) -> None:
        if self._bindings.get(contact) is None or contact in self._by_park:
            self._bind(contact, line)

    def _bind(self, contact: bytes, line: str) -> None:
        if self._bindings.get(contact) is None:
            self.firsts[line] += 1
            self.firsts_at.bound(line, self._fold.log_ms)
        self._move(contact, line)

    def _move(self, contact: bytes, line: str) -> None:
        self._by_park.pop(contact, None)
        self._bindings.put(contact, line)
        self._moved += contact

    def _close(self, attempt: str, read_at: float, wrote: bool) -> None:
        live = self._attempts.pop(attempt, None)
        if live is None:
            return
        others = [a for a in self._by_contact[live.contact] if a.attempt != attempt]
        if others:
            self._by_contact[live.contact] = others
        else:
            del self._by_contact[live.contact]
            self._claims.ended(live.contact, self._fold.log_ms)
        self._close_grant(live.line, attempt, read_at, wrote)

    def _close_grant(self, line: str, attempt: str, read_at: float, wrote: bool) -> None:
        opened = self._foreign_open.get(line, {}).pop(attempt, None)
        if opened is not None and wrote:
            self._foreign_closed[line] = read_at
