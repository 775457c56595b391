"""The rows of an InboundMessage and of an AccountEvent."""

from connector.core.account_webhooks import AccountEvent, InboundMessage
from connector.kafka.avro import Row
from connector.kafka.wire_events import reported


def inbound_row(message: InboundMessage) -> Row:
    """A message as a row; what Sendblue did not say is null."""
    return {
        "event_id": message.event_id,
        "contact": message.contact,
        "line": message.line,
        "message_handle": message.report.message_handle,
        **reported(message.report),
        "raw": message.raw,
        "occurred_at": message.occurred_at_ms,
        "received_at": message.received_at_ms,
    }


def account_row(event: AccountEvent, raw: str | None) -> Row:
    """An event as a row, with the object as it may be shown."""
    return {
        "event_id": event.event_id,
        "type": event.type,
        "line": event.line,
        "about": event.about,
        "status": event.status,
        "raw": raw,
        "occurred_at": event.occurred_at_ms,
        "received_at": event.received_at_ms,
    }
