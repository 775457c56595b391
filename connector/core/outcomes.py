"""What an answer of Sendblue means for the attempt: the most dangerous decision of the connector.

Saying UNSENT of a message that was sent texts a person twice; so whoever reads this should look for a way to get
there wrongly. The rule: **if Sendblue may have received the whole request, it is UNSENT or REJECTED only when a
complete answer refuses it.** What is neither accepted nor refused is in doubt.

The order in which things are asked:

1. no complete answer: not a byte written -> UNSENT, else in doubt
2. 2xx: with a handle it is submitted, whatever else it says; without one, in doubt
3. 5xx, 408, 409, 303 (which means "done, look there") and whatever is no status at all: in doubt
4. other 3xx: a wrong base URL, or something in between; it refuses, and everything stops
5. other 4xx: ``error_key``, then ``error_code``, then the words of the text where the HTTP status alone says too
   little, then the HTTP status (``outcome_table``)
6. a code nobody documented: REJECTED, or in doubt if the user prefers that
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import assert_never

from connector.core.calls import (
    Answer,
    Failure,
    OutboundMessage,
    error_text,
    handle_of,
    is_sendblue_body,
    normalise_code,
)
from connector.core.outcome_table import (
    CODES,
    KEYS,
    KNOWN_CODES,
    MESSAGE_STATUSES,
    NEVER_WROTE,
    NO_ROUTE,
    PHRASES,
    REFUSED_SENTENCE,
    STATUSES,
    STOP,
    UNDOCUMENTED_SENTENCE,
    VAGUE_CODES,
    Classified,
    Doubt,
    Hold,
    Refuse,
    Rejected,
    Row,
    Scope,
    Submitted,
    Unknown,
    Unsent,
    Wait,
    Window,
    metric_code,
)

__all__ = [
    "KNOWN_CODES",
    "NEVER_WROTE",
    "Answer",
    "Classified",
    "Failure",
    "OutboundMessage",
    "Rejected",
    "Scope",
    "Submitted",
    "Unknown",
    "UnknownCode",
    "Unsent",
    "Wait",
    "Window",
    "classify",
    "metric_code",
    "normalise_code",
    "outcome_of",
]

IN_DOUBT_STATUSES = {303: "HTTP_303", 408: "HTTP_408", 409: "HTTP_409"}
"""Statuses below 500 after which the message may have been taken."""


class UnknownCode(StrEnum):
    """What a refusal with an undocumented code comes to."""

    REJECT = "reject"
    """Sendblue says no, so no; the record is dead-lettered and can be redriven."""
    UNKNOWN = "unknown"
    """In doubt: it is parked for a person to look at."""


def classify(answer: Answer, unknown_code: UnknownCode = UnknownCode.REJECT) -> Classified:
    """What became of the message that this answers; the codes are in ``outcome_table``."""
    status = answer.status
    if answer.failure is Failure.NOT_WRITTEN:
        return Unsent("CONNECT", Scope.LINE, Wait(Window.BACKOFF))
    if answer.failure is not None or status is None:
        return Unknown("NO_ANSWER")
    if 200 <= status < 300:
        return _accepted(answer)
    if status in IN_DOUBT_STATUSES:
        return Unknown(IN_DOUBT_STATUSES[status])
    if 300 <= status < 400:
        return _end("REDIRECT", STOP, answer)
    if 400 <= status < 500:
        return _refused(answer, status, unknown_code)
    return Unknown("HTTP_5XX" if 500 <= status < 600 else "HTTP_ODD")


def outcome_of(classified: Classified) -> tuple[str, str]:
    """For people: what it came to (submitted, unsent, rejected, unknown), and its code, "ok" for none."""
    match classified:
        case Submitted(error_code=code):
            return "submitted", code or "ok"
        case Unknown(reason=code) | Unsent(code=code) | Rejected(code=code):
            return type(classified).__name__.lower(), code


def _accepted(answer: Answer) -> Submitted | Unknown:
    handle = handle_of(answer)
    if handle is None:
        return Unknown("NO_HANDLE")
    key, code = _key_and_code(answer)
    rows = (KEYS.get(key or ""), CODES.get(code or ""))
    return Submitted(handle, key or code, slow_line=any(isinstance(row, Hold) for row in rows))


def _refused(answer: Answer, status: int, unknown_code: UnknownCode) -> Classified:
    key, code = _key_and_code(answer)
    return (
        _looked_up(key, KEYS, answer)
        or _looked_up(None if code in VAGUE_CODES else code, CODES, answer)
        or _by_text(answer, status)
        or _by_status(answer, status)
        or _looked_up(code, CODES, answer)
        or _undocumented(answer, status, key or code, unknown_code)
    )


def _looked_up(code: str | None, table: Mapping[str, Row], answer: Answer) -> Classified | None:
    return None if code is None or code not in table else _end(code, table[code], answer)


def _by_text(answer: Answer, status: int) -> Classified | None:
    if not is_sendblue_body(answer.body):
        return None
    text = error_text(answer.body)
    said = (phrase for phrase in PHRASES if status in phrase.statuses and phrase.words.search(text))
    return next((_end(phrase.code, phrase.row, answer) for phrase in said), None)


def _by_status(answer: Answer, status: int) -> Classified | None:
    if status not in STATUSES:
        return None
    if status == 429 and answer.is_html:
        return _end("RATE_LIMITED_BY_PROXY", Hold(Scope.ACCOUNT), answer)
    return _end(*STATUSES[status], answer)


def _undocumented(answer: Answer, status: int, code: str | None, unknown_code: UnknownCode) -> Classified:
    if not is_sendblue_body(answer.body):
        return _end("ROUTE_UNKNOWN" if status == 404 else "FOREIGN_ANSWER", STOP, answer)
    if code is None and status == 404 and NO_ROUTE.fullmatch(error_text(answer.body)):
        return _end("ROUTE_UNKNOWN", STOP, answer)
    if code is None:
        return Rejected(f"HTTP_{status}" if status in MESSAGE_STATUSES else "HTTP_4XX", REFUSED_SENTENCE)
    if unknown_code is UnknownCode.UNKNOWN:
        return Unknown("UNDOCUMENTED")
    return Rejected(code, UNDOCUMENTED_SENTENCE)


def _key_and_code(answer: Answer) -> tuple[str | None, str | None]:
    body = answer.body or {}
    return normalise_code(body.get("error_key")), normalise_code(body.get("error_code"))


def _end(code: str, row: Row, answer: Answer) -> Unsent | Rejected | Unknown:
    match row:
        case Hold(scope, window):
            return Unsent(code, scope, Wait(window, answer.retry_after_s))
        case Refuse(sentence):
            return Rejected(code, sentence)
        case Doubt():
            return Unknown(code)
        case _:
            assert_never(row)
