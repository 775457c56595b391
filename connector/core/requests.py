"""What is wrong with a request, and the times that follow from it.

Three kinds of refusal, kept apart on purpose. What the *bytes* of a record alone decide is ``refusals``: any
replica says the same at any time, so the router may refuse at once. What depends on the *clock* (``too_new``,
``too_old``, ``expires_ms``) ends through the ledger, so that replicas whose clocks differ cannot say two
things. What depends on settings (is that line ours?) is asked in ``routing``.

Blank means absent for content and media_url, as it does in what Sendblue sends back. Everywhere else a field
that is set must hold something usable: quietly dropping a style or a recipient would change what a person
sees.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from connector.core.media import media_fault
from connector.core.messages import MAX_AGE_MS, Dispatch, SendRequest, Source
from connector.core.quiet import is_readable
from connector.core.refusals import REFUSALS, Refusal, refusal

__all__ = [
    "REFUSALS",
    "Refusal",
    "content_of",
    "due_ms",
    "expires_ms",
    "id_is_usable",
    "media_of",
    "refusal",
    "refusals",
    "request_time_ms",
    "too_large",
    "too_new",
    "too_old",
]

MAX_CONTENT_UNITS = 18_995
"""Sendblue takes fewer than 18,996 characters and names no unit. UTF-16 code units are never fewer than code
points, so what passes here is short enough in either reading; bytes would refuse texts that surely fit."""
MIN_PEOPLE, MAX_PEOPLE = 2, 25
"""Of a group given by numbers. 25 is Sendblue's bound; a group of one would be a second contact of that
person, with its own line and its own message in flight."""
MAX_AHEAD_MS = 5 * 60 * 1000
"""How far a record may lie in the future: clocks differ, but a time far ahead would never grow old."""
MAX_SEND_AHEAD_MS = 71 * 3600 * 1000
"""How long a request may ask to wait: an hour less than the 72 h in which it may be sent at all."""
DEFAULT_TTL_MS = 24 * 3600 * 1000
"""How long after it is due a request without expires_at is still worth sending."""
MAX_TAGS, MAX_TAG_KEY, MAX_TAG_VALUE = 32, 64, 256
"""Tags ride on every event of the request: about 10,000 characters at most."""
MAX_REFERENCE_CHARS = 256
"""Of a handle, seat or group id: Sendblue's are about 40 characters; the rest is room to grow."""

MAX_RECORD_BYTES = 500_000
"""Of key, value and headers. Kafka takes a megabyte unless told otherwise, and a dispatch record holds all of it."""

SEND_STYLES = frozenset(
    {
        "celebration", "shooting_star", "fireworks", "lasers", "love", "confetti", "balloons",
        "spotlight", "echo", "invisible", "gentle", "loud", "slam",
    }
)  # fmt: skip
"""Sendblue drops any other style without a word, one in another case included."""


def refusals(request: SendRequest, record_time_ms: int | None) -> tuple[Refusal, ...]:
    """Everything that is wrong with the bytes of a request; the first is the reason to give.

    ``record_time_ms`` is the Kafka timestamp of its record; None, zero and below mean that it has none.
    """
    broken = [code for code, breaks in _RULES if breaks(request, record_time_ms)]
    url = media_of(request)
    if url is not None and (fault := media_fault(url)) is not None:
        broken.append(fault)
    return tuple(map(refusal, broken))


def too_large(source: Source) -> bool:
    """Whether the record could not travel on: dispatch, delay and parked records hold it whole."""
    return source.size > MAX_RECORD_BYTES


def id_is_usable(request_id: str) -> bool:
    """Whether an id is well formed and no phone number: only then may it appear in keys, events and logs."""
    return not _bad_id(request_id) and not _is_phone_number(request_id)


def content_of(request: SendRequest) -> str | None:
    """The text to send, untouched; None when it is absent or nothing but white space."""
    return request.content if request.content and request.content.strip() else None


def media_of(request: SendRequest) -> str | None:
    """The media URL to send; None when it is absent or blank."""
    return request.media_url if request.media_url and request.media_url.strip() else None


def request_time_ms(request: SendRequest, record_time_ms: int) -> int:
    """When the request was made: the older of created_at and the record's time. Its age counts from here."""
    return record_time_ms if request.created_at_ms is None else min(record_time_ms, request.created_at_ms)


def too_new(request: SendRequest, record_time_ms: int, now_ms: int) -> Refusal | None:
    """IN_THE_FUTURE when the record's time or created_at is more than 5 minutes ahead of ``now_ms``."""
    newest = max(record_time_ms, request.created_at_ms or 0)
    return refusal("IN_THE_FUTURE") if newest > now_ms + MAX_AHEAD_MS else None


def too_old(request_time_ms: int, now_ms: int) -> bool:
    """Whether a request is older than 72 h: the ledger may have forgotten that it was sent."""
    return now_ms - request_time_ms > MAX_AGE_MS


def due_ms(dispatch: Dispatch) -> int:
    """When the request may be sent: at send_at, but never before its own time."""
    return max(dispatch.request_time_ms, dispatch.request.send_at_ms or 0)


