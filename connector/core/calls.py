"""The two sides of one call of Sendblue's send endpoint: what goes out, and what came back.

An *answer* is everything that the caller could learn, whether or not a response arrived. It judges nothing;
``outcomes.classify`` does. Both values hold numbers and texts, so neither shows them in its ``repr``.

What is ugly: Sendblue spells the same thing in several ways (``error``, ``message``, ``error_message``; a code as a
number, a string, 0 or null), and any of these may repeat the phone number it complains about. Codes are therefore
cut down to a shape in which no number fits, and its sentences are looked at but never passed on.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from connector.core.messages import SendRequest

MayWrite: TypeAlias = Callable[[], float | None]
"""Asked when the connection is there: seconds until it is to be asked again, 0.0 for "now", None for "never"."""

CALL_S = 20.0
"""The longest a call may take, unless it is set otherwise."""
MAX_HANDLE_CHARS = 256
"""A message handle is a UUID of 36 characters or so; what is much longer is something else."""
MAX_TEXT_CHARS = 2_000
"""How much of an error text is looked at: Sendblue's are a sentence."""
UNREADABLE_CODE = "UNREADABLE_CODE"
"""Stands for an error code that is no short word or number."""

TEXT_KEYS = ("error", "message", "error_message", "error_reason", "error_detail")
"""Where Sendblue puts its sentence, by route."""
_OWN_KEYS = frozenset({*TEXT_KEYS, "status", "error_code", "error_key"})
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_.:-]{0,63}")
_MANY_DIGITS = re.compile(r"(?:\d[_.:-]?){7}")
_NO_CODE = frozenset({"", "0", "NULL", "NONE", "UNDEFINED"})


class Failure(StrEnum):
    """Why no complete answer arrived; what matters is only whether the request can have left."""

    NOT_WRITTEN = "NOT_WRITTEN"
    """DNS, connect, TLS or pool: not one byte of the request was handed to a connection."""
    WRITTEN = "WRITTEN"
    """Everything else: time out, reset, early end, nonsense. Sendblue may have the request."""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One text on its way out: the request, the number of the line it leaves from, the URL for its callbacks."""

    request: SendRequest = field(repr=False)
    from_number: str = field(repr=False)
    status_callback: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one call.

    ``status``: HTTP status, None if none arrived. ``body``: the JSON object, None for anything else. ``is_json`` and
    ``is_html``: what the bytes were. ``retry_after_s``: seconds, 0 to 3,600, if the server named a time.
    ``failure``: set unless the whole answer was read; ``failure_name`` is the name of the error's class, for logs.
    ``date_ms``: the server's clock, from its Date header. ``written_after_s``: seconds from the begin of the call to
    the request's first byte on a socket, where that is known.
    """

    status: int | None = None
    body: Mapping[str, object] | None = field(default=None, repr=False)
    is_json: bool = False
    is_html: bool = False
    retry_after_s: float | None = None
    failure: Failure | None = None
    failure_name: str | None = None
    date_ms: int | None = None
    written_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Whether this is a whole, readable 2xx: what a probe must see before sending goes on."""
        return self.failure is None and self.is_json and self.status is not None and 200 <= self.status < 300


def handle_of(answer: Answer) -> str | None:
    """The message handle, at the top or inside ``data``; None when there is none that can be used."""
    return _handle(message_of(answer))


def message_of(answer: Answer) -> Mapping[str, object]:
    """The message object: the body, or what it wraps in ``data`` if only that has a handle."""
    body = answer.body or {}
    inner = _mapping(body.get("data"))
    return inner if _handle(body) is None and _handle(inner) is not None else body


def is_sendblue_body(body: Mapping[str, object] | None) -> bool:
    """Whether this object has the words of Sendblue's own errors, and not those of something in between."""
    return body is not None and not _OWN_KEYS.isdisjoint(body)


def error_text(body: Mapping[str, object] | None) -> str:
    """All of Sendblue's sentences, in lower case, to look for words in. Never to be shown: they may hold numbers."""
    texts = (value for key in TEXT_KEYS if isinstance(value := (body or {}).get(key), str))
    return " ".join(texts)[:MAX_TEXT_CHARS].lower()


def normalise_code(value: object) -> str | None:
    """An error code or key as upper-case text: 4000 and "4000" are one code; null, 0 and "" are none.

    What is no short word, or has seven digits in a row (a phone number would), is UNREADABLE_CODE.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int):
        return UNREADABLE_CODE
    if isinstance(value, int) and not -1_000_000 < value < 1_000_000:
        return UNREADABLE_CODE
    code = str(value).strip().upper()
    if code in _NO_CODE:
        return None
    return code if _CODE.fullmatch(code) and not _MANY_DIGITS.search(code) else UNREADABLE_CODE


def _handle(body: Mapping[str, object]) -> str | None:
    value = body.get("message_handle")
    text = value.strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= MAX_HANDLE_CHARS and text.isprintable() else None


def _mapping(value: object) -> Mapping[str, object]:
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}
