"""How partitions are given back when a group moves them, or at the end: one rule for every role that ends records.

What is in work ends first, within one bound; then the partitions are somebody else's. One that was lost and came back
meanwhile has begun anew, and goes on. What did not end in time is read again by the next owner, which costs no text.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from connector.core.calls import CALL_S

STOP_S = 5.0
"""A turn in work ends within its call's own deadline and this, its OUTCOME's way to the ledger; all else is faster."""


class Holder(Protocol):
    """A role that holds partitions."""

    def lost(self, partitions: Sequence[int]) -> None:
        """These are somebody else's now."""

    def next_offsets(self) -> dict[int, int]:
        """Return the next offset to commit of each held partition that has one."""


async def given_back(
    role: Holder,
    held: Mapping[int, object],
    partitions: Sequence[int],
    work: Iterable["asyncio.Task[Any]"],
    call_s: float = CALL_S,
) -> dict[int, int]:
    """Let the work on these partitions end, leave them, and return the next offsets to commit.

    ``held``: what the role keeps of each partition it holds, as it changes. ``call_s``: the longest a call may take.
    """
    before = {p: held[p] for p in partitions if p in held}
    if tasks := list(work):
        await asyncio.wait(tasks, timeout=call_s + STOP_S)
    ended = [p for p, kept in before.items() if held.get(p) is kept]
    offsets = {p: offset for p, offset in role.next_offsets().items() if p in ended}
    role.lost(ended)
    return offsets
