"""How far our clock is ahead of the broker's.

Grants carry the broker's time, rows of Sendblue's list are brought to ours by its Date header; to compare them the gap
between the two must be known. Each record of the ledger tells something of it: it was read after it was appended, so
our clock then, less the record's time, is the gap or more. The least of the last minutes is the gap, within the few
milliseconds that a record takes to be read.
"""

from typing import NamedTuple

SPAN_S = 600.0
"""The least of this span and of the one before it counts: a clock that was set right is known within twenty minutes."""


class ClockGap(NamedTuple):
    """``least`` and ``before``: milliseconds, of the span that began at ``since`` (monotonic) and of the one before."""

    least: int | None = None
    before: int | None = None
    since: float = float("-inf")

    @property
    def ms(self) -> int:
        """How many milliseconds our clock is ahead of the broker's; 0 while nothing is known."""
        return min((gap for gap in (self.least, self.before) if gap is not None), default=0)

    def seen(self, gap_ms: int, now: float) -> "ClockGap":
        """After a record that was read now: our clock less its time of append."""
        if now - self.since > SPAN_S:
            recent = now - self.since <= 2 * SPAN_S
            return ClockGap(gap_ms, self.least if recent else None, now)
        return self._replace(least=gap_ms if self.least is None else min(self.least, gap_ms))


UNKNOWN_GAP = ClockGap()
