"""Rows of the request, dispatch and parked schemas, to and from the connector's values."""

from connector.core.messages import Dispatch, OnInDoubt, Origin, Priority, ReplyTo, SendRequest, ServicePolicy, Source
from connector.kafka.avro import Row


def request_of(row: Row) -> SendRequest:
    """A SendRequest row as the core's value; nothing is judged here."""
    policy, reply, service = row["on_in_doubt"], row["reply_to"], row["service_policy"]
    return SendRequest(
        request_id=row["request_id"],
        number=row["number"],
        numbers=tuple(row["numbers"]),
        group_id=row["group_id"],
        from_number=row["from_number"],
        content=row["content"],
        media_url=row["media_url"],
        send_style=row["send_style"],
        send_at_ms=row["send_at"],
        expires_at_ms=row["expires_at"],
        on_in_doubt=OnInDoubt(policy) if policy in OnInDoubt.__members__ else None,
        seat_id=row["seat_id"],
        reply_to=ReplyTo(reply["message_handle"], reply["part_index"]) if reply else None,
        quiet_hours=row["quiet_hours"],
        priority=Priority(row["priority"] or Priority.NORMAL),
        tags=row["tags"],
        created_at_ms=row["created_at"],
        service_policy=ServicePolicy(service) if service in ServicePolicy.__members__ else None,
        pre_reply_override=bool(row["pre_reply_override"]),
    )


def request_row(request: SendRequest) -> Row:
    """The inverse of ``request_of``."""
    reply = request.reply_to
    return {
        "request_id": request.request_id,
        "number": request.number,
        "numbers": list(request.numbers),
        "group_id": request.group_id,
        "from_number": request.from_number,
        "content": request.content,
        "media_url": request.media_url,
        "send_style": request.send_style,
        "send_at": request.send_at_ms,
        "expires_at": request.expires_at_ms,
        "on_in_doubt": None if request.on_in_doubt is None else str(request.on_in_doubt),
        "seat_id": request.seat_id,
        "reply_to": reply and {"message_handle": reply.message_handle, "part_index": reply.part_index},
        "quiet_hours": request.quiet_hours,
        "priority": str(request.priority),
        "tags": dict(request.tags),
        "created_at": request.created_at_ms,
        "service_policy": None if request.service_policy is None else str(request.service_policy),
        "pre_reply_override": request.pre_reply_override or None,
    }


def dispatch_row(dispatch: Dispatch) -> Row:
    """A dispatch record; the request itself rides along as its producer wrote it."""
    source = dispatch.source
    return {
        "origin": dispatch.origin._asdict(),
        "request_time": dispatch.request_time_ms,
        "line": dispatch.line,
        "line_named": dispatch.line_named,
        "hops": dispatch.hops,
        "redrive": dispatch.redrive,
        "deferrals": dispatch.deferrals,
        "priority": str(dispatch.request.priority),
        "traceparent": dispatch.traceparent,
        "after_ledger": dispatch.after_ledger,
        "key": source.key,
        "value": source.value or b"",
        "headers": [{"name": name, "value": value} for name, value in source.headers],
        "timestamp": source.timestamp_ms,
    }


def source_of(row: Row) -> Source:
    """The untouched record inside a dispatch row."""
    headers = tuple((header["name"], header["value"]) for header in row["headers"])
    return Source(row["key"], row["value"], headers, row["timestamp"])


def dispatch_of(row: Row, request: SendRequest) -> Dispatch:
    """The inverse of ``dispatch_row``; ``request`` is what the source's value decodes to."""
    return Dispatch(
        request=request,
        origin=Origin(**row["origin"]),
        request_time_ms=row["request_time"],
        line=row["line"],
        line_named=row["line_named"],
        hops=row["hops"],
        redrive=row["redrive"],
        deferrals=row["deferrals"],
        traceparent=row["traceparent"],
        after_ledger=row["after_ledger"],
        source=source_of(row),
    )
