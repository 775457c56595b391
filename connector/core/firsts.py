"""When each line won a contact: the times of the last 25 hours, the longest of Sendblue's days.

That is when the ledger first bound it. A replica that starts finds most bindings in the contacts topic already, so
it takes those by the time they were written at, and takes back the ones that the ledger then shows as moved by an
operator.

What is ugly: a binding that was written again (of a parked attempt that was sent after all, or of a move that the
ledger has forgotten) counts at the later time, after a start.
"""

from array import array
from bisect import bisect_right

KEPT_MS = 25 * 3_600_000


class Firsts:
    """When contacts were bound first, by line, in milliseconds since the epoch; of the last 25 hours."""

    def __init__(self) -> None:
        self._times: dict[str, array[int]] = {}
        self._line_of: dict[bytes, str] = {}
        self._loaded: dict[str, dict[bytes, int]] = {}

    def bound(self, line: str, at_ms: int) -> None:
        """The ledger binds a contact that had no line; log time never goes back."""
        times = self._times.setdefault(line, array("q"))
        times.append(at_ms)
        if times[0] <= at_ms - KEPT_MS:
            del times[: bisect_right(times, at_ms - KEPT_MS)]

    def loaded(self, contact: bytes, line: str, written_ms: int) -> None:
        """The contacts topic has this binding, written lately; said before the first record of the ledger is read."""
        self._line_of[contact] = line
        self._loaded.setdefault(line, {})[contact] = written_ms

    def moved(self, contact: bytes) -> None:
        """An operator gave the contact its line: the line has not won it."""
        if (line := self._line_of.pop(contact, None)) is not None:
            del self._loaded[line][contact]

    def since(self, line: str, since_ms: int) -> list[int]:
        """The times after that of the line, in order."""
        times = self._times.get(line, array("q"))
        loaded = (at_ms for at_ms in self._loaded.get(line, {}).values() if at_ms > since_ms)
        return sorted([*loaded, *times[bisect_right(times, since_ms) :]])
