"""What orders and fuses hold back at the moment of a turn, as times until when.

A line's pause holds the line: its records stay in order where they are. A tag's pause and a fuse hold single records of
a line that goes on: those make way for the others.
"""

from typing import NamedTuple

from connector.core.delays import Wait

NEVER = float("-inf")


class Holds(NamedTuple):
    """Until when (monotonic seconds, infinity for ever) a pause of the line, of a tag of the request, a fuse hold."""

    paused_until: float = NEVER
    tag_paused_until: float = NEVER
    fused_until: float = NEVER

    def of_record(self) -> tuple[Wait, float]:
        """What holds this record alone the longest."""
        if self.fused_until > self.tag_paused_until:
            return Wait.FUSE, self.fused_until
        return Wait.TAG_PAUSED, self.tag_paused_until

    def of_line(self, ready_at: float) -> tuple[Wait, float]:
        """What holds the whole line the longest; ``ready_at``: when it may propose as far as its guard and pace go."""
        if self.paused_until > ready_at:
            return Wait.PAUSED, self.paused_until
        return Wait.LINE, ready_at


NO_HOLDS = Holds()
