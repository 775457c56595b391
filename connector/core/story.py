"""The story of one request: every record of it in the ledger, with what the fold made of each.

A verdict depends on the records of that request alone, and on log time; so they are folded again here, apart from all
others, and read as the replicas read them (one whose log begins later may know less).
"""

from collections.abc import Iterable
from typing import NamedTuple

from connector.core.ledger import Duplicate, Expired, Fold, Granted, Step, Verdict
from connector.core.records import Close, Intent, LedgerRecord, Outcome, Park, Resolve


class Entry(NamedTuple):
    """A record of the ledger with its place and the broker's time."""

    offset: int
    append_ms: int
    record: LedgerRecord


class Line(NamedTuple):
    """One line of the story. ``said``: result, resolution, disposition; ``then``: how the request stands after it."""

    offset: int
    append_ms: int
    kind: str
    attempt: str
    line: str
    owner: str
    said: str
    detail: str
    via: str
    verdict: str
    then: str


def is_about(record: LedgerRecord, request_id: str) -> bool:
    """Whether the record is one of this request."""
    return getattr(record, "request_id", None) == request_id


def story(entries: Iterable[Entry], request_id: str) -> list[Line]:
    """Fold the request's records again, in log order; those of other requests only move the log's time."""
    fold, lines = Fold(), []
    for offset, append_ms, record in entries:
        fold.log_ms = max(fold.log_ms, append_ms)
        if is_about(record, request_id):
            step = fold.apply(append_ms, record)
            standing = fold.standing(request_id)
            then = standing.status.name if standing else "UNKNOWN"
            lines.append(_line(offset, append_ms, record, step, then))
    return lines


def verdict_word(verdict: Verdict | None) -> str:
    """A verdict in one word or two; empty where there is none."""
    match verdict:
        case Granted():
            return "GRANTED"
        case Expired():
            return "EXPIRED"
        case Duplicate(standing, reused):
            return f"DUPLICATE({standing.status.name}{', id reused' if reused else ''})"
        case None:
            return ""


def _line(offset: int, append_ms: int, record: LedgerRecord, step: Step, then: str) -> Line:
    owner, said, detail, via = _words(record)
    verdict = verdict_word(step.verdict) or (f"ALARM {step.alarm}" if step.alarm else "")
    if not verdict and step.was is step.now:
        verdict = "changes nothing"
    kind, attempt = type(record).__name__.upper(), str(getattr(record, "attempt", ""))
    line = str(getattr(record, "line", ""))
    return Line(offset, append_ms, kind, attempt, line, owner, said, detail, via, verdict, then)


def _words(record: LedgerRecord) -> tuple[str, str, str, str]:
    """Owner, what it says, code or handle, who says it."""
    match record:
        case Intent():
            return record.owner, f"redrive {record.redrive}" if record.redrive else "", "", ""
        case Outcome():
            return "", str(record.result), record.detail, record.via
        case Park():
            return "", "", record.reason, ""
        case Resolve():
            return "", str(record.resolution), "", record.operator
        case Close():
            return "", str(record.disposition), record.code, ""
        case _:
            return "", "", "", ""
