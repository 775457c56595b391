"""Sending a dead letter round again: what a redriven record carries, and which letters are fit for it.

A redriven record has the letter's untouched bytes and three headers: its number (1 to MAX_REDRIVES, the loop guard and
what the ledger compares), the origin of the first record, and the time from which its age counts. The router takes them
from whoever writes them, so a mistake in them refuses the record. Its age is never younger than the record itself.

Which letters go is decided before anything is published, against the ledger. Never: what it says is submitted, what is
on its way, what has been redriven already, what would only be refused again. With the risk accepted: what may have been
sent, or where the ledger cannot say any more (it forgets after 72 h; under an adopted ledger it never knew).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from connector.core.adoption import is_under_lost_ledger
from connector.core.messages import MAX_AGE_MS, Dispatch, Disposition, Origin, SendRequest
from connector.core.requests import DEFAULT_TTL_MS, MAX_AHEAD_MS, expires_ms, request_time_ms, too_old
from connector.core.standing import REDRIVABLE, Standing, Status

NUMBER, FIRST_ORIGIN, FIRST_TIME = "sendblue.redrive", "sendblue.first.origin", "sendblue.first.time"
OURS = ("sendblue.", "__connect.errors.")
"""Headers that begin so are the connector's own; all others are the producer's."""
MAX_REDRIVES = 5
"""A letter that comes back five times needs another cure."""
REMEMBERED_MS = MAX_AGE_MS - 3600 * 1000
"""71 h: of what is older the ledger may have forgotten that it was redriven."""
INVALID, TOO_MANY, IN_THE_FUTURE = "REDRIVE_INVALID", "REDRIVE_TOO_MANY", "REDRIVE_IN_THE_FUTURE"

Headers: TypeAlias = Sequence[tuple[str, bytes]]


class Redriven(NamedTuple):
    """What the headers of a redriven record say."""

    number: int
    first_origin: str
    first_time_ms: int


def redriven(headers: Headers, record_time_ms: int | None) -> Redriven | str | None:
    """Read the headers: None when the record is not redriven, a code of ``REFUSALS`` when they are wrong."""
    if all(name != NUMBER for name, _ in headers):
        return None
    number, time_ms = _number(headers, NUMBER), _number(headers, FIRST_TIME)
    origins = [value.decode(errors="replace") for name, value in headers if name == FIRST_ORIGIN]
    if number is None or time_ms is None or len(origins) != 1 or not _is_origin(origins[0]):
        return INVALID
    if number < 1 or time_ms < 1:
        return INVALID
    if number > MAX_REDRIVES:
        return TOO_MANY
    if time_ms > (record_time_ms or 0) + MAX_AHEAD_MS:
        return IN_THE_FUTURE
    return Redriven(number, origins[0], time_ms)


def headers_of(theirs: Headers, redrive: Redriven) -> list[tuple[str, bytes]]:
    """The producer's own headers, and ours."""
    kept = [(name, value) for name, value in theirs if not name.startswith(OURS)]
    told = {NUMBER: redrive.number, FIRST_ORIGIN: redrive.first_origin, FIRST_TIME: redrive.first_time_ms}
    return [*kept, *((name, str(value).encode()) for name, value in told.items())]


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as its headers tell it. ``request``: None when its bytes are none (or a callback's).

    ``time_ms``: of the request's record. ``number``: how often it has been redriven before. ``empty``: it has no value.
    """

    code: str
    stage: str
    origin: str
    time_ms: int
    request: SendRequest | None = None
    number: int = 0
    first_origin: str = ""
    first_time_ms: int | None = None
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator asks for; no codes mean all of them. ``park_before_ms``: of an adopted ledger, else 0."""

    now_ms: int
    codes: Collection[str] = ()
    since_ms: int = 0
    until_ms: int | None = None
    renew: bool = False
    accept_risk: bool = False
    default_ttl_ms: int = DEFAULT_TTL_MS
    park_before_ms: int = 0


class Why(StrEnum):
    """Why a letter stays where it is."""

    NOT_ASKED = "not asked for"
    CALLBACK = "a callback, not a request"
    NO_BYTES = "its bytes are gone"
    SUBMITTED = "submitted: it went out"
    ON_ITS_WAY = "on its way already"
    REDRIVEN = "redriven already, or closed again since"
    TOO_OFTEN = "redriven five times"
    OUT_OF_TIME = "its time is over; see --renew"
    MAY_HAVE_GONE_OUT = "may have gone out; see --accept-duplicate-risk"
    FORGOTTEN = "the ledger cannot say any more whether it went out; see --accept-duplicate-risk"


Choice: TypeAlias = Redriven | Why


def choose(letter: Letter, standing: Standing | None, terms: Terms) -> Choice:
    """Whether a letter goes round again, and with what; ``standing``: of its request in the ledger."""
    if letter.stage == "ingress":
        return Why.CALLBACK
    if not _asked_for(letter, terms):
        return Why.NOT_ASKED
    if letter.empty:
        return Why.NO_BYTES
    if letter.number >= MAX_REDRIVES:
        return Why.TOO_OFTEN
    redrive = Redriven(letter.number + 1, letter.first_origin or letter.origin, _time_ms(letter, terms))
    return _by_ledger(letter, standing, redrive, terms) or _by_time(letter, redrive, terms) or redrive


def _by_ledger(letter: Letter, standing: Standing | None, redrive: Redriven, terms: Terms) -> Why | None:
    if standing is None:
        return None if terms.accept_risk or _is_remembered(letter, terms) else Why.FORGOTTEN
    if standing.status is Status.SUBMITTED:
        return Why.SUBMITTED
    if standing.status is Status.FREE:
        return Why.ON_ITS_WAY
    if standing.status in REDRIVABLE and redrive.number <= standing.redrive:
        return Why.REDRIVEN
    certain = standing.status in REDRIVABLE and standing.disposition is not Disposition.DROPPED
    return None if certain or terms.accept_risk else Why.MAY_HAVE_GONE_OUT


def _is_remembered(letter: Letter, terms: Terms) -> bool:
    """The ledger knows nothing of it because there is nothing to know: nothing it did lies before its memory."""
    oldest_ms = letter.time_ms if letter.first_time_ms is None else min(letter.first_time_ms, letter.time_ms)
    if is_under_lost_ledger(oldest_ms, terms.park_before_ms):
        return False
    return terms.now_ms - oldest_ms <= REMEMBERED_MS


def _by_time(letter: Letter, redrive: Redriven, terms: Terms) -> Why | None:
    if letter.request is None:
        return Why.OUT_OF_TIME if too_old(redrive.first_time_ms, terms.now_ms) else None
    again = Dispatch(letter.request, Origin("", 0, 0), redrive.first_time_ms, "")
    return Why.OUT_OF_TIME if terms.now_ms >= expires_ms(again, terms.default_ttl_ms) else None


def _time_ms(letter: Letter, terms: Terms) -> int:
    if terms.renew:
        return terms.now_ms
    if letter.first_time_ms is not None:
        return letter.first_time_ms
    return letter.time_ms if letter.request is None else request_time_ms(letter.request, letter.time_ms)


def _asked_for(letter: Letter, terms: Terms) -> bool:
    if terms.codes and letter.code not in terms.codes:
        return False
    return terms.since_ms <= letter.time_ms and (terms.until_ms is None or letter.time_ms < terms.until_ms)


def partition_of(origin: str, topic: str) -> int:
    """The partition in an origin of this topic, -1 for any."""
    named, *place = origin.rsplit("/", 2)
    return int(place[0]) if named == topic and _is_origin(origin) else -1


def _number(headers: Headers, wanted: str) -> int | None:
    found = [value for name, value in headers if name == wanted]
    if len(found) != 1 or not found[0].isdigit() or len(found[0]) > 15:
        return None
    return int(found[0])


def _is_origin(text: str) -> bool:
    topic, *place = text.rsplit("/", 2)
    return bool(topic) and len(topic) <= 249 and len(place) == 2 and all(p.isdecimal() and p.isascii() for p in place)
