"""What must be known before a text is proposed: whether its contact has iMessage, where its file is at Sendblue.

Both are asked of others and take time, so they are asked before the INTENT, in the background, when the record could
otherwise go; meanwhile it waits, and others go on. Neither answer is part of the request: its hash in the ledger is of
what was asked for, so a replay is the same request.

* IMESSAGE_ONLY: Sendblue's own look-up says iMessage, or the request ends NOT_IMESSAGE. Sendblue cannot be told not to
  fall back to SMS, so this is as sure as its look-up. Of a group nobody can ask: refused.
* A link that Sendblue could not fetch (signed, or without an extension) is uploaded first, if that is switched on.

A request that today's settings forbid ends through a CLOSE, since yesterday's may have sent it.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from connector.core.backoff import Backoff
from connector.core.delays import IN_WINDOW_S, Defer, Delay, Wait
from connector.core.inquiries import Inquiry
from connector.core.media import upload_reason
from connector.core.messages import Disposition, SendRequest, ServicePolicy
from connector.core.requests import media_of
from connector.core.statuses import Service, service_name
from connector.core.steps import Ask, Close, NotNow, Propose, Question

GIVE_UP_AFTER_S = 600.0
"""How long there may be no answer about a contact before the setting decides, by default."""
ASKING_S = 5.0
"""How long a record sleeps at most before it looks again: an answer wakes only the contact it was asked for."""


class Inconclusive(StrEnum):
    """What becomes of an IMESSAGE_ONLY request when nobody can say whether its contact has iMessage."""

    WAIT = "WAIT"
    """It is asked again until the request expires."""
    SEND = "SEND"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Sendblue has the file, at this URL."""

    url: str = field(repr=False)


class NotTaken(NamedTuple):
    """The file will not get to Sendblue; a key of ``refusals.REFUSALS``."""

    code: str


Media: TypeAlias = Uploaded | NotTaken


@dataclass(frozen=True, slots=True)
class Preparing:
    """The settings this depends on. ``service_policy``: of requests that name none."""

    service_policy: ServicePolicy = ServicePolicy.ANY
    inconclusive: Inconclusive = Inconclusive.WAIT
    give_up_after_s: float = GIVE_UP_AFTER_S
    upload: bool = False


NOTHING_SET = Preparing()
AS_IT_IS = Propose()


class Known(NamedTuple):
    """What is known of a record's two questions."""

    service: Inquiry[str] = Inquiry()
    media: Inquiry[Media] = Inquiry()


NOTHING_ASKED = Known()
_NEVER = Backoff(until=float("inf"))
NOBODY_TO_ASK = Known(Inquiry(backoff=_NEVER), Inquiry(backoff=_NEVER))
"""Where no question can be put: what needs one waits."""


def needs_imessage(request: SendRequest, preparing: Preparing) -> bool:
    """Whether it may go by iMessage only."""
    return (request.service_policy or preparing.service_policy) is ServicePolicy.IMESSAGE_ONLY


def link_to_upload(request: SendRequest) -> str | None:
    """The media URL that Sendblue could not fetch by itself; None when there is none, or it could."""
    url = media_of(request)
    return url if url is not None and upload_reason(url) is not None else None


def forbidden(request: SendRequest, preparing: Preparing) -> str | None:
    """The code for which this request cannot be sent as the connector is set (a key of ``REFUSALS``), or None."""
    if request.is_group and needs_imessage(request, preparing):
        return "IMESSAGE_ONLY_GROUP"
    url = media_of(request)
    return None if url is None or preparing.upload else upload_reason(url)


def forbidden_end(request: SendRequest, preparing: Preparing) -> Close | None:
    """The same as the end of the request."""
    code = forbidden(request, preparing)
    return None if code is None else Close(Disposition.REJECTED, code)


def prepared(
    request: SendRequest, known: Known, preparing: Preparing, now: float, waited_s: float, *, goes_round: bool = False
) -> Ask | NotNow | Defer | Close | Propose:
    """What the record needs before it is proposed, or that it may be.

    ``now``: monotonic seconds; ``waited_s``: for how long it has waited for an answer; ``goes_round``: its window is
    full, and it is its turn to make way. Asked last of all, so that nobody is asked about what could not go anyway.
    """
    step = _service(request, known.service, preparing, now) or _media(request, known.media, now)
    if isinstance(step, NotNow) and (goes_round or waited_s >= IN_WINDOW_S):
        return Defer(Delay.MINUTE, step.reason)
    return step


def _service(
    request: SendRequest, inquiry: Inquiry[str], preparing: Preparing, now: float
) -> Ask | NotNow | Close | None:
    if not needs_imessage(request, preparing):
        return None
    if (answer := inquiry.known(now)) is not None:
        has_imessage = service_name(answer) == Service.IMESSAGE
        return None if has_imessage else Close(Disposition.REJECTED, "NOT_IMESSAGE")
    if preparing.inconclusive is not Inconclusive.WAIT and inquiry.failing_s(now) >= preparing.give_up_after_s:
        sends = preparing.inconclusive is Inconclusive.SEND
        return None if sends else Close(Disposition.REJECTED, "SERVICE_UNKNOWN")
    return _ask(Question.SERVICE, Wait.SERVICE, inquiry, now)


def _media(request: SendRequest, inquiry: Inquiry[Media], now: float) -> Ask | NotNow | Close | Propose:
    if link_to_upload(request) is None:
        return AS_IT_IS
    match inquiry.known(now):
        case Uploaded(url):
            return Propose(url)
        case NotTaken(code):
            return Close(Disposition.REJECTED, code)
        case None:
            return _ask(Question.MEDIA, Wait.MEDIA, inquiry, now)


def _ask(question: Question, reason: Wait, inquiry: Inquiry[str] | Inquiry[Media], now: float) -> Ask | NotNow:
    if inquiry.asking:
        return NotNow(reason, now + ASKING_S)
    later = inquiry.backoff.until
    return NotNow(reason, min(later, now + ASKING_S)) if later > now else Ask(question)
