"""All messages of the account, found without reading all of them.

Messages are kept in the order of their creation, whole and by each number and group they concern; changes of status in
the order in which they happened. A query begins from the shortest of the lists that can hold its answer and tests only
those rows. Filters Sendblue does not understand are left out by whoever makes the query: it ignores them.

Everything is answered as of a time: the list of a read replica shows the past, statuses included.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from connector.simulator.texts import State, Text


@dataclass(frozen=True, slots=True)
class Query:
    """What the rows must be; None for what does not matter. Times in seconds, to the ms, both ends included."""

    number: str | None = None
    from_number: str | None = None
    to_number: str | None = None
    sendblue_number: str | None = None
    group_id: str | None = None
    is_outbound: bool | None = None
    message_type: str | None = None
    service: str | None = None
    status: str | None = None
    created_gte: float | None = None
    created_lte: float | None = None
    updated_gte: float | None = None
    updated_lte: float | None = None
    order_by: str = "created"
    descending: bool = True


class Row(NamedTuple):
    """A message as it was at the time asked for."""

    text: Text
    state: State


class Archive:
    """Texts by handle, and the lists that find them."""

    def __init__(self) -> None:
        self.texts: dict[str, Text] = {}
        self._all: list[Text] = []
        self._about: dict[str, list[Text]] = {}
        self._changes: list[tuple[float, Text]] = []

    def add(self, text: Text) -> None:
        """A new message, no older than the last one."""
        self.texts[text.handle] = text
        self._all.append(text)
        for key in {text.line, text.contact, text.group_id} - {""}:
            self._about.setdefault(key, []).append(text)
        self.changed(text)

    def changed(self, text: Text) -> None:
        """It has a new state; drop old changes when most of the list is old ones."""
        self._changes.append((text.state.at, text))
        if len(self._changes) > 1024 + 8 * len(self._all):
            self._changes = sorted(((text.state.at, text) for text in self._all), key=_when)

    def find(self, query: Query, as_of: float) -> list[Row]:
        """All rows of the answer, in its order."""
        rows = [Row(text, text.as_of(as_of)) for text in self.candidates(query, as_of)]
        rows = [row for row in rows if _fits(row, query)]
        if query.order_by == "updated":
            rows.sort(key=lambda row: row.state.at)
        return rows[::-1] if query.descending else rows

    def candidates(self, query: Query, as_of: float) -> Iterable[Text]:
        """The rows to test: a superset of the answer, in the order of creation."""
        names = (query.number, query.from_number, query.to_number, query.sendblue_number, query.group_id)
        texts = min((self._about.get(name, []) for name in names if name is not None), key=len, default=self._all)
        begin = bisect_left(texts, query.created_gte, key=_created) if query.created_gte is not None else 0
        end = bisect_right(texts, min(as_of, query.created_lte or as_of), key=_created)
        if query.updated_gte is not None:
            first = bisect_left(self._changes, query.updated_gte, key=_when)
            if len(self._changes) - first < end - begin:
                return self._changed_since(first, as_of)
        return islice(texts, begin, max(begin, end))

    def _changed_since(self, first: int, as_of: float) -> Sequence[Text]:
        recent = {text.handle: text for _, text in islice(self._changes, first, None) if text.created <= as_of}
        return sorted(recent.values(), key=_created)


def _created(text: Text) -> float:
    return text.created


def _when(change: tuple[float, Text]) -> float:
    return change[0]


def _fits(row: Row, query: Query) -> bool:
    text, state = row
    sender, receiver = (text.line, text.contact) if text.is_outbound else (text.contact, text.line)
    pairs = (
        (query.from_number, sender),
        (query.to_number, receiver),
        (query.sendblue_number, text.line),
        (query.group_id, text.group_id),
        (query.is_outbound, text.is_outbound),
        (query.message_type, "group" if text.is_group else "message"),
        (query.service, text.service),
        (query.status, state.status),
    )
    return (
        all(wanted is None or wanted == found for wanted, found in pairs)
        and (query.number is None or query.number in {sender, receiver})
        and _between(text.created, query.created_gte, query.created_lte)
        and _between(state.at, query.updated_gte, query.updated_lte)
    )


def _between(at: float, begin: float | None, end: float | None) -> bool:
    return (begin is None or at >= begin) and (end is None or at <= end)
