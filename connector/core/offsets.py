"""The low watermark of one partition: what may be committed while records finish in any order.

Records are tracked as they are read and done as they end. What may be committed is the offset after the last
record of the unbroken run of finished ones: everything below it is done, so nothing is lost by starting there.
Only offsets that were given are tracked; gaps (compaction, transaction markers) then need no code.

One Watermark belongs to one assignment of one partition: after a revocation it is thrown away, and a new one
begins where the consumer begins.
"""

from collections import deque


class Watermark:
    """Each offset costs constant time over its life. Not thread-safe: one owner."""

    __slots__ = ("_next_offset", "_order", "_pending")

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._pending: set[int] = set()
        self._next_offset: int | None = None

    def track(self, offset: int) -> None:
        """A record was read. Raises ValueError unless its offset is above all that were tracked before."""
        floor = self._order[-1] if self._order else (self._next_offset or 0) - 1
        if offset <= floor:
            raise ValueError(f"offset {offset} was read after offset {floor}")
        self._order.append(offset)
        self._pending.add(offset)

    def done(self, offset: int) -> bool:
        """A record has ended; True when the watermark moved. Raises ValueError for one that is not pending."""
        if offset not in self._pending:
            raise ValueError(f"offset {offset} is not pending")
        self._pending.remove(offset)
        before = self._next_offset
        while self._order and self._order[0] not in self._pending:
            self._next_offset = self._order.popleft() + 1
        return self._next_offset != before

    @property
    def next_offset(self) -> int | None:
        """The offset to commit, which is the first to read after a restart; None while nothing has ended."""
        return self._next_offset

    @property
    def oldest(self) -> int | None:
        """The pending record that everything behind it waits for; None when none is pending."""
        return self._order[0] if self._order else None

    @property
    def pending(self) -> int:
        """How many records were read and have not ended."""
        return len(self._pending)

    @property
    def held(self) -> int:
        """How many records would be read again after a restart, ended ones behind ``oldest`` included."""
        return len(self._order)
