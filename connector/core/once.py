"""Which records of one assignment of a partition are new: the client may hand some of them over a second time.

librdkafka notes how far the application has read only at the end of the call that hands records over. When a rebalance
pauses its partitions in that moment, it reads on from where that call began: what the call returned comes once more.
So a record that was handed over by the last burst, and is the same, is left out. Nobody else may go back within an
assignment: a log that was cut short or made anew may hold other records at the same offsets, and none of those is ever
left out. Then the assignment has to end, and the next one begins at the committed offset.
"""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar


class Record(Protocol):
    """What a record must say of itself; records that are the same have the same hash."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""


R = TypeVar("R", bound=Record)


class WentBack(Exception):  # noqa: N818 - says what the partition did
    """A record lies before others of its assignment, and is not known to be one of them."""


class Once(Generic[R]):
    """The records of one assignment of one partition, each of them once. Keeps a hash a record of the last burst."""

    __slots__ = ("_given", "_next_offset")

    def __init__(self) -> None:
        self._given: dict[int, int] = {}
        self._next_offset = 0

    def new(self, burst: Sequence[R]) -> list[R]:
        """Return those that were not handed over before. Raises WentBack."""
        if burst and burst[0].offset >= self._next_offset:
            self._given.clear()
        return [record for record in burst if self._is_new(record.offset, hash(record))]

    def _is_new(self, offset: int, content: int) -> bool:
        if offset < self._next_offset:
            if self._given.get(offset) != content:
                raise WentBack(f"offset {offset} was read after offset {self._next_offset - 1}")
            return False
        self._given[offset] = content
        self._next_offset = offset + 1
        return True
