"""How often something happened lately, by name: a span in slices, so that forgetting costs nothing.

The count is that of the slices which are whole; the one that fills is left out, so a rate is never too low for being
young. Names must come from a closed list: each costs an entry in every slice it appears in.
"""

from collections import Counter, deque

SLICES = 6


class Recent:
    """Counts over the last ``span_s`` seconds, in six slices. ``now`` is monotonic and never goes back."""

    def __init__(self, span_s: float) -> None:
        self._slice_s = span_s / SLICES
        self._whole: deque[Counter[str]] = deque(maxlen=SLICES)
        self._filling: Counter[str] = Counter()
        self._until: float | None = None

    def add(self, name: str) -> None:
        """It happened once more."""
        self._filling[name] += 1

    def turn(self, now: float) -> None:
        """The time is ``now``: what is too old is forgotten."""
        if self._until is None:
            self._until = now + self._slice_s
        while now >= self._until:
            self._whole.append(self._filling)
            self._filling = Counter()
            self._until += self._slice_s
            if now >= self._until + self._slice_s * SLICES:
                self._until = now + self._slice_s
                self._whole.clear()

    def rates(self) -> dict[str, float]:
        """Times a second, of the names that happened; none before the first slice is whole."""
        seconds = len(self._whole) * self._slice_s
        return {name: count / seconds for name, count in sum(self._whole, Counter()).items()}

    def counts(self) -> dict[str, int]:
        """How often, the slice that fills included; the most frequent first."""
        return dict((sum(self._whole, Counter()) + self._filling).most_common())
