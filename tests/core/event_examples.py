"""A callback's report, a dispatch, and one event of each type of ours."""

from connector.core.callbacks import Report
from connector.core.events import (
    disposition_event,
    duplicate_event,
    parked_event,
    submitted_event,
    waiting_event,
)
from connector.core.messages import Dispatch, Disposition, EventType, Origin, SendRequest
from connector.core.statuses import Flags
from connector.core.tokens import Claim

NOW = 1_800_000_000_000
KEY = b"k" * 32
ATTEMPT, OTHER_ATTEMPT = "00112233445566ff", "ff66554433221100"
CLAIM = Claim("order-1", ATTEMPT, 500_000)
REPORT = Report("SENT", "handle-1", date_updated_ms=NOW - 5, content="Hello", service="iMessage")
IN_ORDER, BEHIND = Flags(False, REPORT.seen), Flags(True, REPORT.seen)
REQUEST = SendRequest("order-1", number="+12025550123", content="Hello", tags={"team": "a"})
DISPATCH = Dispatch(REQUEST, Origin("requests", 3, 7), NOW - 9, "main", traceparent="00-aa-bb-01")
OWN = [
    (submitted_event(DISPATCH, ATTEMPT, "handle-1", REPORT, NOW), EventType.SUBMITTED, True),
    (disposition_event(EventType.REJECTED, DISPATCH, ATTEMPT, "4000", "r", NOW), EventType.REJECTED, True),
    (disposition_event(EventType.EXPIRED, DISPATCH, None, "TOO_OLD", "r", NOW), EventType.EXPIRED, True),
    (disposition_event(EventType.CANCELLED, DISPATCH, None, "C", "r", NOW), EventType.CANCELLED, True),
    (disposition_event(EventType.DROPPED, DISPATCH, ATTEMPT, "C", "r", NOW), EventType.DROPPED, True),
    (duplicate_event(DISPATCH, Disposition.SUBMITTED, "handle-0", NOW), EventType.DUPLICATE, True),
    (parked_event(DISPATCH, ATTEMPT, "TIMEOUT", "r", NOW), EventType.PARKED, False),
    (waiting_event(EventType.SCHEDULED, DISPATCH, "SCHEDULED", "r", NOW), EventType.SCHEDULED, False),
    (waiting_event(EventType.DEFERRED, DISPATCH, "BUSY", "r", NOW), EventType.DEFERRED, False),
]
