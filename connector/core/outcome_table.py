"""What Sendblue's refusals mean: the tables that ``outcomes.classify`` looks things up in.

One row per signal, in the order in which they are asked: the error key, the error code, the words of the text (only
where the status alone says too little), the HTTP status. All of it holds for **refusals**, that is for 3xx and 4xx;
a 2xx and a 5xx are judged before any table is opened.

Three things are ugly. Sendblue sends its cap on new contacts as HTTP 400 with a 429 *inside*. A line that is not
ours comes as 400 or 404 with nothing but a sentence, maybe under the catch-all code 4000. And 401 to 405 say the
same thing for "your configuration is wrong" and for "this one message is"; the first must not dead-letter a backlog,
the second must not stop an account, so the row asks the text before it stops everybody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias


class Scope(StrEnum):
    """Who waits after an UNSENT. Never the message: nothing is counted against it."""

    LINE = "LINE"
    """This line backs off."""
    LINE_STOPPED = "LINE_STOPPED"
    """Sendblue does not know this line as ours: it stops, the others go on."""
    ACCOUNT = "ACCOUNT"
    """All lines back off."""
    ACCOUNT_STOPPED = "ACCOUNT_STOPPED"
    """All sending stops until a GET succeeds: credentials, base URL, or something in between."""


class Window(StrEnum):
    """How long to wait, as far as Sendblue tells; ``backoff.window_end`` gives the time."""

    BACKOFF = "BACKOFF"
    HOURLY = "HOURLY"
    """New contacts of a line, over a rolling hour."""
    DAILY = "DAILY"
    """New contacts of a line, until 3 AM in New York."""
    SMS = "SMS"
    """Sendblue's internal SMS cap; its reset is not documented."""
    WINDOW_5509 = "WINDOW_5509"
    """Code 5509, "window exceeded"; its length is not documented."""


class Wait(NamedTuple):
    """How long: the window, and the server's own hint in seconds (Retry-After), which goes first."""

    window: Window
    hint_s: float | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """Sendblue has the message. ``error_code``: what it complained of even so; ``slow_line``: it was about rate."""

    handle: str
    error_code: str | None = None
    slow_line: bool = False


@dataclass(frozen=True, slots=True)
class Unsent:
    """It is certain that nothing was sent; the message may go again when ``scope`` has waited."""

    code: str
    scope: Scope
    wait: Wait


@dataclass(frozen=True, slots=True)
class Rejected:
    """Sendblue refused this message for good. ``sentence`` is ours: it holds no value of the request."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """In doubt: it may have been sent. ``reason`` is a code."""

    reason: str


Classified: TypeAlias = Submitted | Unsent | Rejected | Unknown


class Hold(NamedTuple):
    """A row of the tables that ends UNSENT."""

    scope: Scope
    window: Window = Window.BACKOFF


class Refuse(NamedTuple):
    """A row that ends REJECTED, with this sentence."""

    sentence: str


class Doubt(NamedTuple):
    """A row that ends in doubt."""


Row: TypeAlias = Hold | Refuse | Doubt

STOP = Hold(Scope.ACCOUNT_STOPPED)

KEYS: Mapping[str, Row] = MappingProxyType(
    {
        "LINE_HOURLY_LIMIT_REACHED": Hold(Scope.LINE, Window.HOURLY),
        "LINE_DAILY_LIMIT_REACHED": Hold(Scope.LINE, Window.DAILY),
        "SMS_LIMIT_REACHED": Hold(Scope.LINE, Window.SMS),
        "PRE_REPLY_LIMIT_REACHED": Refuse("the contact has not replied, and may be sent nothing more until then"),
        "OPTED_OUT": Refuse("the contact has opted out of messages from this account"),
    }
)
"""By ``error_key``: the surest signal, made for programs."""

CODES: Mapping[str, Row] = MappingProxyType(
    {
        "4000": Refuse("Sendblue found the request invalid"),
        "4001": Hold(Scope.LINE),
        "4002": Refuse("the recipient is on Sendblue's blacklist"),
        "429": Hold(Scope.LINE),
        "5000": Doubt(),
        "5003": Hold(Scope.ACCOUNT),
        "5504": Refuse("Sendblue could not find a service that reaches the recipient"),
        "5509": Hold(Scope.LINE, Window.WINDOW_5509),
        "10001": Refuse("Sendblue failed to send the message"),
        "10002": Doubt(),
        "SMS_LIMIT_REACHED": Hold(Scope.LINE, Window.SMS),
    }
)
"""By ``error_code``. 5000 is an internal error and 10002 an outcome that Sendblue itself could not find out."""

VAGUE_CODES = frozenset({"4000"})
"""Codes that mean "something is wrong with this request": the text and a telling HTTP status go before them."""


class Phrase(NamedTuple):
    """A sentence of Sendblue's, recognised by its words, where no code tells."""

    code: str
    row: Row
    statuses: frozenset[int]
    words: re.Pattern[str]


