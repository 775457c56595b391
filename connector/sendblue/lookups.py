"""What the look-ups ask for and what they make of the answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from connector.core.calls import Failure
from connector.sendblue.reading import Reply

MAX_PAGE = 100
"""Rows of a page: one page of the documentation says 100, another 1,000."""

MESSAGE_FILTERS = frozenset(
    {
        *("account_email", "number", "from_number", "to_number", "sendblue_number", "group_id"),
        *("is_outbound", "message_type", "service", "status"),
        *("created_at_gte", "created_at_lte", "sent_at_gte", "sent_at_lte", "updated_at_gte", "updated_at_lte"),
        *("limit", "offset", "order_by", "order_direction"),
    }
)
"""Sendblue ignores a filter that it does not know, and then lists everything."""

LINE_KEYS = ("number", "phone_number", "phone", "sendblue_number")
"""Where a line's number may be if lines are objects; lines/state and lines/usage use the last and the second last."""


class SendblueError(Exception):
    """A look-up that brought nothing. ``code``: CONNECT, NO_ANSWER, HTTP_<status> or UNREADABLE.

    ``retry_after_s``: seconds, if the server named a time. Holds nothing of what was asked or answered.
    """

    def __init__(self, method: str, path: str, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{method} {path}: {code}")
        self.code = code
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Rows of the message list. ``has_more``: there are further pages, or nobody says that there are none.

    ``date_ms``: the server's clock. ``listed``: rows that came, unreadable ones too; the next page begins after them.
    """

    rows: tuple[Mapping[str, object], ...] = field(repr=False)
    has_more: bool
    date_ms: int | None
    listed: int = 0


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """Where Sendblue keeps an uploaded file: the URL to send, and its media object, if told."""

    media_url: str = field(repr=False)
    media_object_id: str | None


class Found(NamedTuple):
    """The JSON value of a look-up that succeeded, with the place to name when it lacks something."""

    method: str
    path: str
    value: object

    def object(self) -> dict[str, object]:
        """The value as an object. Raises SendblueError(UNREADABLE)."""
        if not isinstance(self.value, dict):
            raise SendblueError(self.method, self.path, "UNREADABLE")
        return self.value

    def optional(self, name: str) -> str | None:
        """A text of the object, None if absent or blank."""
        value = self.object().get(name)
        return value if isinstance(value, str) and value.strip() else None

    def text(self, name: str) -> str:
        """A text that must be there. Raises SendblueError(UNREADABLE)."""
        value = self.optional(name)
        if value is None:
            raise SendblueError(self.method, self.path, "UNREADABLE")
        return value


def wanted(method: str, path: str, reply: Reply) -> Found:
    """What was found. Raises SendblueError for anything but a whole 2xx in JSON."""
    answer = reply.answer
    if answer.ok:
        return Found(method, path, reply.value)
    if answer.failure is not None:
        code = "CONNECT" if answer.failure is Failure.NOT_WRITTEN else "NO_ANSWER"
    else:
        code = "UNREADABLE" if 200 <= (answer.status or 0) < 300 else f"HTTP_{answer.status}"
    raise SendblueError(method, path, code, answer.retry_after_s)


def filter_values(filters: Mapping[str, str | int | bool]) -> dict[str, str]:
    """Filters as query values. Raises ValueError for an unknown name or a limit beyond a page."""
    unknown = sorted(filters.keys() - MESSAGE_FILTERS)
    if unknown:
        raise ValueError(f"no such filter: {', '.join(unknown)}")
    if not 1 <= int(filters.get("limit", MAX_PAGE)) <= MAX_PAGE:
        raise ValueError(f"limit must be 1 to {MAX_PAGE}")
    return {"limit": str(MAX_PAGE), **{name: _query_value(value) for name, value in filters.items()}}


def message_page(found: Found, date_ms: int | None) -> MessagePage:
    """A page of rows. Raises SendblueError(UNREADABLE) if there is no list: an empty list is an answer, none is not."""
    body = found.object()
    rows = body.get("data")
    if not isinstance(rows, list):
        raise SendblueError(found.method, found.path, "UNREADABLE")
    paging = body.get("pagination")
    told = paging.get("hasMore") if isinstance(paging, dict) else None
    has_more = told if isinstance(told, bool) else bool(rows)
    return MessagePage(tuple(row for row in rows if isinstance(row, dict)), has_more, date_ms, len(rows))


def line_numbers(found: Found) -> tuple[str, ...]:
    """The numbers in ``numbers``, ``lines``, ``data`` or a bare list, each a text or an object, without repeats."""
    value = found.value
    if isinstance(value, dict):
        lists = (value.get(name) for name in ("numbers", "lines", "data"))
        value = next((listed for listed in lists if isinstance(listed, list)), None)
    if not isinstance(value, list):
        raise SendblueError(found.method, found.path, "UNREADABLE")
    return tuple(dict.fromkeys(_numbers(value)))


def _numbers(lines: Iterable[object]) -> Iterable[str]:
    for line in lines:
        places = [line.get(key) for key in LINE_KEYS] if isinstance(line, dict) else [line]
        yield from [place.strip() for place in places if isinstance(place, str) and place.strip()][:1]


def _query_value(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
