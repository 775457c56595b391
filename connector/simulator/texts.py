"""The message object of the wire, and the life of a message by service.

iMessage and RCS end in DELIVERED; an SMS, which is what a message becomes when its recipient has no iMessage, ends in
SENT and says ``was_downgraded``. The service follows from the recipient's last digit, so that a test can choose it.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PATHS = {
    "iMessage": ("QUEUED", "ACCEPTED", "SENT", "DELIVERED"),
    "RCS": ("QUEUED", "ACCEPTED", "SENT", "DELIVERED"),
    "SMS": ("QUEUED", "ACCEPTED", "SENT"),
}
SMS_DIGITS, RCS_DIGITS = "89", "7"


def service_of(number: str) -> str:
    """SMS for numbers that end in 8 or 9, RCS for 7, else iMessage."""
    return "SMS" if number[-1] in SMS_DIGITS else "RCS" if number[-1] in RCS_DIGITS else "iMessage"


def stamp(now: float) -> str:
    """ISO 8601 with milliseconds, as Sendblue writes it."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Text:
    """One text the simulator accepted."""

    body: dict[str, Any]
    created: float
    status: str = "QUEUED"
    updated: float = 0.0
    error_code: int | str | None = None
    handle: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def service(self) -> str:
        """What it goes by."""
        return service_of(str(self.body.get("number") or self.body.get("group_id") or "0"))

    def wire(self) -> dict[str, Any]:
        """The message object, with every key Sendblue's has."""
        number = self.body.get("number", "")
        numbers = self.body.get("numbers") or []
        sms = self.service == "SMS" and self.status != "QUEUED"
        return {
            "accountEmail": "demo@example.com",
            "content": self.body.get("content", ""),
            "is_outbound": True,
            "status": self.status,
            "error_code": self.error_code,
            "error_message": "the message could not be sent" if self.error_code else None,
            "error_reason": None,
            "error_detail": None,
            "error_key": None,
            "message_handle": self.handle,
            "date_sent": stamp(self.created),
            "date_updated": stamp(self.updated or self.created),
            "from_number": self.body.get("from_number"),
            "number": number,
            "to_number": number,
            "was_downgraded": True if sms else None,
            "plan": "dedicated",
            "media_url": self.body.get("media_url") or "",
            "message_type": "group" if numbers or self.body.get("group_id") else "message",
            "group_id": self.body.get("group_id") or "",
            "participants": numbers,
            "send_style": self.body.get("send_style") or "",
            "opted_out": False,
            "sendblue_number": self.body.get("from_number"),
            "service": self.service,
            "group_display_name": None,
        }
