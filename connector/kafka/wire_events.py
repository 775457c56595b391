"""The row of a MessageEvent, and what a row tells of a message."""

from connector.core.callbacks import Report
from connector.core.events import MessageEvent
from connector.core.messages import EventType
from connector.core.outstanding import Told, hearsay_of
from connector.core.statuses import Seen
from connector.kafka.avro import Row

_OWN = (
    "event_id", "request_id", "attempt", "message_handle", "terminal", "final", "out_of_order", "code", "reason",
    "first_handle", "id_reused", "request_origin", "line", "contact",
)  # fmt: skip
_REPORTED = (
    "content", "is_outbound", "error_code", "error_message", "error_reason", "error_detail", "error_key",
    "from_number", "number", "to_number", "was_downgraded", "plan", "media_url", "message_type", "group_id",
    "send_style", "opted_out", "sendblue_number", "service", "group_display_name", "account_email", "status",
)  # fmt: skip


def event_row(event: MessageEvent) -> Row:
    """An event as a row; what Sendblue did not say is null."""
    report = event.report
    return {
        **{name: getattr(event, name) for name in _OWN},
        "type": str(event.type),
        "origin": str(event.origin),
        "duplicate_of": None if event.duplicate_of is None else str(event.duplicate_of),
        "tags": dict(event.tags),
        "occurred_at": event.occurred_at_ms,
        "received_at": event.received_at_ms,
        **reported(report),
        **({} if event.contact is None else {"number": event.number, "opted_out": event.type is EventType.OPT_OUT}),
    }


def reported(report: Report | None) -> Row:
    """The fields of a message object, all of them null without one."""
    return {
        **{name: getattr(report, name) if report else None for name in _REPORTED},
        "date_sent": report.date_sent_ms if report else None,
        "date_updated": report.date_updated_ms if report else None,
        "participants": list(report.participants) if report else [],
        "extras": dict(report.extras) if report else {},
    }


def told_of(row: Row) -> Told | None:
    """What an event's row tells of a message, None where it names none."""
    handle, status = row["message_handle"], row["status"]
    if handle is None:
        return None
    seen = Seen(status, row["date_updated"], row["terminal"]) if status else None
    return Told(
        row["event_id"],
        row["type"],
        handle,
        row["received_at"],
        row["request_id"],
        row["attempt"],
        row["line"],
        seen,
        row["error_code"],
        hearsay_of(row["request_id"], row["origin"]),
    )
