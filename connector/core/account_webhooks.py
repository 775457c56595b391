"""Reading what Sendblue tells the account: inbound messages, and whatever else happens to it.

A ``receive`` is a message object like that of a callback, seen from the other side: the contact in ``from_number``, our
line in ``to_number`` and ``sendblue_number``. An ``outbound`` *is* a callback. Of the other types next to nothing is
documented, so they are passed on whole. A body may be a list of such objects. Nothing is refused for what it lacks, and
a number means the same however it is spelled (``numbers``).

No webhook has an id of its own, so ids are made from the content, and a repeat has that of the first:

* with a message: all that was said, but for ``date_updated``, which a repeat may have anew. So the photo and the text
  of one message are two events, and so are two places of a shared location
* ``call_completed``: its ``call_id``, as Sendblue advises
* what names a time of its own: all that was said
* what names none (a line that is blocked, twice, in the same words): that, and the ten minutes in which it came. There
  the same words much later are news, and a repeat across the border of two spans is told twice rather than never

What is ugly: a group whose id is not told has the sender as its contact.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connector.core.callbacks import LEFT_OUT, Report, Unreadable, depth_ok, parse, time_of
from connector.core.events import id_of
from connector.core.numbers import number_of

MAX_OBJECTS = 1_000
"""Of one body: each becomes a record of its own, and nobody saw Sendblue send more than one."""
SPAN_MS = 10 * 60_000
"""Three repeats of a webhook come within minutes."""
MAX_STATUS = 64
"""Longer than any status: what is longer is a text."""
NAMING = frozenset({"timestamp", "occurred_at", "updated_at", "date_updated", "date_sent", "event_id", "call_id"})
"""Keys by which a body tells one happening from another in the same words."""
TIMES = ("timestamp", "occurred_at", "date_updated", "updated_at", "date_sent", "created_at")


class Kind(StrEnum):
    """The types that Sendblue documents."""

    RECEIVE = "receive"
    OUTBOUND = "outbound"
    TYPING_INDICATOR = "typing_indicator"
    CALL_LOG = "call_log"
    CALL_COMPLETED = "call_completed"
    INBOUND_CALL = "inbound_call"
    CONTACT_PROFILE = "contact_profile"
    LINE_BLOCKED = "line_blocked"
    LINE_ASSIGNED = "line_assigned"
    CONTACT_CREATED = "contact_created"


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message of a contact. ``contact``: the key that requests to it have: its number, e-mail handle or group id.

    ``line``: the alias of the line it came to, where it is ours. ``raw``: the whole object as JSON, where the extras of
    the report could not hold all of it.
    """

    event_id: str
    report: Report
    contact: str | None = field(repr=False)
    line: str | None
    received_at_ms: int
    raw: str | None = field(default=None, repr=False)

    @property
    def occurred_at_ms(self) -> int:
        """Sendblue's time, ours where it gave none."""
        return self.received_at_ms if self.report.date_sent_ms is None else self.report.date_sent_ms

    @property
    def is_group(self) -> bool:
        """True when it was said in a group: the contact is the group, ``report.from_number`` who said it."""
        return self.report.group_id is not None


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Anything else. ``line``: the alias of the line of ours that it names; ``raw``: the whole object as JSON.

    ``about``: the number it is about, that of a line if it names one; None where none is named.
    """

    event_id: str
    type: str
    line: str | None
    about: str | None = field(repr=False)
    status: str | None
    raw: str = field(repr=False)
    occurred_at_ms: int
    received_at_ms: int


def kind_of(name: str) -> Kind | None:
    """The documented type of this name."""
    return Kind(name) if name in frozenset(Kind) else None


def parts(body: object) -> tuple[object, ...]:
    """What a decoded body tells: one thing, or a list of them. Raises Unreadable for none, and for too many."""
    found = body if isinstance(body, list) else [body]
    if not 0 < len(found) <= MAX_OBJECTS:
        raise Unreadable("TOO_MANY" if found else "EMPTY")
    return tuple(found)


def object_of(part: object) -> Mapping[str, object]:
    """A part, if it is an object. Raises Unreadable."""
    if not isinstance(part, dict):
        raise Unreadable("NOT_AN_OBJECT")
    if not depth_ok(part):
        raise Unreadable("TOO_DEEP")
    return part


def inbound(
    body: Mapping[str, object], lines: Mapping[str, str], received_at_ms: int, kind: str = Kind.RECEIVE
) -> InboundMessage:
    """An object of a ``receive``. ``lines``: number -> alias. Raises ValueError for a number no text can hold."""
    report = parse(body, otherwise="RECEIVED")
    ours, other = report.to_number, report.from_number
    if report.is_outbound:
        ours, other = other, ours
    return InboundMessage(
        event_id=_id(kind, body, received_at_ms),
        report=report,
        contact=report.group_id or _number(other or report.number),
        line=lines.get(_number(report.sendblue_number) or "") or lines.get(_number(ours) or ""),
        received_at_ms=received_at_ms,
        raw=_json(body) if LEFT_OUT in report.extras else None,
    )


def account_event(kind: str, body: Mapping[str, object], lines: Mapping[str, str], received_at_ms: int) -> AccountEvent:
    """An object of any other type. Raises ValueError for a number no text can hold."""
    report = parse(body, otherwise="")
    number = next((number for number in map(number_of, _texts(body)) if number in lines), None)
    at_ms = next((found for name in TIMES if (found := time_of(body.get(name))) is not None), received_at_ms)
    return AccountEvent(
        event_id=_id(kind, body, received_at_ms),
        type=kind,
        line=lines.get(number or ""),
        about=number or _number(report.sendblue_number or report.number or report.from_number),
        status=report.status if 0 < len(report.status) <= MAX_STATUS else None,
        raw=_json(body),
        occurred_at_ms=at_ms,
        received_at_ms=received_at_ms,
    )


def outbound(body: Mapping[str, object]) -> Report:
    """An object of an ``outbound``. Raises Unreadable without a status, or without the handle that says of what."""
    report = parse(body)
    if report.message_handle is None:
        raise Unreadable("NO_HANDLE")
    return report


def _id(kind: str, body: Mapping[str, object], received_at_ms: int) -> str:
    said = {name: value for name, value in body.items() if not _is_blank(value)}
    if kind == Kind.CALL_COMPLETED and "call_id" in said:
        return id_of(kind, "call", _json(said["call_id"]))
    if "message_handle" in said:
        said.pop("date_updated", None)
        return id_of(kind, "message", _json(said))
    when = "" if NAMING & said.keys() else str(received_at_ms // SPAN_MS)
    return id_of(kind, "said", _json(said), when)


def _number(text: str | None) -> str | None:
    return None if text is None else number_of(text)


def _texts(body: Mapping[str, object]) -> Iterator[str]:
    """The texts of an object, then those of what is in it, and so on: nobody says where a type names its line."""
    level: list[object] = [body]
    while level:
        level = [one for holder in level for one in _inside(holder)]
        yield from (one for one in level if isinstance(one, str))


def _inside(holder: object) -> Iterable[object]:
    if isinstance(holder, dict):
        return holder.values()
    return holder if isinstance(holder, list) else ()


def _json(value: object) -> str:
    """As JSON that can be written: half a surrogate pair becomes a question mark."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text if text.isascii() else text.encode(errors="replace").decode()


def _is_blank(value: object) -> bool:
    return value is None or value in ("", [], {})
