"""Reading what Sendblue says about a message: a callback, a row of the list, or the answer to a send.

All three are one JSON object with the same keys. Nothing about it is dependable but the status: keys are
missing, null or "", numbers come as arrays, codes as numbers or strings, and new keys appear. So every value
is read leniently into one form, and whatever could not be read (an unknown key, or a known one of another
shape) is kept as JSON text among the *extras*. Nothing is guessed, and next to nothing is lost.

The one thing that must be there is a status. The handle may be missing: on a signed callback the token names
the attempt, and a status without a handle still tells the producer what happened.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from connector.core.statuses import Seen, downgraded, is_terminal, service_name, status_name

MAX_DEPTH = 16
"""Nesting of a callback: Sendblue's have 2 or 3 levels. Deeper ones are an attack on somebody's recursion."""
MAX_EXTRAS, MAX_EXTRA_KEY, MAX_EXTRA_CHARS = 64, 64, 4_096
"""Unknown keys ride on every event; a body is bounded at 256 KiB, the events should not be near it."""
MAX_PEOPLE = 1_000
"""Members of a group: Sendblue's have a few dozen. Each number of a long list would be longer in an event than here."""
LEFT_OUT = "_left_out"
"""The extra that counts the extras beyond these bounds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_BARE = (str, int, float, type(None))
"""What JSON has that holds nothing; most values are one of these."""
_T = TypeVar("_T")


class Unreadable(ValueError):  # noqa: N818 - it names the body, not a mishap of ours
    """A body that is no message object. ``reason`` is NOT_AN_OBJECT, TOO_DEEP or NO_STATUS, never a value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Report:
    """One message object of Sendblue, normalised: its 26 documented fields, and the rest as JSON text.

    Blank and missing are both None. ``error_code`` is text, None for no error (null, 0 and ""). Times are
    milliseconds since the epoch; ``date_sent_ms`` is when the message was created, despite its name. Numbers,
    texts and whatever may repeat them do not show in the repr.
    """

    status: str
    message_handle: str | None = None
    error_code: str | None = None
    error_key: str | None = None
    error_message: str | None = field(default=None, repr=False)
    error_reason: str | None = field(default=None, repr=False)
    error_detail: str | None = field(default=None, repr=False)
    service: str | None = None
    was_downgraded: bool | None = None
    date_sent_ms: int | None = None
    date_updated_ms: int | None = None
    account_email: str | None = field(default=None, repr=False)
    content: str | None = field(default=None, repr=False)
    is_outbound: bool | None = None
    from_number: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    to_number: str | None = field(default=None, repr=False)
    sendblue_number: str | None = field(default=None, repr=False)
    plan: str | None = None
    media_url: str | None = field(default=None, repr=False)
    message_type: str | None = None
    group_id: str | None = None
    group_display_name: str | None = field(default=None, repr=False)
    participants: tuple[str, ...] = field(default=(), repr=False)
    send_style: str | None = None
    opted_out: bool | None = None
    extras: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def terminal(self) -> bool:
        """Whether this status ends the message."""
        return is_terminal(self.status, self.service, self.was_downgraded)

    @property
    def downgraded(self) -> bool:
        """Whether the person has no iMessage."""
        return downgraded(self.was_downgraded, self.service)

    @property
    def fell_back(self) -> bool:
        """Whether the message ended as an SMS."""
        return self.terminal and self.downgraded

    @property
    def seen(self) -> Seen:
        """What to compare with the statuses before and after it."""
        return Seen(self.status, self.date_updated_ms, self.terminal)


def parse(body: object, otherwise: str | None = None) -> Report:
    """A decoded JSON body as a Report. ``otherwise``: the status of a body that has none.

    Raises Unreadable when it is no object, is nested deeper than 16, or has no status at all.
    """
    if not isinstance(body, Mapping):
        raise Unreadable("NOT_AN_OBJECT")
    if not depth_ok(body):
        raise Unreadable("TOO_DEEP")
    fields = _Fields(body)
    status = fields.take(_text, "status") or otherwise
    if status is None:
        raise Unreadable("NO_STATUS")
    return _report(status_name(status), fields, _everyone(body))


def depth_ok(value: object, limit: int = MAX_DEPTH) -> bool:
    """Whether objects and arrays are nested at most ``limit`` deep (a bare text is 0 deep). Does not
    recurse."""
    level: list[object] = [value]
    for _ in range(limit + 1):
        level = [item for holder in level if not isinstance(holder, _BARE) for item in _items(holder)]
        if not level:
            return True
    return False


