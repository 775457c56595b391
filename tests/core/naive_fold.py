"""The fold once more, as plainly as it can be said: written from the rules, not from the code, to be compared with it.

It keeps every record and, when asked, replays those of one request from the first. Between two records it asks whether
the request has been forgotten by then. Slow and obvious on purpose.
"""

from dataclasses import dataclass, field, replace

from connector.core.messages import Disposition, Origin
from connector.core.records import Close, Intent, LedgerRecord, Outcome, Park, Resolution, Resolve, Result

H72_MS = 72 * 3600 * 1000
Verdict = tuple[str, ...]


@dataclass(frozen=True)
class State:
    """What is said of a request: ``status`` as a word, ``proofs`` every attempt a SUBMITTED spoke of."""

    status: str
    changed_ms: int
    attempt: str | None = None
    origin: Origin | None = None
    body: bytes = b""
    redrive: int = 0
    detail: str = ""
    disposition: Disposition | None = None
    proved_unsent: bool = False
    proofs: frozenset[str] = frozenset()
    before: "State | None" = None


def admits(state: State | None, redrive: int) -> bool:
    """Free for an INTENT or a CLOSE: unknown, free, or ended with a lower redrive number."""
    if state is None or state.status == "FREE":
        return True
    return state.status in ("REJECTED", "CLOSED") and redrive > state.redrive


@dataclass
class NaiveFold:
    """The whole log as (log time, append time, record)."""

    log: list[tuple[int, int, LedgerRecord]] = field(default_factory=list)

    @property
    def log_ms(self) -> int:
        """The newest append time seen."""
        return self.log[-1][0] if self.log else 0

    def apply(self, append_ms: int, record: LedgerRecord) -> str | None:
        """Take a record; the verdict on an INTENT is a word."""
        before = self._at(record, max(self.log_ms, append_ms))
        self.log.append((max(self.log_ms, append_ms), append_ms, record))
        return verdict(before, append_ms, record) if isinstance(record, Intent) else None

    def standing(self, request_id: str) -> State | None:
        """Replay all that was ever said of the request, up to now."""
        return self.replay(request_id, self.log_ms)

    def replay(self, request_id: str, now_ms: int) -> State | None:
        """What the request is at this log time."""
        state: State | None = None
        for log_ms, append_ms, record in self.log:
            if getattr(record, "request_id", None) == request_id:
                state = after(_unless_forgotten(state, log_ms), log_ms, append_ms, record)
        return _unless_forgotten(state, now_ms)

    def _at(self, record: LedgerRecord, now_ms: int) -> State | None:
        return self.replay(getattr(record, "request_id", ""), now_ms)


def _unless_forgotten(state: State | None, now_ms: int) -> State | None:
    return None if state is None or now_ms - state.changed_ms > H72_MS else state


def verdict(state: State | None, append_ms: int, r: Intent) -> str:
    """The verdict on an INTENT, in one line of text."""
    if state is not None and not admits(state, r.redrive):
        reused = bool(state.body) and state.body != r.body
        return f"DUPLICATE {state.status} of {state.attempt} {state.origin} reused={reused}"
    return "EXPIRED" if append_ms - r.request_time_ms > H72_MS - 30 * 60_000 else "GRANTED"


def after(s: State | None, now: int, append_ms: int, r: LedgerRecord) -> State | None:
    """The state a record leaves behind; a refused INTENT that is not too old makes a settled one young again."""
    if s is None or not isinstance(r, Intent) or admits(s, r.redrive) or s.status in ("OPEN", "PARKED"):
        return changed_by(s, now, append_ms, r)
    return replace(s, changed_ms=now) if verdict(None, append_ms, r) == "GRANTED" else s


def changed_by(s: State | None, now: int, append_ms: int, r: LedgerRecord) -> State | None:
    """The state a record leaves behind; the same one when it changes nothing."""
    current = s is not None and s.attempt == getattr(r, "attempt", None)
    match r:
        case Intent() if verdict(s, append_ms, r) == "GRANTED":
            before = s if s is not None and s.status != "FREE" else None
            return State("OPEN", now, r.attempt, r.origin, r.body, r.redrive, before=before)
        case Outcome(result=Result.SUBMITTED):
            return _proved(s, now, r)
        case Outcome(result=Result.UNSENT) if current and s is not None and s.status == "OPEN":
            return _back(s, now)
        case Outcome(result=Result.UNSENT) if current and s is not None and s.status == "PARKED":
            return replace(s, proved_unsent=True)
        case Outcome(result=Result.REJECTED) if s is None or (current and s.status in ("OPEN", "PARKED")):
            return _ended("REJECTED", s, now, r.attempt, None, r.detail, Disposition.REJECTED)
        case Park() if s is None:
            return State("PARKED", now, r.attempt, r.origin, detail=r.reason)
        case Park() if current and s is not None and s.status == "OPEN":
            return replace(s, status="PARKED", changed_ms=now, detail=r.reason)
        case Resolve(resolution=Resolution.NOT_SENT) if s is None:
            return State("FREE", now, r.attempt, r.origin)
        case Resolve(resolution=Resolution.NOT_SENT) if current and s is not None and s.status == "PARKED":
            return _back(s, now)
        case Resolve(resolution=Resolution.DROP) if s is None or (current and s.status == "PARKED"):
            return _ended("CLOSED", s, now, r.attempt, r.origin, r.operator, Disposition.DROPPED)
        case Close() if admits(s, r.redrive):
            return State("CLOSED", now, None, r.origin, b"", r.redrive, r.code, r.disposition)
    return s


def _proved(s: State | None, now: int, r: Outcome) -> State:
    """SUBMITTED is absorbing, the first handle is kept; every SUBMITTED counts as a change (of what is forgotten)."""
    if s is None:
        return State("SUBMITTED", now, r.attempt, detail=r.detail, proofs=frozenset({r.attempt}))
    if s.status == "SUBMITTED":
        return replace(s, changed_ms=now, proofs=s.proofs | {r.attempt})
    proofs = frozenset({r.attempt})
    return State("SUBMITTED", now, r.attempt, s.origin, s.body, s.redrive, r.detail, proofs=proofs)


def _ended(
    status: str, s: State | None, now: int, attempt: str, place: Origin | None, detail: str, end: Disposition
) -> State:
    """REJECTED or dropped; for a request the log does not know, as if its attempt had been granted before it."""
    if s is None:
        return State(status, now, attempt, place, detail=detail, disposition=end)
    return State(status, now, attempt, s.origin, s.body, s.redrive, detail, end)


def _back(s: State, now: int) -> State:
    """What the request was before the INTENT of its attempt, unless that is forgotten by now."""
    if (before := _unless_forgotten(s.before, now)) is not None:
        return before
    return replace(s, status="FREE", changed_ms=now, detail="", proved_unsent=False, before=None)
