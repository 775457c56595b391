"""Two lanes for each line: a reply, a one-time code, never waits behind a campaign.

A request is a REPLY or NORMAL, as its producer says. Each line has a partition of the dispatch topic for either; one
from before there were two keeps its only one, and both kinds stand in it. Ledger and pace are the line's, whatever the
lane.

In a process that holds both lanes of a line, replies go first, but at most ``MAX_REPLIES`` in a row while anything
waits in the other lane: so neither starves, and a campaign goes on at a ninth of the pace at worst. Two processes that
hold a lane each take turns by the order of their grants in the ledger (``pacing``).

Within a lane the order of a contact is kept; between the lanes none is promised, and only the ledger keeps a contact
from having two texts in flight.
"""

from collections.abc import Mapping
from typing import NamedTuple

from connector.core.messages import Priority

MAX_REPLIES = 8
"""Eight seconds for a campaign at the usual pace; few conversations ask for more replies at once."""


class Places(NamedTuple):
    """A line's partitions of the dispatch topic; ``reply`` is None where it has only one."""

    normal: int
    reply: int | None = None

    def of(self, priority: Priority) -> int:
        """The partition for requests of this priority."""
        return self.normal if self.reply is None or priority is Priority.NORMAL else self.reply

    def numbers(self) -> tuple[int, ...]:
        """All of them."""
        return (self.normal,) if self.reply is None else (self.normal, self.reply)


def sharing(given: Mapping[str, Places]) -> dict[str, str]:
    """The lines that have a partition which an earlier one of these has too: line -> that one.

    They would have one lane, hence one pace and one backoff, for two numbers.
    """
    first: dict[int, str] = {}
    found: dict[str, str] = {}
    for line, places in given.items():
        for number in places.numbers():
            if (owner := first.setdefault(number, line)) != line:
                found.setdefault(line, owner)
    return found


class Share(NamedTuple):
    """How the lanes of a line share it. ``replies``: those written in a row while others waited."""

    replies: int = 0

    def order(self) -> tuple[Priority, Priority]:
        """Whose turn is next, and who may have it if that one has nothing to send."""
        if self.replies < MAX_REPLIES:
            return Priority.REPLY, Priority.NORMAL
        return Priority.NORMAL, Priority.REPLY

    def after(self, priority: Priority, *, others_wait: bool) -> "Share":
        """The share after one of this priority was written; ``others_wait``: something is in the normal lane."""
        return Share(self.replies + 1 if priority is Priority.REPLY and others_wait else 0)
