"""Contact -> line for millions of contacts, in about 20 bytes each.

Open addressing over two parallel arrays, in shards so that growing stays short. A contact is known by the 8 bytes of
its keyed hash; two contacts with one hash would share a line, which costs nobody a text.
"""

from array import array
from collections.abc import Iterator

CONTACT_BYTES = 8
SHARDS = 256
_MAX_LOAD = 0.75
_GROWTH = 1.5


class Bindings:
    """A map from an 8-byte contact hash to a line's alias. Contacts are never removed, only moved."""

    def __init__(self) -> None:
        self._names: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}
        self._keys = [array("Q", bytes(8 * 8)) for _ in range(SHARDS)]
        self._lines = [array("H", bytes(2 * 8)) for _ in range(SHARDS)]
        self._used = [0] * SHARDS

    def __len__(self) -> int:
        return sum(self._used)

    def get(self, contact: bytes) -> str | None:
        """Return the alias of the contact's line, None while it has none."""
        shard, key = contact[0], _key(contact)
        number = self._lines[shard][_find(self._keys[shard], self._lines[shard], key)]
        return self._names[number] if number else None

    def put(self, contact: bytes, line: str) -> None:
        """Bind the contact to the line (at most 65,535 different lines)."""
        shard, key = contact[0], _key(contact)
        slot = _find(self._keys[shard], self._lines[shard], key)
        fresh = self._lines[shard][slot] == 0
        self._keys[shard][slot] = key
        self._lines[shard][slot] = self._number(line)
        if fresh:
            self._used[shard] += 1
            if self._used[shard] > _MAX_LOAD * len(self._keys[shard]):
                self._grow(shard)

    def of_line(self, line: str) -> Iterator[bytes]:
        """Each contact of the line; nothing may be put meanwhile."""
        number = self._numbers.get(line)
        for keys, lines in zip(self._keys, self._lines, strict=True) if number else ():
            yield from (
                key.to_bytes(CONTACT_BYTES, "little") for key, n in zip(keys, lines, strict=True) if n == number
            )

    def _number(self, line: str) -> int:
        if line not in self._numbers:
            self._numbers[line] = len(self._names)
            self._names.append(line)
        return self._numbers[line]

    def _grow(self, shard: int) -> None:
        old_keys, old_lines = self._keys[shard], self._lines[shard]
        size = int(len(old_keys) * _GROWTH)
        keys, lines = array("Q", bytes(8 * size)), array("H", bytes(2 * size))
        for key, line in zip(old_keys, old_lines, strict=True):
            if line:
                slot = _find(keys, lines, key)
                keys[slot], lines[slot] = key, line
        self._keys[shard], self._lines[shard] = keys, lines


def _key(contact: bytes) -> int:
    return int.from_bytes(contact, "little")


def _find(keys: "array[int]", lines: "array[int]", key: int) -> int:
    size = len(keys)
    slot = (key >> 8) % size
    while lines[slot] and keys[slot] != key:
        slot = (slot + 1) % size
    return slot
