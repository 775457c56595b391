"""The records of the events topic, and their ids.

There are two kinds. A STATUS is what Sendblue said about a message, by callback or in the sweep. All others
are the connector's own and tell what became of a *request*. ``terminal`` speaks of the message, ``final`` of
the request: after a SUBMITTED the request is settled while its message has only begun.

Ids are made from what the event is about, never from when or by whom it was published, so a repeat (Sendblue
asks again, a replica replays, the sweep finds what a callback told) has the id of the first:

* a status: the handle, or the attempt where Sendblue gave no handle; the status; the error code; date_updated
* our own: the type, the origin of the request, the attempt. With the origin, because two requests may share
an id; and a redriven record is another origin
* a negative end that no attempt decided: its code too; a DUPLICATE: its code, and how and with which handle the
first one ended. After 72 h, or a late proof, the same record may come to another of them, which is no repeat
* STATUS_TIMEOUT, which is our own but speaks of the message: the type and the handle
* OPT_OUT and OPT_IN, which speak of the contact (``opt_events``): the type, the contact, when and how it was said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from hashlib import blake2b

from connector.core.callbacks import Report
from connector.core.identities import text_hash
from connector.core.messages import Dispatch, Disposition, EventOrigin, EventType, Origin
from connector.core.statuses import Flags
from connector.core.tokens import Claim

EVENT_ID_BYTES = 16
"""128 bits: no two events meet by chance in the life of a topic."""
WAITING = frozenset({EventType.SCHEDULED, EventType.DEFERRED})
"""The request is on its way; so far nothing was tried, or nothing sent."""
OF_THE_MESSAGE = frozenset({EventType.STATUS, EventType.STATUS_TIMEOUT})
"""They speak of the message, and never settle a request."""
OF_THE_CONTACT = frozenset({EventType.OPT_OUT, EventType.OPT_IN})
"""They speak of a contact, and of no request."""
FINAL_TYPES = frozenset(EventType) - WAITING - OF_THE_MESSAGE - OF_THE_CONTACT - {EventType.PARKED}
"""After one of these the request is settled; the first counts, and SUBMITTED beats all."""
NEGATIVE_ENDS = frozenset({EventType.REJECTED, EventType.EXPIRED, EventType.CANCELLED, EventType.DROPPED})

UNCONFIRMED = "sent, delivery unconfirmed: Sendblue told no status that ends the message within 24 hours"
DOWNGRADED = "the message became an SMS, since the person has no iMessage"
_DUPLICATES = {
    "REPEATED": "another record with this request_id was settled before; that one counts",
    "ID_REUSED": "this request_id was used before for another message; a corrected request needs a new id",
}


class ContentPolicy(StrEnum):
    """What of a text an event keeps: all of it, a keyed hash that shows repeats, or nothing."""

    FULL = "full"
    HASH = "hash"
    OMIT = "omit"


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """One record of the events topic.

    ``occurred_at_ms`` is Sendblue's time where it gave one, else ``received_at_ms``, which is ours. ``code``
    and ``reason`` belong to our own events, and DOWNGRADED to the status that ends a message which went by SMS; the
    error of a status is in ``report``. ``request_origin`` is
    topic/partition/offset. Tags, line and trace context ride on our own events only: a status is joined by
    request_id. ``duplicate_of`` and ``first_handle`` say how the request ended that had the id first. ``contact``, a
    hash in hex, and ``number`` say whom an OPT_OUT or OPT_IN is about.
    """

    event_id: str
    type: EventType
    origin: EventOrigin
    request_id: str | None
    attempt: str | None
    occurred_at_ms: int
    received_at_ms: int
    message_handle: str | None = None
    report: Report | None = None
    terminal: bool = False
    final: bool = False
    out_of_order: bool = False
    code: str | None = None
    reason: str | None = None
    duplicate_of: Disposition | None = None
    first_handle: str | None = None
    id_reused: bool = False
    request_origin: str | None = None
    line: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)
    traceparent: str | None = None
    contact: str | None = None
    number: str | None = field(default=None, repr=False)

    @property
    def status(self) -> str | None:
        """Sendblue's status of the message, where it gave one."""
        return self.report.status if self.report else None

    @property
    def service(self) -> str | None:
        """The service the message goes by, where Sendblue named it."""
        return self.report.service if self.report else None


