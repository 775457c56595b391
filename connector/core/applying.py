"""Which of two `topics apply` at the same moment works: the one whose claim came first in the control topic.

Each appends a claim under a key of its own, reads the topic to its end, and works only if no other claim stands before
its own; its end takes the claim back. What the one before it wrote it has then read. So no two lines get one partition.
One that was killed leaves its claim behind: after ``STALE_MS`` it counts no more, and nobody writes by a claim that is
older than ``HOLDS_S``. Between the two is room for clocks that disagree.
"""

from collections.abc import Iterable
from typing import NamedTuple

HOLDS_S = 240.0  # a dozen topics, each of which may take its brokers 20 s at worst
STALE_MS = 300_000


class Claim(NamedTuple):
    """A claim as it stands in the topic; ``at_ms``: when it was made, by its maker's clock or the brokers'."""

    key: bytes
    offset: int
    at_ms: int


def before(mine: bytes, claims: Iterable[Claim], now_ms: int) -> Claim | None:
    """The claim that works instead of mine, None when it is mine's turn. Raises ValueError when mine is not there."""
    counting = [one for one in claims if one.key == mine or not is_stale(one, now_ms)]
    if all(one.key != mine for one in counting):
        raise ValueError("what was just written to the control topic is not in it: look at its brokers")
    first = min(counting, key=lambda one: one.offset)
    return None if first.key == mine else first


def is_stale(claim: Claim, now_ms: int) -> bool:
    """Whether its maker has died."""
    return now_ms - claim.at_ms > STALE_MS
