"""Reading what Sendblue says about a message: a callback, a list row or the answer to a send."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_DEPTH = 16


class Unreadable(ValueError):
    """``reason`` is a code: NOT_AN_OBJECT, TOO_DEEP or NO_STATUS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Report:
    """One message object of Sendblue, normalised: the 26 fields, and the unknown ones as JSON text."""

    status: str
    message_handle: str | None = None
    error_code: str | None = None
    error_key: str | None = None
    error_message: str | None = None
    error_reason: str | None = None
    error_detail: str | None = None
    service: str | None = None
    was_downgraded: bool | None = None
    date_sent_ms: int | None = None
    date_updated_ms: int | None = None
    account_email: str | None = None
    content: str | None = None
    is_outbound: bool | None = None
    from_number: str | None = None
    number: str | None = None
    to_number: str | None = None
    sendblue_number: str | None = None
    plan: str | None = None
    media_url: str | None = None
    message_type: str | None = None
    group_id: str | None = None
    group_display_name: str | None = None
    participants: tuple[str, ...] = ()
    send_style: str | None = None
    opted_out: bool | None = None
    extras: Mapping[str, str] = field(default_factory=dict)


def parse(body: object) -> Report:
    raise NotImplementedError


def depth_ok(value: object, limit: int = MAX_DEPTH) -> bool:
    raise NotImplementedError
