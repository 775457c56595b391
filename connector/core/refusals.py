"""Every reason for which the connector itself refuses a request: one table, code -> sentence.

The sentence says what must be true, for the person who wrote the producer. None holds a value of the request:
sentences travel to logs, headers and events. Sendblue's own error codes are not here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_E164 = "E.164: a plus sign and 7 to 15 digits, the first not 0"

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        # decided by the bytes of the record: requests.refusals
        "REQUEST_ID_INVALID": "request_id must be 1 to 64 characters of A-Z a-z 0-9 . _ : -",
        "REQUEST_ID_IS_A_PHONE_NUMBER": "request_id reads like a phone number (7 to 15 digits); add letters",
        "REQUEST_ID_HOLDS_THE_NUMBER": "request_id contains a recipient's number, and ids are kept in logs",
        "RECORD_TIME_MISSING": "the record has no timestamp",
        "CREATED_AT_INVALID": "created_at must be a time after 1970, or null",
        "RECIPIENT_NOT_ONE": "exactly one of number, numbers and group_id must be set",
        "NUMBER_INVALID": f"number must be {_E164}",
        "NUMBERS_INVALID": f"each of numbers must be {_E164}",
        "NUMBERS_COUNT": "numbers must hold 2 to 25 different numbers; for one person use number",
        "GROUP_ID_INVALID": "group_id must be 1 to 256 characters and not blank",
        "FROM_NUMBER_INVALID": f"from_number must be {_E164}",
        "FROM_NUMBER_MISSING": "a message to a group needs from_number",
        "NOTHING_TO_SEND": "content or media_url must be set and not blank",
        "CONTENT_TOO_LONG": "content must be fewer than 18,996 UTF-16 code units; split it up",
        "SEND_STYLE_UNKNOWN": "send_style must be one of Sendblue's styles, in lower case",
        "SEND_AT_TOO_LATE": "send_at must be at most 71 hours after the request's time",
        "EXPIRES_AT_TOO_EARLY": "expires_at must be later than send_at and than the request's time",
        "TAGS_TOO_LARGE": "at most 32 tags, keys of 1 to 64 characters, values of at most 256",
        "REPLY_TO_INVALID": "reply_to needs a message_handle of 1 to 256 characters, part_index 0 or more",
        "QUIET_HOURS_INVALID": "quiet_hours must be two times of day that differ, as 21:00-08:00, or none",
        "SEAT_ID_INVALID": "seat_id must be 1 to 256 characters and not blank",
        "MEDIA_URL_INVALID": "media_url must be a URL with a host, at most 2,048 characters, no white space",
        "MEDIA_URL_NOT_HTTPS": "media_url must begin with https://",
        "MEDIA_URL_HAS_LOGIN": "media_url must not hold a user name or password",
        "PRE_REPLY_GROUP": "pre_reply_override is for messages to one person",
        # decided by the bytes, at the router's edge
        "UNDECODABLE": "the record could not be read as a SendRequest",
        "REDRIVE_INVALID": "the headers of a redriven record must be a number, an origin and a time in ms, once each",
        "REDRIVE_TOO_MANY": "the record has been redriven more than five times",
        "REDRIVE_IN_THE_FUTURE": "sendblue.first.time lies after the record's own time",
        "RECORD_TOO_LARGE": "key, value and headers of the record must have at most 500,000 bytes",
        "NUMBER_IMPOSSIBLE": "a number has a length or a country code that no phone number has",
        # decided by the clock, the settings or the ledger: they end through a CLOSE
        "IN_THE_FUTURE": "the record's time or created_at is more than 5 minutes ahead",
        "TOO_OLD": "the request is older than 71 and a half hours",
        "OUT_OF_TIME": "the request's time to live ended before it could be sent",
        "LINE_NOT_OURS": "the line this request must go out from is not one of the configured lines",
        "NO_LINE": "no line is configured for requests that name none",
        "CANCELLED": "an operator cancelled the request by its id before it was sent",
        "CANCELLED_BY_TAG": "an operator cancelled by tag, before it was sent, what was requested until then",
        "OPTED_OUT": "the contact has opted out: send nothing until it texts START or an operator takes it in again",
        "LINE_CONFLICT": "the contact hears from another line than this request must go out from: name that, or none",
        "MEDIA_URL_NO_EXTENSION": "the path of media_url must end with a file extension, or media.upload be auto",
        "MEDIA_URL_SIGNED": "media_url is a signed link, which Sendblue cannot fetch; upload it, or set media.upload",
        "IMESSAGE_ONLY_GROUP": "nobody can look up a group: service_policy IMESSAGE_ONLY is for messages to one person",
        # decided by what others said: they end through a CLOSE too
        "NOT_IMESSAGE": "the contact has no iMessage; service_policy ANY would send an SMS, under a new request_id",
        "SERVICE_UNKNOWN": "Sendblue could not say whether the contact has iMessage; redrive it later",
        "MEDIA_NOT_FOUND": "the server of media_url must give the file out; a signed link may have lapsed",
        "MEDIA_NOT_PUBLIC": "media_url must lead to public addresses only",
        "MEDIA_REDIRECTED": "media_url may redirect at most three times, and to https only",
        "MEDIA_TOO_LARGE": "the file behind media_url must not be larger than media.max_mb",
        "MEDIA_KIND_UNKNOWN": "media_url or its server must say what kind of file it is",
        "MEDIA_NOT_TAKEN": "Sendblue refused the upload of the file behind media_url",
    }
)


class Refusal(NamedTuple):
    """A reason to refuse: a key of ``REFUSALS`` and its sentence."""

    code: str
    sentence: str


def refusal(code: str) -> Refusal:
    """The refusal with this code. Raises KeyError for a code that is not in the table."""
    return Refusal(code, REFUSALS[code])
