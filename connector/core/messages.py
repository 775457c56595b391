"""The words of the connector: requests, where they came from, and how they end.

A *request* is one record of the requests topic; its *origin* is that record's place in Kafka. A *line* is one of
our Sendblue numbers, known everywhere by its alias, never by the number. A *contact* is a person or a group.
Every request ends in exactly one final *disposition*; PARKED is provisional.

Times are milliseconds since the epoch (``_ms``) as Kafka keeps them; spans on the monotonic clock are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

MAX_AGE_MS = 72 * 3600 * 1000
"""How long a request is remembered, and how old it may be when it is sent (design promise P1)."""


class Origin(NamedTuple):
    """The place of a request's record in Kafka: what tells a replay from a second request with the same id."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """``topic/partition/offset``, the form used in keys, headers and events."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class OnInDoubt(StrEnum):
    """What happens to an attempt whose fate nobody can prove."""

    PARK = "PARK"
    DROP = "DROP"
    RESEND = "RESEND"
    """Send again what is proved absent (``core.resend``); what is not, is parked."""


class Priority(StrEnum):
    """Which of its line's two lanes a request takes (``core.priorities``)."""

    NORMAL = "NORMAL"
    REPLY = "REPLY"


class ServicePolicy(StrEnum):
    """By which services a text may go."""

    ANY = "ANY"
    IMESSAGE_ONLY = "IMESSAGE_ONLY"


class Disposition(StrEnum):
    """The final ends of a request."""

    SUBMITTED = "SUBMITTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    DROPPED = "DROPPED"
    DUPLICATE = "DUPLICATE"


class EventType(StrEnum):
    """What a record of the events topic tells."""

    SUBMITTED = "SUBMITTED"
    STATUS = "STATUS"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    DROPPED = "DROPPED"
    DUPLICATE = "DUPLICATE"
    PARKED = "PARKED"
    SCHEDULED = "SCHEDULED"
    DEFERRED = "DEFERRED"
    STATUS_TIMEOUT = "STATUS_TIMEOUT"
    OPT_OUT = "OPT_OUT"
    OPT_IN = "OPT_IN"


class EventOrigin(StrEnum):
    """Who said it: the answer to our call, a callback, the sweep, or the connector itself."""

    API = "API"
    CALLBACK = "CALLBACK"
    SWEEP = "SWEEP"
    CONNECTOR = "CONNECTOR"


class ReplyTo(NamedTuple):
    """The message an inline reply answers; ``part_index`` counts its parts from 0."""

    message_handle: str
    part_index: int | None


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One send request as the producer wrote it. Exactly one of number, numbers and group_id is set."""

    request_id: str
    number: str | None = None
    numbers: tuple[str, ...] = ()
    group_id: str | None = None
    from_number: str | None = None
    content: str | None = None
    media_url: str | None = None
    send_style: str | None = None
    send_at_ms: int | None = None
    expires_at_ms: int | None = None
    on_in_doubt: OnInDoubt | None = None
    seat_id: str | None = None
    reply_to: ReplyTo | None = None
    quiet_hours: str | None = None
    priority: Priority = Priority.NORMAL
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at_ms: int | None = None
    service_policy: ServicePolicy | None = None
    pre_reply_override: bool = False

    @property
    def is_group(self) -> bool:
        """True when several people share the conversation: it goes to the group endpoint."""
        return bool(self.numbers) or self.group_id is not None


class Source(NamedTuple):
    """The request's record, untouched: what the dead-letter topic gets if the request ends there."""

    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp_ms: int = 0

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        headers = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A validated request on its way: what a record of the dispatch topic holds.

    ``request_time_ms`` is the older of created_at and the record's time; age counts from it. ``line`` is the alias
    of the chosen line, ``line_named`` whether the producer chose it. ``hops`` counts moves between lines,
    ``redrive`` how often an operator has sent the record round again, ``deferrals`` its hops through delay topics.
    ``after_ledger``: only who has read the ledger up to this offset may judge the record.
    """

    request: SendRequest
    origin: Origin
    request_time_ms: int
    line: str
    line_named: bool = False
    hops: int = 0
    redrive: int = 0
    deferrals: int = 0
    traceparent: str | None = None
    source: Source = field(default_factory=Source)
    after_ledger: int = 0