def status_event(
    report: Report,
    claim: Claim | None,
    flags: Flags,
    received_at_ms: int,
    *,
    origin: EventOrigin = EventOrigin.CALLBACK,
    line: str | None = None,
) -> MessageEvent:
    """What Sendblue said of a message. ``claim`` is None for one that the sweep cannot tie to a request."""
    attempt = claim.attempt if claim else None
    updated = report.date_updated_ms
    return MessageEvent(
        event_id=_status_id(report, attempt),
        type=EventType.STATUS,
        origin=origin,
        request_id=claim.request_id if claim else None,
        attempt=attempt,
        occurred_at_ms=received_at_ms if updated is None else updated,
        received_at_ms=received_at_ms,
        message_handle=report.message_handle,
        report=report,
        terminal=report.terminal,
        out_of_order=flags.out_of_order,
        code="DOWNGRADED" if report.fell_back else None,
        reason=DOWNGRADED if report.fell_back else None,
        line=line,
    )


def submitted_event(
    dispatch: Dispatch,
    attempt: str,
    handle: str,
    report: Report | None,
    at_ms: int,
    *,
    origin: EventOrigin = EventOrigin.API,
) -> MessageEvent:
    """Sendblue has the message: by its answer, or by later proof, as ``origin`` says.

    ``report`` is the message object that came with it, if one did.
    """
    return replace(
        _about(dispatch, EventType.SUBMITTED, attempt, at_ms),
        origin=origin,
        message_handle=handle,
        report=report,
        terminal=report is not None and report.terminal,
    )


def disposition_event(
    type_: EventType, dispatch: Dispatch, attempt: str | None, code: str, reason: str, at_ms: int
) -> MessageEvent:
    """A negative end: REJECTED, EXPIRED, CANCELLED or DROPPED, else ValueError.

    ``reason`` is a sentence for people, without a value of the request. ``attempt`` is the one that the
    ledger names for this end, None where it names none: a replay must find the same.
    """
    if type_ not in NEGATIVE_ENDS:
        raise ValueError(f"{type_} is not a negative end")
    told = () if attempt else (code,)
    return replace(_about(dispatch, type_, attempt, at_ms, *told), code=code, reason=reason)


def duplicate_event(
    dispatch: Dispatch,
    duplicate_of: Disposition,
    first_handle: str | None,
    at_ms: int,
    *,
    id_reused: bool = False,
) -> MessageEvent:
    """The id was settled before, from another origin; ``id_reused`` when that was another message."""
    code = "ID_REUSED" if id_reused else "REPEATED"
    return replace(
        _about(dispatch, EventType.DUPLICATE, None, at_ms, code, duplicate_of, first_handle or ""),
        code=code,
        reason=_DUPLICATES[code],
        duplicate_of=duplicate_of,
        first_handle=first_handle,
        id_reused=id_reused,
    )


def parked_event(dispatch: Dispatch, attempt: str, code: str, reason: str, at_ms: int) -> MessageEvent:
    """Nobody can prove what became of the attempt. Provisional: one of the ends follows."""
    return replace(_about(dispatch, EventType.PARKED, attempt, at_ms), code=code, reason=reason)


def waiting_event(type_: EventType, dispatch: Dispatch, code: str, reason: str, at_ms: int) -> MessageEvent:
    """The request waits: SCHEDULED or DEFERRED, else ValueError. One of each kind a request: its id has no attempt."""
    if type_ not in WAITING:
        raise ValueError(f"{type_} is no wait")
    return replace(_about(dispatch, type_, None, at_ms), code=code, reason=reason)


