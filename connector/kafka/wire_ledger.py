"""Rows of the ledger schema, to and from the fold's records."""

from collections.abc import Callable
from typing import Any

from connector.core.messages import Disposition, Origin
from connector.core.records import (
    Close,
    Digest,
    Intent,
    LedgerRecord,
    Outcome,
    Park,
    Rebind,
    Resolution,
    Resolve,
    Result,
    Rules,
)
from connector.kafka.avro import Row

UNKNOWN_RULES = Rules(-1)
"""What a record of an unknown kind is read as: its reader must not send."""
_EMPTY: Row = dict.fromkeys(
    (
        "attempt", "request_id", "line", "contact", "body", "request_time", "origin", "owner", "word", "detail", "via",
        "version", "since", "upto", "digest",
    )
)  # fmt: skip
_TOP = 1 << 63  # digests are unsigned here and signed in Avro


def ledger_row(record: LedgerRecord) -> Row:
    """One record of the ledger as a row; fields of other kinds are null."""
    row = {**_EMPTY, "redrive": 0, "n": 0, "kind": type(record).__name__.upper()}
    match record:
        case Intent():
            row |= _named(record, "attempt", "request_id", "line", "contact", "body", "redrive", "owner", "n")
            row |= {"request_time": record.request_time_ms, "origin": record.origin._asdict()}
        case Outcome():
            row |= _named(record, "attempt", "request_id", "line", "contact", "detail", "via")
            row["word"] = str(record.result)
        case Park():
            row |= _named(record, "attempt", "request_id", "line", "contact")
            row |= {"origin": record.origin._asdict(), "detail": record.reason}
        case Resolve():
            row |= _named(record, "attempt", "request_id", "line", "contact")
            row |= {"origin": record.origin._asdict(), "word": str(record.resolution), "detail": record.operator}
        case Close():
            row |= _named(record, "request_id", "redrive")
            row |= {"origin": record.origin._asdict(), "word": str(record.disposition), "detail": record.code}
        case Rebind():
            row |= _named(record, "contact", "line")
        case Rules():
            row |= _named(record, "version")
        case Digest():
            row |= _named(record, "since", "upto", "owner", "version")
            row["digest"] = record.digest - _TOP
    return row


def ledger_of(row: Row) -> LedgerRecord:
    """The inverse of ``ledger_row``; a kind newer than this program reads as rules it does not know."""
    make = _MAKERS.get(row["kind"])
    return make(row) if make else UNKNOWN_RULES


def _intent(r: Row) -> Intent:
    return Intent(
        r["attempt"], r["request_id"], r["line"], r["contact"], r["body"], r["request_time"], _origin(r), r["redrive"],
        r["owner"], r["n"],
    )  # fmt: skip


def _outcome(r: Row) -> Outcome:
    return Outcome(r["attempt"], r["request_id"], r["line"], r["contact"], Result(r["word"]), r["detail"], r["via"])


def _park(r: Row) -> Park:
    return Park(r["attempt"], r["request_id"], _origin(r), r["line"], r["contact"], r["detail"])


def _resolve(r: Row) -> Resolve:
    word = Resolution(r["word"])
    return Resolve(r["attempt"], r["request_id"], _origin(r), r["line"], r["contact"], word, r["detail"])


def _close(r: Row) -> Close:
    return Close(r["request_id"], _origin(r), r["redrive"], Disposition(r["word"]), r["detail"])


def _digest(r: Row) -> Digest:
    return Digest(r["since"], r["upto"], r["digest"] + _TOP, r["owner"], r["version"])


_MAKERS: dict[str, Callable[[Row], LedgerRecord]] = {
    "INTENT": _intent,
    "OUTCOME": _outcome,
    "PARK": _park,
    "RESOLVE": _resolve,
    "CLOSE": _close,
    "REBIND": lambda r: Rebind(r["contact"], r["line"]),
    "RULES": lambda r: Rules(r["version"]),
    "DIGEST": _digest,
}


def _origin(r: Row) -> Origin:
    return Origin(**r["origin"])


def _named(record: LedgerRecord, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}
