"""All messages of the account, found without reading all of them.

Messages are kept in the order of their creation, whole and by each number and group they concern; changes of status in
the order in which they happened. A query begins from the shortest of the lists that can hold its answer and tests only
those rows. Filters Sendblue does not understand are left out by whoever makes the query: it ignores them.

Everything is answered as of a time: the list of a read replica shows the past, statuses included.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from connector.simulator.texts import State, Text

Test = Callable[[Text, State], bool]


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

    def find(self, query: Query, as_of: float) -> list[Text]:
        """All messages of the answer, in its order."""
        texts, tests = self.candidates(query, as_of), _tests(query)
        if tests:
            rows = ((text, text.as_of(as_of)) for text in texts)
            texts = [text for text, state in rows if all(test(text, state) for test in tests)]
        if query.order_by == "updated":
            texts = sorted(texts, key=lambda text: text.as_of(as_of).at)
        return texts[::-1] if query.descending else texts

    def candidates(self, query: Query, as_of: float) -> list[Text]:
        """The messages to test: a superset of the answer, in the order of creation."""
        names = (query.number, query.from_number, query.to_number, query.sendblue_number, query.group_id)
        texts = min((self._about.get(name, []) for name in names if name is not None), key=len, default=self._all)
        begin = bisect_left(texts, query.created_gte, key=_created) if query.created_gte is not None else 0
        end = bisect_right(texts, min(as_of, query.created_lte or as_of), key=_created)
        if query.updated_gte is not None:
            first = bisect_left(self._changes, query.updated_gte, key=_when)
            if len(self._changes) - first < end - begin:
                return self._changed_since(first, as_of)
        return texts[begin:end]

    def _changed_since(self, first: int, as_of: float) -> list[Text]:
        recent = {text.handle: text for _, text in self._changes[first:] if text.created <= as_of}
        return sorted(recent.values(), key=_created)


def _created(text: Text) -> float:
    return text.created


def _when(change: tuple[float, Text]) -> float:
    return change[0]


def _tests(query: Query) -> list[Test]:
    """One for each filter that is set."""
    fields = [(field, getattr(query, name)) for name, field in _FIELDS.items()]
    return [partial(_fits, field, wanted) for field, wanted in fields if wanted is not None]


def _fits(field: Callable[[Text, State, Any], bool], wanted: Any, text: Text, state: State) -> bool:
    return field(text, state, wanted)


_FIELDS: Mapping[str, Callable[[Text, State, Any], bool]] = {
    "number": lambda text, _, wanted: wanted in {text.line, text.contact},
    "from_number": lambda text, _, wanted: text.sender == wanted,
    "to_number": lambda text, _, wanted: text.receiver == wanted,
    "sendblue_number": lambda text, _, wanted: text.line == wanted,
    "group_id": lambda text, _, wanted: text.group_id == wanted,
    "is_outbound": lambda text, _, wanted: text.is_outbound is wanted,
    "message_type": lambda text, _, wanted: text.is_group is (wanted == "group"),
    "service": lambda text, _, wanted: text.service == wanted,
    "status": lambda _, state, wanted: state.status == wanted,
    "created_gte": lambda text, _, wanted: text.created >= wanted,
    "created_lte": lambda text, _, wanted: text.created <= wanted,
    "updated_gte": lambda _, state, wanted: state.at >= wanted,
    "updated_lte": lambda _, state, wanted: state.at <= wanted,
}
"""How each filter of a query is tested."""