def status_timeout_event(handle: str, claim: Claim, line: str | None, at_ms: int) -> MessageEvent:
    """A day has passed without a status that ends the message. A later status may follow."""
    return MessageEvent(
        event_id=id_of(EventType.STATUS_TIMEOUT, handle),
        type=EventType.STATUS_TIMEOUT,
        origin=EventOrigin.CONNECTOR,
        request_id=claim.request_id,
        attempt=claim.attempt,
        occurred_at_ms=at_ms,
        received_at_ms=at_ms,
        message_handle=handle,
        code="UNCONFIRMED",
        reason=UNCONFIRMED,
        line=line,
    )


def rejected_event(
    request_id: str | None,
    origin: Origin,
    code: str,
    reason: str,
    at_ms: int,
    *,
    tags: Mapping[str, str] | None = None,
    traceparent: str | None = None,
) -> MessageEvent:
    """A record refused for its bytes, before it became a dispatch.

    ``request_id`` is None where the record could not be decoded, or where the id itself must not be shown.
    """
    event = _own(EventType.REJECTED, origin, request_id, None, at_ms, code)
    return replace(event, code=code, reason=reason, tags=tags or {}, traceparent=traceparent)


def with_content_policy(event: MessageEvent, policy: ContentPolicy, key: bytes) -> MessageEvent:
    """The event as it may be published under this policy; its id stays the same.

    Covered are the text, the media URL and the extras, in which Sendblue may repeat either. Phone numbers are
    not content: a consumer could not use the events without them.
    """
    if event.report is None or policy is ContentPolicy.FULL:
        return event
    return replace(event, report=hidden_report(event.report, policy, key))


def hidden_report(report: Report, policy: ContentPolicy, key: bytes) -> Report:
    """The message object as it may be published under this policy."""
    if policy is ContentPolicy.FULL:
        return report
    hide = partial(hidden, policy=policy, key=key)
    extras = {name: text for name, whole in report.extras.items() if (text := hide(whole)) is not None}
    return replace(report, content=hide(report.content), media_url=hide(report.media_url), extras=extras)


def hidden(text: str | None, policy: ContentPolicy, key: bytes) -> str | None:
    """A text as it may be published under this policy."""
    if policy is ContentPolicy.FULL:
        return text
    return None if text is None or policy is ContentPolicy.OMIT else text_hash(text, key)


def _about(dispatch: Dispatch, type_: EventType, attempt: str | None, at_ms: int, *told: str) -> MessageEvent:
    """An event of ours about a dispatched request, with all that rides on it."""
    event = _own(type_, dispatch.origin, dispatch.request.request_id, attempt, at_ms, *told)
    return replace(event, line=dispatch.line, tags=dispatch.request.tags, traceparent=dispatch.traceparent)


def _own(
    type_: EventType, origin: Origin, request_id: str | None, attempt: str | None, at_ms: int, *told: str
) -> MessageEvent:
    """``told``: what else its id is made from."""
    return MessageEvent(
        event_id=id_of(type_, str(origin), attempt or "", *told),
        type=type_,
        origin=EventOrigin.CONNECTOR,
        request_id=request_id,
        attempt=attempt,
        occurred_at_ms=at_ms,
        received_at_ms=at_ms,
        final=type_ in FINAL_TYPES,
        request_origin=str(origin),
    )


def _status_id(report: Report, attempt: str | None) -> str:
    updated = "" if report.date_updated_ms is None else str(report.date_updated_ms)
    about = report.message_handle or attempt or ""
    return id_of("status", about, report.status, report.error_code or "", updated)


def id_of(*parts: str) -> str:
    """32 hex characters over the parts, each behind its length so that none runs into the next."""
    texts = [part.encode("utf-8", "surrogatepass") for part in parts]
    framed = b"".join(len(text).to_bytes(4, "big") + text for text in texts)
    return blake2b(framed, digest_size=EVENT_ID_BYTES, person=b"ksb:event").hexdigest()