class _Fields:
    """The fields of one body, taken one by one; what is left, or could not be read, becomes the extras."""

    def __init__(self, body: Mapping[object, object]) -> None:
        self._left = {str(name): value for name, value in body.items()}
        self._odd: dict[str, object] = {}

    def take(self, read: Callable[[object], _T | None], *names: str) -> _T | None:
        """The value under the first of these names that can be read."""
        for name in names:
            value = self._left.pop(name, None)
            found = read(value)
            if found is not None:
                return found
            self._odd[name] = value
        return None

    def extras(self) -> Mapping[str, str]:
        """What nobody took, as JSON text within the bounds."""
        rest = sorted((self._odd | self._left).items())
        texts = {_clean(name): _json(value) for name, value in rest if not _is_blank(value)}
        fitting = ((name, text) for name, text in texts.items() if _fits(name, text))
        kept = dict(islice(fitting, MAX_EXTRAS))
        return kept if len(kept) == len(texts) else {**kept, LEFT_OUT: str(len(texts) - len(kept))}


def _report(status: str, fields: _Fields, everyone: tuple[str, ...]) -> Report:
    take = fields.take
    return Report(
        status=status,
        message_handle=take(_text, "message_handle"),
        error_code=take(_code, "error_code") or None,
        error_key=take(_text, "error_key"),
        error_message=take(_text, "error_message"),
        error_reason=take(_text, "error_reason"),
        error_detail=take(_text, "error_detail"),
        service=service_name(take(_text, "service")),
        was_downgraded=take(_flag, "was_downgraded"),
        date_sent_ms=take(time_of, "date_sent", "date_created"),
        date_updated_ms=take(time_of, "date_updated"),
        account_email=take(_text, "accountEmail", "account_email"),
        content=take(_text, "content"),
        is_outbound=take(_flag, "is_outbound"),
        from_number=take(_number, "from_number"),
        number=take(_number, "number"),
        to_number=take(_number, "to_number"),
        sendblue_number=take(_number, "sendblue_number"),
        plan=take(_text, "plan"),
        media_url=take(_text, "media_url"),
        message_type=take(_text, "message_type"),
        group_id=take(_text, "group_id"),
        group_display_name=take(_text, "group_display_name"),
        participants=take(_texts, "participants") or everyone,
        send_style=take(_text, "send_style"),
        opted_out=take(_flag, "opted_out"),
        extras=fields.extras(),
    )


def _everyone(body: Mapping[object, object]) -> tuple[str, ...]:
    """The members of a group whose message gives them as its number instead of as participants."""
    arrays = (value for value in (body.get("number"), body.get("to_number")) if isinstance(value, list))
    return next((people for value in arrays if (people := _texts(value)) and len(people) > 1), ())


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return _clean(value) if value.strip() else None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _number(value: object) -> str | None:
    return _text(value[0] if isinstance(value, list) and len(value) == 1 else value)


def _texts(value: object) -> tuple[str, ...] | None:
    """A list of texts, or one bare text as a list; None when any item is something else, or they are too many."""
    found = [_text(item) for item in (value if isinstance(value, list) else [value])]
    texts = tuple(text for text in found if text is not None)
    return texts if len(texts) == len(found) <= MAX_PEOPLE else None


_FLAGS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}


def _flag(value: object) -> bool | None:
    return _FLAGS.get(str(value).strip().lower()) if isinstance(value, bool | int | str) else None


def _code(value: object) -> str | None:
    """An error code as text, "" for none."""
    text = _text(int(value) if isinstance(value, float) and value.is_integer() else value)
    if text is None:
        return None
    return "" if text.strip() == "0" else text.strip()


def time_of(value: object) -> int | None:
    """ISO 8601 (RFC 3339) as milliseconds since the epoch, UTC where no zone is given."""
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        if moment is None:
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        return None


def _clean(text: str) -> str:
    """The text as it can be written: half a surrogate pair becomes a question mark."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, default=str)


def _fits(name: str, text: str) -> bool:
    return len(name) <= MAX_EXTRA_KEY and len(text) <= MAX_EXTRA_CHARS


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | dict) and not value)


def _items(holder: object) -> Iterable[object]:
    if isinstance(holder, Mapping):
        return holder.values()
    return holder if isinstance(holder, list | tuple) else ()
