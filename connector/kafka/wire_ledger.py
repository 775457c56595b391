"""Rows of the ledger schema, to and from the fold's records."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, TypeAlias

from connector.core.messages import Disposition, Origin
from connector.core.records import (
    UNREADABLE,
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
from connector.kafka.avro import HEADER_BYTES, Codec, Row
from connector.kafka.lean_ledger import read_lean
from connector.kafka.schemas import SchemaName

UNKNOWN_RULES = Rules(UNREADABLE)
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
    row = {**_EMPTY, "redrive": 0, "n": 0, "lease_ms": 0, "kind": type(record).__name__.upper()}
    match record:
        case Intent():
            row |= _named(
                record, "attempt", "request_id", "line", "contact", "body", "redrive", "owner", "n", "lease_ms"
            )
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
    """The inverse of ``ledger_row``. What this program does not know, or misses, reads as rules it does not know."""
    make = _MAKERS.get(row["kind"])
    try:
        return make(row) if make else UNKNOWN_RULES
    except (KeyError, TypeError, ValueError):
        return UNKNOWN_RULES


_Fields: TypeAlias = Callable[[Row], tuple[Any, ...]]
_INTENT: _Fields = itemgetter(
    "attempt", "request_id", "line", "contact", "body", "request_time", "origin", "redrive", "owner", "n", "lease_ms"
)
_OUTCOME: _Fields = itemgetter("attempt", "request_id", "line", "contact", "word", "detail", "via")
_PARK: _Fields = itemgetter("attempt", "request_id", "origin", "line", "contact", "detail")
_RESOLVE: _Fields = itemgetter("attempt", "request_id", "origin", "line", "contact", "word", "detail")
_CLOSE: _Fields = itemgetter("request_id", "origin", "redrive", "word", "detail")
_REBIND: _Fields = itemgetter("contact", "line")
_RULES: _Fields = itemgetter("version", "kind")
_DIGEST: _Fields = itemgetter("since", "upto", "digest", "owner", "version")


def _all(fields: _Fields, row: Row) -> tuple[Any, ...]:
    """The values of a kind's fields, none of which may be missing."""
    values = fields(row)
    if None in values:
        raise ValueError("a field is missing")
    return values


def ledger_record(codec: Codec, value: bytes | None) -> LedgerRecord:
    """Decode one record: by hand where that is known to say the same. Raises NeedSchema, Undecodable."""
    if value is not None and codec.is_own(SchemaName.LEDGER, value):
        record = read_lean(value, HEADER_BYTES)
        if record is not None:
            return record
    return ledger_of(codec.decode(SchemaName.LEDGER, value))


def _intent(r: Row) -> Intent:
    attempt, request_id, line, contact, body, time_ms, origin, *numbers = _all(_INTENT, r)
    return Intent(attempt, request_id, line, contact, body, time_ms, Origin(**origin), *numbers)


def _outcome(r: Row) -> Outcome:
    attempt, request_id, line, contact, word, detail, via = _all(_OUTCOME, r)
    return Outcome(attempt, request_id, line, contact, Result(word), detail, via)


def _park(r: Row) -> Park:
    attempt, request_id, origin, line, contact, reason = _all(_PARK, r)
    return Park(attempt, request_id, Origin(**origin), line, contact, reason)


def _resolve(r: Row) -> Resolve:
    attempt, request_id, origin, line, contact, word, operator = _all(_RESOLVE, r)
    return Resolve(attempt, request_id, Origin(**origin), line, contact, Resolution(word), operator)


def _close(r: Row) -> Close:
    request_id, origin, redrive, word, code = _all(_CLOSE, r)
    return Close(request_id, Origin(**origin), redrive, Disposition(word), code)


def _digest(r: Row) -> Digest:
    since, upto, digest, owner, version = _all(_DIGEST, r)
    return Digest(since, upto, digest + _TOP, owner, version)


_MAKERS: dict[str, Callable[[Row], LedgerRecord]] = {
    "INTENT": _intent,
    "OUTCOME": _outcome,
    "PARK": _park,
    "RESOLVE": _resolve,
    "CLOSE": _close,
    "REBIND": lambda r: Rebind(*_all(_REBIND, r)),
    "RULES": lambda r: Rules(_all(_RULES, r)[0]),
    "DIGEST": _digest,
}


def _named(record: LedgerRecord, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}
