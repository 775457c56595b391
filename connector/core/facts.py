"""What happened, told once as one frozen value; logs and metrics are two listeners.

A fact holds no phone number, no text and no secret: lines by alias, requests by id, reasons as codes.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from connector.core.content_facts import ContentFact
from connector.core.edge_facts import EdgeFact
from connector.core.sights import Sight


@dataclass(frozen=True, slots=True)
class RequestRouted:
    """A request was appended to its line's partition."""

    line: str


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """The router refused a record."""

    code: str


@dataclass(frozen=True, slots=True)
class VerdictSeen:
    """A proposal came back: granted, duplicate, expired or timeout."""

    kind: str


@dataclass(frozen=True, slots=True)
class PostAnswered:
    """One POST: submitted, unsent, rejected or unknown, its code ("ok" for none), its seconds, its sampled trace."""

    line: str
    outcome: str
    code: str
    seconds: float
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class AttemptInDoubt:
    """A POST whose fate is unknown."""

    line: str


@dataclass(frozen=True, slots=True)
class DoubtLooked:
    """A look at the message list for an attempt in doubt: proved, absent or ambiguous."""

    result: str


@dataclass(frozen=True, slots=True)
class DoubtSettled:
    """An attempt in doubt is so no more: by callback, list, absence, resolve, another word of the sender, or parked."""

    by: str


@dataclass(frozen=True, slots=True)
class BreakerTurned:
    """A breaker was ``opened`` or ``closed``: of a ``line`` (by its alias), or of the ``account`` ("" for the line)."""

    of: str
    to: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class LineWaits:
    """A line backs off, for this code."""

    line: str
    code: str


@dataclass(frozen=True, slots=True)
class RequestScheduled:
    """A request with a send_at ahead was seen by its line."""

    line: str


@dataclass(frozen=True, slots=True)
class RequestDeferred:
    """A record took a hop through a delay topic (its name's last part), for this reason (a code)."""

    line: str
    delay: str
    reason: str


@dataclass(frozen=True, slots=True)
class PauseOrdered:
    """An operator paused (``to``: paused or resumed) a line (its alias in ``line``), a tag, or everything (``of``)."""

    of: str
    to: str
    line: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class FuseBlown:
    """A fuse has blown (``contact_rate`` or ``same_text``), told by the line that saw it."""

    fuse: str
    line: str


@dataclass(frozen=True, slots=True)
class DelayEnded:
    """A delay topic gave a record back to its line."""

    delay: str
    line: str


@dataclass(frozen=True, slots=True)
class MessageSettled:
    """A request has its end, or is parked: the canonical line. ``seconds`` since it was due."""

    disposition: str
    code: str
    line: str
    request_id: str
    attempt: str
    origin: str
    seconds: float
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """A record was appended to the dead-letter topic."""

    code: str


@dataclass(frozen=True, slots=True)
class PublishStuck:
    """What an end owes (event, dead letter, parked record, dispatch) is not acknowledged, after so many tries."""

    what: str
    tries: int


@dataclass(frozen=True, slots=True)
class StatusSwept:
    """A status that no callback had brought was found, by the ``list`` or by a ``look_up``, and published."""

    by: str
    downgraded: bool = False


@dataclass(frozen=True, slots=True)
class StatusLookedUp:
    """A message's status was asked for by its handle: new, same, unknown (Sendblue knows no such handle), no_answer."""

    result: str


@dataclass(frozen=True, slots=True)
class StatusTimedOut:
    """A message has had no terminal status for a day: sent, delivery unconfirmed."""

    line: str


@dataclass(frozen=True, slots=True)
class AuditFound:
    """A message that is not as it should be: missing from the list, foreign to us, or a duplicate of one of ours."""

    finding: str
    handle: str


@dataclass(frozen=True, slots=True)
class CallbackAnswered:
    """A callback: accepted, repeated, unreadable, forged, refused (our own trouble); seconds until durable.

    ``delivered_s``: how long a message took that this callback says is DELIVERED.
    """

    result: str
    status: str
    service: str
    error_code: str
    seconds: float
    delivered_s: float | None = None
    downgraded: bool = False


@dataclass(frozen=True, slots=True)
class AccountWebhookAnswered:
    """An account webhook of this type: accepted, repeated, unreadable, forged, refused (our own trouble); seconds."""

    type: str
    result: str
    seconds: float


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """Something that must never happen: a name of ``ledger.Alarm``, and the request, if it is one's."""

    alarm: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class PublishFailedOnce:
    """What an end owes was not acknowledged, and is tried again."""

    what: str


@dataclass(frozen=True, slots=True)
class OptOutHeard:
    """A contact does not want to be texted (``out``), or does again (``in``); ``source``: how it was heard."""

    word: str
    source: str


@dataclass(frozen=True, slots=True)
class OptOutWritten:
    """Sendblue was told of an opt-out: ok, error (it is tried again), or dropped, when it never took it."""

    result: str


Fact: TypeAlias = (
    RequestRouted
    | RequestRefused
    | VerdictSeen
    | PostAnswered
    | AttemptInDoubt
    | DoubtLooked
    | DoubtSettled
    | BreakerTurned
    | LineWaits
    | RequestScheduled
    | RequestDeferred
    | PauseOrdered
    | FuseBlown
    | DelayEnded
    | MessageSettled
    | DeadLettered
    | PublishStuck
    | StatusSwept
    | StatusLookedUp
    | StatusTimedOut
    | AuditFound
    | CallbackAnswered
    | AccountWebhookAnswered
    | AlarmRaised
    | PublishFailedOnce
    | ContentFact
    | OptOutHeard
    | OptOutWritten
    | EdgeFact
    | Sight
)


class Observer(Protocol):
    """Takes facts; must not raise and must not block."""

    def __call__(self, fact: Fact, /) -> None:
        """Take one fact."""
