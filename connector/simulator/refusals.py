"""Every error Sendblue documents, or that was seen in the wild, as it comes in the answer to a send.

What is ugly about it: the pages give codes, not HTTP statuses or bodies; most rows are a plausible reading. A cap on
new contacts is known to come as HTTP 400 with a 429 inside.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from connector.simulator.answers import answer

Row = tuple[int, int | str | None, str | None, str]
ERRORS: Mapping[str, Row] = {
    "4000": (400, 4000, None, "Validation error"),
    "4001": (400, 4001, None, "Rate limit exceeded"),
    "4002": (400, 4002, None, "Blacklisted number"),
    "5000": (500, 5000, None, "Internal error"),
    "5003": (400, 5003, None, "Server rate exceeded"),
    "5504": (400, 5504, None, "Could not determine target service"),
    "5509": (400, 5509, None, "Rate limit window exceeded"),
    "10001": (400, 10001, None, "Message failed to send"),
    "10002": (400, 10002, None, "Failed to resolve message status"),
    "22": (400, 22, None, "Unknown error"),
    "SMS_LIMIT_REACHED": (400, "SMS_LIMIT_REACHED", None, "Internal SMS sending limits exceeded"),
    "LINE_HOURLY_LIMIT_REACHED": (400, 429, "LINE_HOURLY_LIMIT_REACHED", "Hourly new contact limit reached"),
    "LINE_DAILY_LIMIT_REACHED": (400, 429, "LINE_DAILY_LIMIT_REACHED", "Daily new contact limit reached"),
    "PRE_REPLY_LIMIT_REACHED": (400, None, "PRE_REPLY_LIMIT_REACHED", "The contact has not replied yet"),
    "OPTED_OUT": (400, None, "OPTED_OUT", "The contact has opted out"),
    "UNVERIFIED": (400, None, None, "The contact must be verified before sending messages"),
    "UNKNOWN_LINE": (400, 4000, None, "The from_number is not registered"),
    "UNKNOWN_SEAT": (400, None, None, "Seat not found"),
}
"""By name: the HTTP status, ``error_code``, ``error_key`` and the sentence."""


def fields(name: str) -> dict[str, Any]:
    """The error fields of a message object; a name that is not in ERRORS is a code that nobody documented."""
    _, code, key, sentence = ERRORS.get(name, (400, name, None, "undocumented"))
    return {"status": "ERROR", "error_code": code, "error_message": sentence, "error_key": key}


def refusal(name: str, http: int | None = None) -> Response:
    """The answer to a send that was not accepted."""
    told = fields(name)
    code = http or (ERRORS[name][0] if name in ERRORS else 400)
    return answer(code, {**told, "message": told["error_message"], "message_handle": ""})
