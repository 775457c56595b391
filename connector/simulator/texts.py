"""The message object of the wire, and the life of a message by service.

iMessage and RCS end in DELIVERED; an SMS, which is what a message becomes when its recipient has no iMessage, ends in
SENT and says ``was_downgraded``. The service follows from the recipient's last digit, so that a test can choose it.
A text keeps its history, so that the list can show it as it was a while ago.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

PATHS = {
    "iMessage": ("QUEUED", "ACCEPTED", "SENT", "DELIVERED"),
    "RCS": ("QUEUED", "ACCEPTED", "SENT", "DELIVERED"),
    "SMS": ("QUEUED", "ACCEPTED", "SENT"),
}
SMS_DIGITS, RCS_DIGITS = "89", "7"
FAILED = "the message could not be sent"


class State(NamedTuple):
    """A status with its time (seconds since the epoch, to the millisecond) and its error."""

    status: str
    at: float
    error_code: int | str | None = None
    error_key: str | None = None
    error_message: str | None = None


def service_of(number: str) -> str:
    """SMS for numbers that end in 8 or 9, RCS for 7, else iMessage."""
    last = number[-1:] or "0"
    return "SMS" if last in SMS_DIGITS else "RCS" if last in RCS_DIGITS else "iMessage"


def stamp(now: float) -> str:
    """ISO 8601 with milliseconds, as Sendblue writes it."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True, eq=False)
class Text:
    """One message, ours or a contact's. ``contact``: the other side's number, empty for a group."""

    line: str
    contact: str
    content: str
    created: float
    is_outbound: bool = True
    numbers: tuple[str, ...] = ()
    group_id: str = ""
    media_url: str | None = ""
    send_style: str = ""
    seat_id: str | None = None
    reply_to: dict[str, Any] | None = None
    callback: str | None = None
    opted_out: bool = False
    forced: bool = False
    handle: str = field(default_factory=lambda: str(uuid.uuid4()))
    history: list[State] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.created = round(self.created, 3)
        if not self.history:
            self.history.append(State("QUEUED" if self.is_outbound else "RECEIVED", self.created))

    @property
    def state(self) -> State:
        """As it is now."""
        return self.history[-1]

    @property
    def sender(self) -> str:
        """Whose number it comes from."""
        return self.line if self.is_outbound else self.contact

    @property
    def receiver(self) -> str:
        """Whose number it goes to."""
        return self.contact if self.is_outbound else self.line

    @property
    def is_group(self) -> bool:
        """Several people."""
        return bool(self.group_id or self.numbers)

    @property
    def service(self) -> str:
        """What it goes by; a group goes by SMS when one of its people needs it."""
        if self.numbers:
            return "SMS" if any(service_of(number) == "SMS" for number in self.numbers) else "iMessage"
        return service_of(self.contact or self.group_id)

    def become(self, status: str, now: float, error_code: int | str | None = None) -> None:
        """The next status of its life."""
        self.history.append(State(status, round(now, 3), error_code, None, FAILED if error_code else None))

    def as_of(self, when: float) -> State:
        """As it was at that time; its first state if that is earlier."""
        if self.history[-1].at <= when:
            return self.history[-1]
        return next((state for state in reversed(self.history) if state.at <= when), self.history[0])


def wire(text: Text, state: State, free_plan: bool = False, odd: bool = False) -> dict[str, Any]:
    """The message object, with every key Sendblue's has; ``odd``: in the other spelling where there are two."""
    row = {
        "accountEmail": "demo@example.com",
        "content": text.content,
        "is_outbound": text.is_outbound,
        "status": state.status,
        "error_code": state.error_code,
        "error_message": state.error_message,
        "error_reason": None,
        "error_detail": None,
        "error_key": state.error_key,
        "message_handle": text.handle,
        "date_sent": stamp(text.created),
        "date_updated": stamp(state.at),
        "from_number": text.sender,
        "number": text.contact,
        "to_number": text.receiver,
        "was_downgraded": True if text.service == "SMS" and text.is_outbound and state.status != "QUEUED" else None,
        "plan": "free" if free_plan else "dedicated",
        "media_url": text.media_url,
        "message_type": "group" if text.is_group else "message",
        "group_id": text.group_id,
        "participants": list(text.numbers),
        "send_style": text.send_style,
        "opted_out": text.opted_out,
        "sendblue_number": text.line,
        "service": text.service,
        "group_display_name": None,
        "seat_id": text.seat_id,
        "sender_email": "seat@example.com" if text.seat_id else None,
        "reply_to": text.reply_to,
    }
    return {**row, **_odd(row)} if odd else row


def _odd(row: dict[str, Any]) -> dict[str, Any]:
    """How rows of the real list were seen to differ from its documents."""
    return {
        "service": row["service"].lower() if row["service"] == "SMS" else row["service"],
        "was_downgraded": row["was_downgraded"] or False,
        "error_code": 0 if row["error_code"] is None else str(row["error_code"]),
        "sendblue_number": None,
        "media_url": row["media_url"] or None,
        "group_display_name": "",
        "participants": row["participants"] or [number for number in (row["from_number"], row["number"]) if number],
    }
