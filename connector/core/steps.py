"""What a record does next: the values that ``turns`` decides with and the line's worker acts on.

"Not now" and "never" are different types: ``NotNow`` and ``Defer``; ``Close`` and ``Owe``.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from connector.core.delays import Defer, Wait
from connector.core.messages import Dispatch, Disposition, EventType
from connector.core.standing import Standing


@dataclass(frozen=True, slots=True)
class Held:
    """A dispatch record in our hands, with the hashes under which the ledger knows it."""

    dispatch: Dispatch
    record_time_ms: int
    contact: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Propose:
    """Append an INTENT and act on the verdict. ``media_url``: what is sent in place of the request's own link."""

    media_url: str | None = field(default=None, repr=False)


class NotNow(NamedTuple):
    """Wait until ``until`` (monotonic seconds), or until the ledger says something of the request or contact."""

    reason: Wait
    until: float


@dataclass(frozen=True, slots=True)
class Announce:
    """Its send_at is less than a minute ahead and nobody has said so yet: publish SCHEDULED, then look again."""


class HopTo(NamedTuple):
    """The contact belongs to another line: the record goes to that line's partition."""

    line: str


class Close(NamedTuple):
    """A negative end; append CLOSE and publish what the fold then says."""

    disposition: Disposition
    code: str


class ParkIt(NamedTuple):
    """The attempt has been in doubt for too long: append PARK."""

    attempt: str


@dataclass(frozen=True, slots=True)
class ParkUnknown:
    """It may have been sent under a ledger that is lost: append PARK under a new attempt, and never an INTENT."""


class Look(NamedTuple):
    """The attempt is in doubt: look for its text in Sendblue's message list, and wait meanwhile."""

    attempt: str


class Refute(NamedTuple):
    """The attempt is proved absent and the request may be sent again: append UNSENT."""

    attempt: str


class Question(StrEnum):
    """What may have to be asked outside before a text goes."""

    SERVICE = "SERVICE"
    """Whether the contact has iMessage."""
    MEDIA = "MEDIA"
    """Where its file is at Sendblue, once it is uploaded."""


class Ask(NamedTuple):
    """Put the question, unless it is under way, and wait meanwhile."""

    question: Question


class DropIt(NamedTuple):
    """Parked, and the policy of this request is to drop: append RESOLVE(drop)."""

    attempt: str


class Owe(NamedTuple):
    """The request has an end (or is parked): publish what that end owes, then the record is done."""

    standing: Standing
    event: EventType
    id_reused: bool


Act: TypeAlias = Propose | Announce | Close | Refute | ParkIt | ParkUnknown | DropIt
"""What is done about the record in hand, which is then looked at again."""
Turn: TypeAlias = Act | NotNow | Defer | HopTo | Look | Ask | Owe
