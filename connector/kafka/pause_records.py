"""A pause as a record of the control topic, there and back. Its key says what it pauses, and so does its value.

A pause whose place another one of the same scope takes is kept under a key of its own, with its time in it: for the
audit alone, it holds for nothing.
"""

from typing import Any, assert_never

from connector.core.pauses import OfAll, OfLine, OfTag, Pause, Said, Scope
from connector.kafka.avro import Row

PAUSE = b"pause/"
PAST = b"past/"


def pause_row(pause: Pause) -> tuple[bytes, dict[str, Any]]:
    """Key of the record, and the fields that it sets."""
    key, scope = _scope_row(pause.scope)
    paused, resumed = pause.paused, pause.resumed
    said = {"operator": paused.operator, "reason": paused.reason, "created_at": paused.at_ms, "until": pause.until_ms}
    if resumed is not None:
        said |= {
            "resumed_by": resumed.operator,
            "resumed_reason": resumed.reason,
            "resumed_at": resumed.at_ms,
        }
    return PAUSE + key.encode(), scope | said


def past_row(pause: Pause) -> tuple[bytes, dict[str, Any]]:
    """The same for a pause that has given way to another."""
    key, row = pause_row(pause)
    return PAST + f"{pause.paused.at_ms}/".encode() + key, row


def _scope_row(scope: Scope) -> tuple[str, dict[str, Any]]:
    match scope:
        case OfLine(alias):
            return f"line/{alias}", {"line": alias}
        case OfTag(name, value):
            return f"tag/{name}={value}", {"tag": name, "tag_value": value}
        case OfAll():
            return "all", {}
        case _:
            assert_never(scope)


def pause_of(row: Row) -> Pause:
    """The pause that a record's value tells."""
    paused = Said(row["operator"] or "", row["reason"] or "", row["created_at"] or 0)
    resumed = None
    if row["resumed_at"] is not None:
        resumed = Said(row["resumed_by"] or "", row["resumed_reason"] or "", row["resumed_at"])
    return Pause(_scope_of(row), paused, row["until"], resumed)


def _scope_of(row: Row) -> Scope:
    if row["line"] is not None:
        return OfLine(row["line"])
    if row["tag"] is not None:
        return OfTag(row["tag"], row["tag_value"] or "")
    return OfAll()
