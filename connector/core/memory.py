"""Remembering millions of settled requests in about 90 bytes each.

A Python dict of small objects costs three times as much, so entries are packed back to back into chunks of bytes,
oldest first, and found through open-addressed tables of addresses. An entry is never changed in place: a newer one
is written behind it and the table points there. Because entries are written in the order of log time, a whole chunk
falls due at once and is dropped. The tables are split into shards, so that growing one never takes longer than a
few milliseconds. A slot holds 24 bits of its key, the tag, beside the address: they say where the slot belongs, so a
growing table reads no entry, and a search one of another key once in thousands. What is ugly about it: an overwritten
entry keeps its bytes until its chunk is dropped.
"""

import struct
from array import array
from collections.abc import Iterator

KEY_BYTES = 16
CHUNK_BYTES = 1 << 17  # a chunk's own overhead vanishes in it; dropping one, entry by entry, takes a few milliseconds
SHARDS = 256  # one shard of a million entries holds about 4,000: rebuilt in milliseconds
_HEAD = struct.Struct("<16sqH")  # key, time in ms, length of what follows
_MAX_LOAD = 0.75
_GROWTH = 1.5
_ADDRESS_BITS = 40  # a terabyte of entries; the upper 24 bits of a slot are the key's tag
_ADDRESS = (1 << _ADDRESS_BITS) - 1


class _Shard:
    """One open-addressed table of tags and addresses (0 = empty, else address + 1), linear probing."""

    __slots__ = ("slots", "used")

    def __init__(self) -> None:
        self.slots = array("Q", bytes(8 * 8))
        self.used = 0


class Memory:
    """Packed values by 16-byte key, forgotten when ``time_ms`` falls more than ``keep_ms`` behind.

    Times are log time; an entry whose time goes back is only kept longer than it need be. Bounds: a value holds at most
    65,535 bytes.
    """

    def __init__(self, keep_ms: int) -> None:
        self._keep_ms = keep_ms
        self._chunks: dict[int, bytearray] = {0: bytearray()}
        self._first = self._last = 0
        self._newest: dict[int, int] = {}
        self._shards = [_Shard() for _ in range(SHARDS)]

    def __len__(self) -> int:
        return sum(shard.used for shard in self._shards)

    def get(self, key: bytes) -> tuple[int, bytes] | None:
        """Return ``(time_ms, value)`` as it was put last, whatever its age; None when there is none."""
        shard = self._shards[key[0]]
        found = shard.slots[self._find(shard, key)]
        return self._read((found & _ADDRESS) - 1) if found else None

    def put(self, key: bytes, time_ms: int, value: bytes) -> None:
        """Remember ``value``; an earlier one of the same key is forgotten."""
        address = self._write(key, time_ms, value)
        shard = self._shards[key[0]]
        slot = self._find(shard, key)
        fresh = shard.slots[slot] == 0
        shard.slots[slot] = _tag(key) << _ADDRESS_BITS | address + 1
        if fresh:
            shard.used += 1
            self._grow_if_full(shard)

    def remove(self, key: bytes) -> None:
        """Forget the key; nothing happens when it is not there."""
        shard = self._shards[key[0]]
        slot = self._find(shard, key)
        if shard.slots[slot]:
            self._empty(shard, slot)

    def forget(self, now_ms: int) -> None:
        """Drop every chunk whose newest entry is more than ``keep_ms`` old."""
        while self._first < self._last and now_ms - self._newest.get(self._first, now_ms) > self._keep_ms:
            self._drop_first_chunk()

    def _drop_first_chunk(self) -> None:
        number, chunk = self._first, self._chunks[self._first]
        for offset in _offsets(chunk):
            key = bytes(chunk[offset : offset + KEY_BYTES])
            shard = self._shards[key[0]]
            slot = self._find(shard, key)
            if shard.slots[slot] & _ADDRESS == number * CHUNK_BYTES + offset + 1:
                self._empty(shard, slot)
        del self._chunks[number]
        self._newest.pop(number, None)
        self._first += 1

    def _write(self, key: bytes, time_ms: int, value: bytes) -> int:
        if len(self._chunks[self._last]) + _HEAD.size + len(value) > CHUNK_BYTES:
            self._chunks[self._last] = bytearray(bytes(self._chunks[self._last]))  # give back what growing reserved
            self._last += 1
            self._chunks[self._last] = bytearray()
        chunk = self._chunks[self._last]
        offset = len(chunk)
        chunk += _HEAD.pack(key, time_ms, len(value)) + value
        self._newest[self._last] = max(time_ms, self._newest.get(self._last, time_ms))
        return self._last * CHUNK_BYTES + offset

    def _read(self, address: int) -> tuple[int, bytes]:
        number, offset = divmod(address, CHUNK_BYTES)
        chunk = self._chunks[number]
        _, time_ms, length = _HEAD.unpack_from(chunk, offset)
        start = offset + _HEAD.size
        return time_ms, bytes(chunk[start : start + length])

    def _key(self, entry: int) -> bytes:
        """The key of the entry that a slot points to."""
        number, offset = divmod((entry & _ADDRESS) - 1, CHUNK_BYTES)
        return bytes(self._chunks[number][offset : offset + KEY_BYTES])

    def _find(self, shard: _Shard, key: bytes) -> int:
        """Return the slot that holds the key, or the empty slot where it belongs."""
        slots, size, tag = shard.slots, len(shard.slots), _tag(key)
        slot = tag % size
        while (entry := slots[slot]) and (entry >> _ADDRESS_BITS != tag or self._key(entry) != key):
            slot = (slot + 1) % size
        return slot

    def _empty(self, shard: _Shard, slot: int) -> None:
        """Clear a slot and close the gap, so that no later entry of its run is cut off."""
        slots, size = shard.slots, len(shard.slots)
        slots[slot] = 0
        shard.used -= 1
        gap, here = slot, (slot + 1) % size
        while slots[here]:
            home = (slots[here] >> _ADDRESS_BITS) % size
            if (here - home) % size >= (here - gap) % size:
                slots[gap], slots[here] = slots[here], 0
                gap = here
            here = (here + 1) % size

    def _grow_if_full(self, shard: _Shard) -> None:
        if shard.used <= _MAX_LOAD * len(shard.slots):
            return
        kept = [entry for entry in shard.slots if entry]
        shard.slots = array("Q", bytes(8 * int(len(shard.slots) * _GROWTH)))
        slots, size = shard.slots, len(shard.slots)
        for entry in kept:
            slot = (entry >> _ADDRESS_BITS) % size
            while slots[slot]:
                slot = (slot + 1) % size
            slots[slot] = entry


def _tag(key: bytes) -> int:
    """Its place in a table, and what tells it from most others; the first byte chose the shard."""
    return int.from_bytes(key[1:4])


def _offsets(chunk: bytearray) -> Iterator[int]:
    offset = 0
    while offset < len(chunk):
        yield offset
        offset += _HEAD.size + _HEAD.unpack_from(chunk, offset)[2]