def expires_ms(dispatch: Dispatch, default_ttl_ms: int = DEFAULT_TTL_MS) -> int:
    """The first moment at which the request may no longer be sent.

    That is expires_at, or ``default_ttl_ms`` after it is due; in no case later than 72 h after its time.
    """
    chosen = dispatch.request.expires_at_ms
    end = due_ms(dispatch) + default_ttl_ms if chosen is None else chosen
    return min(end, dispatch.request_time_ms + MAX_AGE_MS)


_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_DIGITS = re.compile(r"[0-9]{7,15}")
_WITHOUT_SEPARATORS = str.maketrans("", "", "._:-")
_TELLING_DIGITS = 10
"""A number is recognised without its country code too: by its last ten digits."""


def _bad_id(request_id: str) -> bool:
    return _ID.fullmatch(request_id) is None


def _is_phone_number(request_id: str) -> bool:
    return _PHONE_DIGITS.fullmatch(request_id.translate(_WITHOUT_SEPARATORS)) is not None


def _holds_a_recipient(request: SendRequest) -> bool:
    """An id built around a recipient's number would carry it into logs and the ledger."""
    bare = request.request_id.translate(_WITHOUT_SEPARATORS)
    people = (request.number or "", *request.numbers)
    return any(number[1:][-_TELLING_DIGITS:] in bare for number in people if not _bad_number(number))


def _recipient_kinds(request: SendRequest) -> int:
    return (request.number is not None) + bool(request.numbers) + (request.group_id is not None)


def _bad_number(number: str | None) -> bool:
    return number is not None and E164.fullmatch(number) is None


def _bad_count(numbers: tuple[str, ...]) -> bool:
    return bool(numbers) and not MIN_PEOPLE <= len(set(numbers)) <= MAX_PEOPLE


def _bad_reference(text: str | None) -> bool:
    return text is not None and not (text.strip() and len(text) <= MAX_REFERENCE_CHARS)


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _bad_tags(tags: Mapping[str, str]) -> bool:
    return len(tags) > MAX_TAGS or any(
        not 1 <= len(key) <= MAX_TAG_KEY or len(value) > MAX_TAG_VALUE for key, value in tags.items()
    )


def _bad_reply(request: SendRequest) -> bool:
    reply = request.reply_to
    return reply is not None and (_bad_reference(reply.message_handle) or (reply.part_index or 0) < 0)


def _send_at_too_late(request: SendRequest, time_ms: int | None) -> bool:
    if time_ms is None or request.send_at_ms is None:
        return False
    return request.send_at_ms > request_time_ms(request, time_ms) + MAX_SEND_AHEAD_MS


def _expires_too_early(request: SendRequest, time_ms: int | None) -> bool:
    if time_ms is None or request.expires_at_ms is None:
        return False
    return request.expires_at_ms <= max(request_time_ms(request, time_ms), request.send_at_ms or 0)


_Breaks: TypeAlias = Callable[[SendRequest, int | None], bool]

_RULES: tuple[tuple[str, _Breaks], ...] = (
    ("REQUEST_ID_INVALID", lambda r, _: _bad_id(r.request_id)),
    ("REQUEST_ID_IS_A_PHONE_NUMBER", lambda r, _: _is_phone_number(r.request_id)),
    ("REQUEST_ID_HOLDS_THE_NUMBER", lambda r, _: _holds_a_recipient(r)),
    ("RECORD_TIME_MISSING", lambda _, time_ms: time_ms is None or time_ms <= 0),
    ("CREATED_AT_INVALID", lambda r, _: r.created_at_ms is not None and r.created_at_ms <= 0),
    ("RECIPIENT_NOT_ONE", lambda r, _: _recipient_kinds(r) != 1),
    ("NUMBER_INVALID", lambda r, _: _bad_number(r.number)),
    ("NUMBERS_INVALID", lambda r, _: any(map(_bad_number, r.numbers))),
    ("NUMBERS_COUNT", lambda r, _: _bad_count(r.numbers)),
    ("GROUP_ID_INVALID", lambda r, _: _bad_reference(r.group_id)),
    ("FROM_NUMBER_INVALID", lambda r, _: _bad_number(r.from_number)),
    ("FROM_NUMBER_MISSING", lambda r, _: r.is_group and r.from_number is None),
    ("NOTHING_TO_SEND", lambda r, _: content_of(r) is None and media_of(r) is None),
    ("CONTENT_TOO_LONG", lambda r, _: _utf16_units(r.content or "") > MAX_CONTENT_UNITS),
    ("SEND_STYLE_UNKNOWN", lambda r, _: r.send_style is not None and r.send_style not in SEND_STYLES),
    ("SEND_AT_TOO_LATE", _send_at_too_late),
    ("EXPIRES_AT_TOO_EARLY", _expires_too_early),
    ("TAGS_TOO_LARGE", lambda r, _: _bad_tags(r.tags)),
    ("REPLY_TO_INVALID", lambda r, _: _bad_reply(r)),
    ("QUIET_HOURS_INVALID", lambda r, _: r.quiet_hours is not None and not is_readable(r.quiet_hours)),
    ("SEAT_ID_INVALID", lambda r, _: _bad_reference(r.seat_id)),
    ("PRE_REPLY_GROUP", lambda r, _: r.is_group and r.pre_reply_override),
)
"""One row, one rule: the code, and what breaks it."""
