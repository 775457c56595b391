"""What a callback tells of the delivery, for people: which kind of error it was, and how long the message took.

Codes are many and new ones come; kinds are few, and tell who must do something: the producer (``request``), the
contact (``recipient``), nobody but time (``rate``), Sendblue or the carrier (``carrier``, ``upstream``).
"""

from collections.abc import Mapping
from enum import StrEnum

from connector.core.callbacks import Report
from connector.core.calls import normalise_code
from connector.core.statuses import Status


class ErrorClass(StrEnum):
    """The kinds of delivery errors."""

    REQUEST = "request"
    RECIPIENT = "recipient"
    RATE = "rate"
    CARRIER = "carrier"
    UPSTREAM = "upstream"
    UNKNOWN_CODE = "unknown_code"


_CLASSES: Mapping[str, ErrorClass] = {
    "4000": ErrorClass.REQUEST,
    "4001": ErrorClass.RATE,
    "4002": ErrorClass.RECIPIENT,
    "429": ErrorClass.RATE,
    "5000": ErrorClass.UPSTREAM,
    "5003": ErrorClass.RATE,
    "5504": ErrorClass.CARRIER,
    "5509": ErrorClass.RATE,
    "10001": ErrorClass.CARRIER,
    "10002": ErrorClass.UPSTREAM,
    "SMS_LIMIT_REACHED": ErrorClass.RATE,
    "LINE_HOURLY_LIMIT_REACHED": ErrorClass.RATE,
    "LINE_DAILY_LIMIT_REACHED": ErrorClass.RATE,
    "PRE_REPLY_LIMIT_REACHED": ErrorClass.RECIPIENT,
    "OPTED_OUT": ErrorClass.RECIPIENT,
}
"""By Sendblue's error code or key."""


def error_class(code: str | None) -> ErrorClass | None:
    """The kind of a code; None for no error."""
    normal = normalise_code(code)
    return None if normal is None else _CLASSES.get(normal, ErrorClass.UNKNOWN_CODE)


def delivered_after_s(report: Report) -> float | None:
    """Seconds from the message's creation to DELIVERED, by Sendblue's clock; None for any other status."""
    if report.status != Status.DELIVERED or report.date_sent_ms is None or report.date_updated_ms is None:
        return None
    return max(report.date_updated_ms - report.date_sent_ms, 0) / 1000
