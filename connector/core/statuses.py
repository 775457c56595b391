"""Sendblue's statuses: their order, and which of them end a message."""

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    REGISTERED = "REGISTERED"
    PENDING = "PENDING"
    QUEUED = "QUEUED"
    ACCEPTED = "ACCEPTED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    DECLINED = "DECLINED"
    ERROR = "ERROR"


class Service(StrEnum):
    IMESSAGE = "iMessage"
    SMS = "SMS"
    RCS = "RCS"


class Seen(NamedTuple):
    status: str
    date_updated_ms: int | None = None
    terminal: bool = False


class Flags(NamedTuple):
    out_of_order: bool
    latest: Seen


def status_name(text: str) -> str:
    raise NotImplementedError


def service_name(text: str | None) -> str | None:
    raise NotImplementedError


def rank(status: str) -> int | None:
    raise NotImplementedError


def is_terminal(status: str, service: str | None, was_downgraded: bool | None = None) -> bool:
    raise NotImplementedError


def downgraded(was_downgraded: bool | None, service: str | None) -> bool:
    raise NotImplementedError


def progress(previous: Seen | None, now: Seen) -> Flags:
    raise NotImplementedError
