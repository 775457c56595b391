"""Since when each line could send and did not.

A line could when it is ready, has records, and nothing that is known holds all of them back: a tag's pause, a fuse,
new contacts that must wait. It did when a call of it was answered. One that could for long and did not is stuck for a
reason that nobody thought of.
"""

from collections.abc import Collection


class Idling:
    """Times are monotonic seconds."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def seconds(self, alias: str, now: float, *, could: bool) -> float:
        """How long the line has been idle, now that it could send, or could not, or did; 0.0 when it is not idle."""
        if could:
            return now - self._since.setdefault(alias, now)
        self._since.pop(alias, None)
        return 0.0

    def keep(self, aliases: Collection[str]) -> None:
        """Forget the lines that are others' now."""
        for alias in self._since.keys() - set(aliases):
            del self._since[alias]
