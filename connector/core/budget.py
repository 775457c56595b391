"""How many bytes the windows of one process hold together, and which of them stop reading when it is too much.

From half of the budget on it is *tight*: a lane that holds its fair share of that half, or more, reads no further,
while smaller ones still may. So the biggest stop first, and a healthy line, whose window is small, never waits for
those that are blocked. The other half is what the small ones can still take: no lane grows past its share while it is
tight, so all together stay within the whole (what the client has already fetched comes on top).
"""

PROCESS_BYTES = 256_000_000
"""Of all windows together: a pod of 1 GB keeps room for the ledger's memory."""


class Budget:
    """Lanes join and leave; what they hold is added and given back. Not thread-safe: one owner."""

    __slots__ = ("_half", "_lanes", "held")

    def __init__(self, most_bytes: int = PROCESS_BYTES) -> None:
        self._half = most_bytes // 2
        self._lanes = 0
        self.held = 0

    @property
    def tight(self) -> bool:
        """True when those that hold a fair share or more must stop reading."""
        return self.held >= self._half

    def join(self) -> None:
        """One more lane."""
        self._lanes += 1

    def leave(self, size: int) -> bool:
        """A lane is gone, with what it held; True when the budget ceased to be tight."""
        self._lanes -= 1
        return self.hold(-size)

    def hold(self, size: int) -> bool:
        """Add what a record weighs, or give it back; True when the budget became tight or ceased to be."""
        before = self.tight
        self.held += size
        return self.tight != before

    def stops(self, size: int) -> bool:
        """Whether a lane that holds ``size`` bytes must stop reading."""
        return self.tight and size * self._lanes >= self._half
