"""Handles of a day's messages, as 8 bytes each with 8 bytes of what was last said of them.

Open addressing over two parallel arrays, one pair for each span of time, so that a whole span is dropped at once. A
handle is known by a hash: of a million handles two share one once in thirty million days, and then a status of one of
them may be missed.
"""

from array import array
from hashlib import blake2b

_MAX_LOAD = 0.75
_GROWTH = 1.5
_FIRST = 64


def short(text: str) -> int:
    """The text as a number of 8 bytes, never 0."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) or 1


class Handles:
    """``span_ms``: how long the spans are; ``spans``: how many are kept, the one being filled among them."""

    def __init__(self, span_ms: int, spans: int) -> None:
        self._span_ms, self._spans = span_ms, spans
        self._tables: dict[int, _Table] = {}

    def __len__(self) -> int:
        return sum(table.used for table in self._tables.values())

    @property
    def size(self) -> int:
        """Bytes of all tables."""
        return sum(16 * len(table.keys) for table in self._tables.values())

    def get(self, key: int) -> int | None:
        """Return what was put last under the key, None when it is not known (any more)."""
        found = (table.get(key) for table in reversed(self._tables.values()))
        return next((value for value in found if value), None)

    def put(self, key: int, value: int, now_ms: int) -> None:
        """Remember a value, which is not 0. ``now_ms`` decides what is forgotten; one that is behind counts as now."""
        number = max(now_ms // self._span_ms, next(reversed(self._tables), 0))
        if number not in self._tables:
            self._tables = {n: t for n, t in self._tables.items() if n > number - self._spans}
            self._tables[number] = _Table()
        self._tables[number].put(key, value)


class _Table:
    """One span's keys and values; a key of 0 is an empty slot."""

    __slots__ = ("keys", "used", "values")

    def __init__(self) -> None:
        self.keys, self.values, self.used = _zeros(_FIRST), _zeros(_FIRST), 0

    def get(self, key: int) -> int:
        return self.values[_find(self.keys, key)]

    def put(self, key: int, value: int) -> None:
        slot = _find(self.keys, key)
        self.used += not self.keys[slot]
        self.keys[slot], self.values[slot] = key, value
        if self.used > _MAX_LOAD * len(self.keys):
            self._grow()

    def _grow(self) -> None:
        keys, values = _zeros(int(len(self.keys) * _GROWTH)), _zeros(int(len(self.keys) * _GROWTH))
        for key, value in zip(self.keys, self.values, strict=True):
            if key:
                slot = _find(keys, key)
                keys[slot], values[slot] = key, value
        self.keys, self.values = keys, values


def _zeros(count: int) -> "array[int]":
    return array("Q", bytes(8 * count))


def _find(keys: "array[int]", key: int) -> int:
    size = len(keys)
    slot = key % size
    while keys[slot] and keys[slot] != key:
        slot = (slot + 1) % size
    return slot
