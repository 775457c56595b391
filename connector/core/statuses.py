"""Sendblue's statuses: their order, and which of them end a message.

A message normally goes REGISTERED, PENDING, QUEUED, ACCEPTED, SENT, DELIVERED. It may skip steps, be DECLINED
instead of QUEUED, and end in ERROR from anywhere. No page promises an order of arrival, so each status has a
rank and what arrives later with a lower rank, or with the same rank and an older date_updated, is *out of
order*.

The first terminal status wins: a contradiction after it is published, but flagged. One step is no
contradiction: SENT ends an SMS, and DELIVERED after it only says more.

Statuses we do not know pass through. They have no rank, end nothing, and never displace one that we know.

What is ugly: Sendblue may name the wrong service, or none, before SENT, and spells it "SMS" or "sms".
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """The eight statuses that Sendblue documents."""

    REGISTERED = "REGISTERED"
    PENDING = "PENDING"
    QUEUED = "QUEUED"
    ACCEPTED = "ACCEPTED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    DECLINED = "DECLINED"
    ERROR = "ERROR"


class Service(StrEnum):
    """The services a message may travel by, as Sendblue spells them."""

    IMESSAGE = "iMessage"
    SMS = "SMS"
    RCS = "RCS"


_RANKS: Mapping[str, int] = {
    Status.REGISTERED: 0,
    Status.PENDING: 1,
    Status.QUEUED: 2,
    Status.ACCEPTED: 3,
    Status.SENT: 4,
    Status.DELIVERED: 5,
    Status.DECLINED: 5,
    Status.ERROR: 5,
}
_ENDS = frozenset({Status.DELIVERED, Status.DECLINED, Status.ERROR})
_SERVICES: Mapping[str, Service] = {service.lower(): service for service in Service}


class Seen(NamedTuple):
    """What is remembered of a message: its latest status in order, that status's date, and whether it ended
    it."""

    status: str
    date_updated_ms: int | None = None
    terminal: bool = False


class Flags(NamedTuple):
    """What a status means after the ones before it; ``latest`` is what to remember from now on."""

    out_of_order: bool
    latest: Seen


def status_name(text: str) -> str:
    """A documented status in its own spelling; anything else as given, without white space around it."""
    name = text.strip()
    return name.upper() if name.upper() in _RANKS else name


def service_name(text: str | None) -> str | None:
    """``iMessage``, ``SMS`` or ``RCS`` whatever the case; another name as given; None for blank."""
    name = (text or "").strip()
    return _SERVICES.get(name.lower(), name) or None


def rank(status: str) -> int | None:
    """The place of a status in the normal order, from 0; None for a status that is not documented."""
    return _RANKS.get(status)


def is_terminal(status: str, service: str | None, was_downgraded: bool | None = None) -> bool:
    """Whether no further status of this message is to be expected.

    DELIVERED, DECLINED and ERROR end every message. SENT ends an SMS, and a message that fell back from
    iMessage as long as nothing says that it goes by RCS, which reports delivery.
    """
    if status == Status.SENT:
        return downgraded(was_downgraded, service) and service_name(service) != Service.RCS
    return status in _ENDS


def downgraded(was_downgraded: bool | None, service: str | None) -> bool:
    """Whether the person has no iMessage: Sendblue says so, or the message went by SMS."""
    return was_downgraded is True or service_name(service) == Service.SMS


def progress(previous: Seen | None, now: Seen) -> Flags:
    """What a status means after what was seen of that message before. An exact repeat is in order."""
    if previous is None:
        return Flags(out_of_order=False, latest=now)
    if _is_behind(previous, now):
        return Flags(out_of_order=True, latest=previous)
    return Flags(out_of_order=False, latest=_later(previous, now))


def _is_behind(previous: Seen, now: Seen) -> bool:
    before, after = rank(previous.status), rank(now.status)
    if before is None or after is None or now.status == previous.status:
        return _is_older(previous, now)
    if previous.terminal:
        return (previous.status, now.status) != (Status.SENT, Status.DELIVERED)
    return after < before


def _is_older(previous: Seen, now: Seen) -> bool:
    dates = previous.date_updated_ms, now.date_updated_ms
    return dates[0] is not None and dates[1] is not None and dates[1] < dates[0]


def _later(previous: Seen, now: Seen) -> Seen:
    if rank(now.status) is None and rank(previous.status) is not None:
        return previous
    same = now.status == previous.status
    return now._replace(terminal=now.terminal or (same and previous.terminal))