_OUR_LINE = r"(?:\bfrom[_ ]?number|\bsendblue[_ ]?number|\bsender(?:'s)? (?:phone )?number|\bsending (?:number|line))"
_NO_SUCH = r"(?:unregistered|invalid|unknown|no such)"
_NOT_OURS = (
    r"(?:\b(?:not|isn't)(?: (?:a|an|one of|on|yet|your|the|in))* "
    r"(?:registered|found|assigned|associated|valid|owned|enabled|active|provisioned|account|authori[sz]ed|yours)"
    r"|\b(?:does not|doesn't) (?:belong|exist)|\binactive|\bsuspended)"
)
_ABOUT_OUR_LINE = re.compile(rf"{_OUR_LINE}[^.;,]{{0,60}}(?:{_NO_SUCH}|{_NOT_OURS})|{_NO_SUCH} {_OUR_LINE}")
PHRASES: tuple[Phrase, ...] = (
    Phrase("LINE_UNKNOWN", Hold(Scope.LINE_STOPPED), frozenset({400, 404, 422}), _ABOUT_OUR_LINE),
    Phrase(
        "CONTACT_NOT_VERIFIED",
        Refuse("on Sendblue's free plan a contact must text one of the lines first, or be verified; then redrive it"),
        frozenset({400, 403, 404, 422}),
        re.compile(
            r"(?:contact|recipient|number).{0,60}\b(?:un)?verif"
            r"|\b(?:un)?verif.{0,40}(?:contact|recipient)|\bunverified.{0,40}number"
        ),
    ),
    Phrase(
        "NOT_ANSWERED",
        Refuse("the contact has not answered, and Sendblue takes no more messages to it now; then redrive it"),
        frozenset({400, 403, 422}),
        re.compile(
            r"\bunanswered\b|\bfollow[- ]?ups?\b.{0,60}\b(?:limit|maximum|exceeded|reached|allowed)"
            r"|\b(?:limit|maximum)\b.{0,60}\bfollow[- ]?ups?\b"
            r"|\b(?:contact|recipient)\b.{0,40}(?:\bnot|n't)\b.{0,20}\b(?:replied|responded|answered)\b"
        ),
    ),
    Phrase(
        "SEAT_UNKNOWN",
        Refuse("Sendblue does not know the seat this message names"),
        frozenset({400, 404, 422}),
        re.compile(r"\bseat\b"),
    ),
)
"""By the words of the text, for a Sendblue body only, in this order."""

NO_ROUTE = re.compile(
    r"\W*(?:(?:route|endpoint|page|path|resource|url) )?(?:not found\W*)?|.*\b(?:cannot post|no such route).*"
)
"""The whole text of a 404 that is about the address we called, and not about something in the message."""

STATUSES: Mapping[int, tuple[str, Row]] = MappingProxyType(
    {
        401: ("UNAUTHORIZED", STOP),
        402: ("PAYMENT_REQUIRED", STOP),
        403: ("FORBIDDEN", STOP),
        405: ("METHOD_NOT_ALLOWED", STOP),
        407: ("PROXY_AUTHENTICATION", STOP),
        410: ("ROUTE_UNKNOWN", STOP),
        413: ("TOO_LARGE", Refuse("the message is larger than Sendblue, or something before it, takes")),
        421: ("MISDIRECTED", STOP),
        429: ("RATE_LIMITED", Hold(Scope.LINE)),
    }
)
"""By HTTP status, whatever the body, when neither key nor code decided."""

MESSAGE_STATUSES = frozenset({400, 404, 406, 411, 412, 414, 415, 416, 422, 424, 428, 431, 451})
"""With a Sendblue body these are about this message: REJECTED as ``HTTP_<status>``. Without one, something in
between has answered: FOREIGN_ANSWER, and everything stops. Other 4xx are HTTP_4XX, judged alike."""

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        code: row.sentence
        for code, row in (
            *KEYS.items(),
            *CODES.items(),
            *((phrase.code, phrase.row) for phrase in PHRASES),
            *STATUSES.values(),
        )
        if isinstance(row, Refuse)
    }
)
"""What each code of a refusal means, for events and dead letters."""

REFUSED_SENTENCE = "Sendblue refused the message without a code that tells why"
UNDOCUMENTED_SENTENCE = "Sendblue refused the message with a code that is not documented"

NEVER_WROTE = frozenset({"LATE", "BUSY", "WRONG_LINE", "PAUSED", "QUIET", "FUSE", "CONNECT", "OPTED_OUT"})
"""Codes of an UNSENT whose holder never wrote to a socket: the pace of its line was not used. (OPTED_OUT of Sendblue's
is a REJECTED.)"""

_REASONS = ("NO_ANSWER", "NO_HANDLE", "HTTP_303", "HTTP_408", "HTTP_409", "HTTP_5XX", "HTTP_ODD")
_OTHERS = ("REDIRECT", "FOREIGN_ANSWER", "RATE_LIMITED_BY_PROXY", "HTTP_4XX", "UNDOCUMENTED", "UNREADABLE_CODE")

KNOWN_CODES: frozenset[str] = frozenset(
    {
        *KEYS,
        *CODES,
        *NEVER_WROTE,
        *_REASONS,
        *_OTHERS,
        *(phrase.code for phrase in PHRASES),
        *(code for code, _ in STATUSES.values()),
        *(f"HTTP_{status}" for status in MESSAGE_STATUSES),
    }
)
"""Every code this module can give, apart from those that only Sendblue knows."""


def metric_code(code: str | None) -> str:
    """The code as a metric label: one of KNOWN_CODES, "none", or "other" for what nobody documented."""
    if code is None:
        return "none"
    return code if code in KNOWN_CODES else "other"
