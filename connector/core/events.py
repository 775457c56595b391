"""The records of the events topic, and their deterministic ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connector.core.callbacks import Report
from connector.core.messages import Dispatch, Disposition, EventOrigin, EventType, Origin
from connector.core.statuses import Flags
from connector.core.tokens import Claim


class ContentPolicy(StrEnum):
    FULL = "full"
    HASH = "hash"
    OMIT = "omit"


@dataclass(frozen=True, slots=True)
class MessageEvent:
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
    tags: Mapping[str, str] = field(default_factory=dict)
    traceparent: str | None = None

    @property
    def status(self) -> str | None:
        return self.report.status if self.report else None

    @property
    def service(self) -> str | None:
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
    raise NotImplementedError


def submitted_event(
    dispatch: Dispatch,
    attempt: str,
    handle: str,
    report: Report | None,
    at_ms: int,
    *,
    origin: EventOrigin = EventOrigin.API,
) -> MessageEvent:
    raise NotImplementedError


def disposition_event(
    type_: EventType, dispatch: Dispatch, attempt: str | None, code: str, reason: str, at_ms: int
) -> MessageEvent:
    raise NotImplementedError


def duplicate_event(
    dispatch: Dispatch,
    duplicate_of: Disposition,
    first_handle: str | None,
    at_ms: int,
    *,
    code: str | None = None,
    id_reused: bool = False,
) -> MessageEvent:
    raise NotImplementedError


def parked_event(dispatch: Dispatch, attempt: str, code: str, reason: str, at_ms: int) -> MessageEvent:
    raise NotImplementedError


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
    raise NotImplementedError


def with_content_policy(event: MessageEvent, policy: ContentPolicy, key: bytes) -> MessageEvent:
    raise NotImplementedError
