"""Bytes and exceptions of one HTTP call -> an Answer. Tolerant of what the answer says, strict on whether it is whole.

Only three exceptions mean that nothing left: ConnectError, ConnectTimeout and PoolTimeout, and they are believed only
if the request did not pass the gate before the socket (NotIdle is raised behind it, instead of writing). Every other
one, of any class, means that it may have left.

A body is whole when its length says so. Without a length the end of the connection ends it, and a cut looks the
same; then only a JSON object, whose last brace says that it is complete, is believed. And what says that it is JSON
and is not has been damaged on its way: it is no answer either.
"""

import json
from collections.abc import AsyncIterator, Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import isinf
from typing import NamedTuple

import httpcore2
import httpx2
import msgspec

from connector.core.calls import Answer, Failure
from connector.sendblue.wire import NotIdle

MAX_BODY = 256 * 1024
"""Bytes of a body that are read. A message object has about 1 KiB, with the longest text 120."""
MAX_PAGE_BODY = 8 * 1024 * 1024
"""The same for a page of 100 messages: most have 100 KiB, a campaign of long texts has megabytes."""
MAX_RETRY_AFTER_S = 3_600.0
"""The longest Retry-After believed: a line that sleeps for a week is a lost line."""

NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpcore2.ConnectError,
    httpcore2.ConnectTimeout,
    httpcore2.PoolTimeout,
)
"""All that httpx2 and its transport raise before the first byte of a request."""
_BODILESS = frozenset({204, 304})


class NotWhole(Exception):  # noqa: N818 - what the answer is, not a mishap
    """The answer is longer than its bound, damaged, or ended where nobody can tell whether it was complete."""


class Reply(NamedTuple):
    """An answer, and its JSON value when that is no object (a bare list, say)."""

    answer: Answer
    value: object = None


def failed(error: BaseException, written_after_s: float | None = None, status: int | None = None) -> Answer:
    """The answer of a call that ended with this error. ``written_after_s``: None if the gate saw nothing pass."""
    if isinstance(error, NotIdle) or (isinstance(error, NEVER_LEFT) and written_after_s is None):
        return Answer(failure=Failure.NOT_WRITTEN, failure_name=type(error).__name__)
    return Answer(
        status=status,
        failure=Failure.WRITTEN,
        failure_name=type(error).__name__,
        written_after_s=written_after_s,
    )


def not_made(error: Exception) -> Reply:
    """The reply of a call that was not even begun."""
    return Reply(Answer(failure=Failure.NOT_WRITTEN, failure_name=type(error).__name__))


async def read(response: httpx2.Response, written_after_s: float | None = None, max_body: int = MAX_BODY) -> Reply:
    """The whole answer. Raises NotWhole, and whatever the transport raises while the body arrives."""
    body = await _bounded(_sent(response), max_body)
    is_json, value = _decoded(body)
    if not isinstance(value, dict) and not (_has_length(response) and (is_json or not _claims_json(response))):
        raise NotWhole
    date_ms = _epoch_ms(response.headers.get("date"))
    answer = Answer(
        status=response.status_code,
        body=value if isinstance(value, dict) else None,
        is_json=is_json,
        is_html=response.headers.get("content-type", "").startswith("text/html") or body.lstrip().startswith(b"<"),
        retry_after_s=retry_after(response.headers.get("retry-after"), date_ms),
        date_ms=date_ms,
        written_after_s=written_after_s,
    )
    return Reply(answer, value)


def retry_after(value: str | None, date_ms: int | None) -> float | None:
    """Seconds, 0 to 3,600, from a number or a date (RFC 9110 10.2.3); a date is measured by the server's clock."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        until_ms = _epoch_ms(value)
        if until_ms is None or date_ms is None:
            return None
        seconds = max((until_ms - date_ms) / 1000, 0.0)
    return min(seconds, MAX_RETRY_AFTER_S) if seconds >= 0 else None


def _sent(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The body as it was meant. It comes compressed only from who heeds no headers; httpx2's own way costs more."""
    if isinstance(response.stream, httpx2.AsyncByteStream) and "content-encoding" not in response.headers:
        return aiter(response.stream)
    return response.aiter_bytes()


async def _bounded(chunks: AsyncIterator[bytes], max_body: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > max_body:
            raise NotWhole
    return bytes(body)


def json_value(body: bytes) -> object:
    """What Sendblue wrote as JSON; half a surrogate pair (a text cut within an emoji) is no reason not to read it.

    Raises ValueError, RecursionError.
    """
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        if b"\\u" not in body:
            raise
        return json.loads(body.decode(), parse_constant=_no_constant, parse_float=_finite)


def _no_constant(name: str) -> object:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _finite(text: str) -> float:
    """A number that no float holds: nobody could read what is written of it."""
    if isinf(number := float(text)):
        raise ValueError("out of range")
    return number


def _decoded(body: bytes) -> tuple[bool, object]:
    try:
        return True, json_value(body)
    except (ValueError, RecursionError):
        return False, None


def _has_length(response: httpx2.Response) -> bool:
    headers: Mapping[str, str] = response.headers
    return "content-length" in headers or "transfer-encoding" in headers or response.status_code in _BODILESS


def _claims_json(response: httpx2.Response) -> bool:
    return "json" in response.headers.get("content-type", "")


@lru_cache(maxsize=64)  # one second has one Date, and many answers
def _epoch_ms(http_date: str | None) -> int | None:
    try:
        return None if http_date is None else int(parsedate_to_datetime(http_date).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
