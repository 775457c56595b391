"""The bounded window of one line: what must wait is skipped over, and order is kept per contact.

Records come in the order of their offsets and leave when they are done. A record that may go on is *due*: the one
with the lowest offset comes first. One that waits sleeps until a time, or until somebody wakes its request or its
contact. Of the records of one contact only the first may be proposed; the others may still be looked at, since a
request that is no longer free (replayed, in doubt elsewhere) must not wait for a place it does not need. One that
sleeps until its own send_at, or until quiet hours are over, has no place yet: those behind it that are due go first.

The window is full at 500 records or 4 MB: then its line reads no further, and says so.
"""

import heapq
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from connector.core.delays import ASIDE, PLACELESS, Wait

MAX_RECORDS = 500  # a held contact must not stop its line; 500 waiting records mean the line itself is stuck
NEXT_S = 0.01  # a placeless one that is due within this has its place: clocks are read a millisecond apart
MAX_BYTES = 4_000_000  # 1,000 lines stay within a few hundred MB even when all windows are full of long texts

T = TypeVar("T")


@dataclass(slots=True)
class _Slot(Generic[T]):
    item: T
    size: int
    contact: bytes
    request: bytes
    until: float = 0.0
    reason: Wait | None = None


@dataclass(slots=True)
class Window(Generic[T]):
    """Records by offset; ``T`` is whatever the holder keeps. Times are monotonic seconds."""

    max_records: int = MAX_RECORDS
    max_bytes: int = MAX_BYTES
    size: int = 0
    _slots: dict[int, _Slot[T]] = field(default_factory=dict)
    _due: list[int] = field(default_factory=list)
    _asleep: list[tuple[float, int]] = field(default_factory=list)
    _names: dict[bytes, list[int]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def full(self) -> bool:
        """True when the line must stop reading."""
        return len(self._slots) >= self.max_records or self.size >= self.max_bytes

    def add(self, offset: int, item: T, size: int, contact: bytes, request: bytes) -> None:
        """Take a record; offsets rise. It is due at once."""
        self._slots[offset] = _Slot(item, size, contact, request)
        self.size += size
        for name in (contact, request):
            self._names.setdefault(name, []).append(offset)
        heapq.heappush(self._due, offset)

    def take(self, now: float) -> tuple[int, T] | None:
        """Return the due record with the lowest offset; it is the caller's until ``wait`` or ``done``."""
        self._rouse(now)
        while self._due:
            offset = heapq.heappop(self._due)
            if offset in self._slots:
                return offset, self._slots[offset].item
        return None

    def is_first(self, offset: int, now: float = float("-inf")) -> bool:
        """True when no earlier record of the same contact is in the window, but such as sleep until a time."""
        return self._ahead(offset, now) is None

    def ahead(self, offset: int, now: float = float("-inf")) -> Wait | None:
        """What the first of the same contact waits for; None when this is the first, or the first is at work."""
        first = self._ahead(offset, now)
        return None if first is None else first.reason

    def oldest(self, reasons: Collection[Wait], later_than: float = float("-inf")) -> int | None:
        """Return the lowest offset that waits for one of these reasons, and until later than that."""
        slots = self._slots.items()
        return next((offset for offset, slot in slots if slot.reason in reasons and slot.until > later_than), None)

    def count(self, reason: Wait) -> int:
        """Return how many records wait for this reason."""
        return sum(slot.reason is reason for slot in self._slots.values())

    def all_wait(self, reasons: Collection[Wait]) -> bool:
        """Return whether every record waits for one of these reasons; True when there is none."""
        return all(slot.reason in reasons for slot in self._slots.values())

    def wait(self, offset: int, until: float, reason: Wait) -> None:
        """The record sleeps until ``until``, or until its request or contact is woken."""
        slot = self._slots[offset]
        slot.until, slot.reason = until, reason
        heapq.heappush(self._asleep, (until, offset))

    def wake(self, name: bytes, now: float) -> None:
        """The ledger said something of this request or contact: those that sleep for it are due now.

        What a fuse or its tag's pause holds does not sleep for its contact: hundreds of them would look in vain.
        """
        for offset in self._names.get(name, ()):
            slot = self._slots[offset]
            if slot.reason not in ASIDE or slot.request == name:
                self.rouse(offset, now)

    def wake_all(self, now: float) -> None:
        """Every sleeper is due now."""
        for offset in self._slots:
            self.rouse(offset, now)

    def rouse(self, offset: int, now: float) -> None:
        """This one is due now, if it sleeps."""
        slot = self._slots[offset]
        if slot.until > now:
            slot.until = now
            heapq.heappush(self._asleep, (now, offset))

    def done(self, offset: int) -> None:
        """The record has its end, or its next hop is durable."""
        slot = self._slots.pop(offset)
        self.size -= slot.size
        for name in (slot.contact, slot.request):
            offsets = self._names[name]
            offsets.remove(offset)
            if not offsets:
                del self._names[name]

    def next_wake(self) -> float | None:
        """Return when the next sleeper is due, None when nobody sleeps; due records count as now (0.0)."""
        if self._due:
            return 0.0
        return self._asleep[0][0] if self._asleep else None

    def waiting(self) -> dict[Wait, int]:
        """Return how many records sleep, by reason."""
        counts: dict[Wait, int] = {}
        for slot in self._slots.values():
            if slot.reason:
                counts[slot.reason] = counts.get(slot.reason, 0) + 1
        return counts

    def _rouse(self, now: float) -> None:
        while self._asleep and self._asleep[0][0] <= now:
            until, offset = heapq.heappop(self._asleep)
            slot = self._slots.get(offset)
            if slot is not None and slot.until == until and slot.reason:
                slot.until, slot.reason = 0.0, None
                heapq.heappush(self._due, offset)

    def _ahead(self, offset: int, now: float) -> _Slot[T] | None:
        for other in self._names[self._slots[offset].contact]:
            if other == offset:
                return None
            slot = self._slots[other]
            if slot.reason not in PLACELESS or slot.until <= now + NEXT_S:
                return slot
        return None
