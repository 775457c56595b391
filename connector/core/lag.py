"""How far a consumed partition is behind: what was read and has not ended, against the end of the log.

The records that were read are kept, oldest first, until the next offset to commit has passed them. So the age of the
oldest one is known even while it waits outside its role, and a paused partition still shows what lies behind it.
What was never read has no age yet: it counts as a record alone.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple


class Lag(NamedTuple):
    """Records from the first that has not ended to the end of the log, and the age of that first one in seconds.

    ``unread``: those of them that were not read yet.
    """

    records: int
    seconds: float
    unread: int = 0


class Backlog:
    """One belongs to one assignment of one partition."""

    __slots__ = ("_read",)

    def __init__(self) -> None:
        self._read: deque[tuple[int, int]] = deque()

    def read(self, offset: int, timestamp_ms: int) -> None:
        """A record was read; offsets rise. ``timestamp_ms`` is 0 when it has none: then it has no age."""
        self._read.append((offset, timestamp_ms))

    def lag(self, next_offset: int | None, end: int | None, now_ms: int) -> Lag:
        """``next_offset``: to commit, None while nothing has ended; ``end``: the high watermark, None if unknown."""
        while self._read and next_offset is not None and self._read[0][0] < next_offset:
            self._read.popleft()
        if not self._read:
            unread = max(end - next_offset, 0) if end is not None and next_offset is not None else 0
            return Lag(unread, 0.0, unread)
        offset, timestamp_ms = self._read[0]
        following = self._read[-1][0] + 1
        behind = following if end is None else max(end, following)
        age_s = max(now_ms - timestamp_ms, 0) / 1000 if timestamp_ms else 0.0
        return Lag(behind - offset, age_s, behind - following)


def total(lags: Iterable[Lag]) -> Lag:
    """Of a topic: all records, the oldest age."""
    found = list(lags)
    oldest = max((lag.seconds for lag in found), default=0.0)
    return Lag(sum(lag.records for lag in found), oldest, sum(lag.unread for lag in found))
