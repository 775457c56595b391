"""How many connections a server holds, and which one goes when there are too many.

A limit that refuses the newcomer hands the server to whoever comes first: some thousand connections that say nothing
would keep every callback out. So the newcomer is let in, and whoever has been idle longest goes: idle is who has sent
no whole request since its last answer. Who waits for an answer of ours stays. Only when all wait, the newcomer goes.

A connection is counted once its TLS handshake is over; until then its own deadline bounds it.
"""

import resource
from typing import Protocol

MAX_CONNECTIONS = 8_000  # 6 KiB each, and no Sendblue has as many
RESERVED = 256  # files that stay for Kafka's clients, calls of Sendblue, logs
WANTED_FILES = 16_384


class Member(Protocol):
    """A connection."""

    def evict(self) -> None:
        """Close it at once."""


class Crowd:
    """The connections of a server, the longest idle first; ``most`` of them, default: what the process has room for."""

    def __init__(self, most: int | None = None) -> None:
        self.most = min(MAX_CONNECTIONS, room()) if most is None else most
        self._idle: dict[Member, None] = {}  # the longest idle first
        self._busy: set[Member] = set()

    def __len__(self) -> int:
        return len(self._idle) + len(self._busy)

    def rests(self, member: Member) -> None:
        """It is new here, or has its answer."""
        self.leaves(member)
        if len(self) >= self.most:
            self._make_room(member)
        self._idle[member] = None

    def works(self, member: Member) -> None:
        """It has sent a whole request."""
        self._idle.pop(member, None)
        self._busy.add(member)

    def leaves(self, member: Member) -> None:
        """It is closed."""
        self._idle.pop(member, None)
        self._busy.discard(member)

    def _make_room(self, newcomer: Member) -> None:
        goes = next(iter(self._idle), newcomer)
        self.leaves(goes)
        goes.evict()


def room() -> int:
    """Connections the process may hold: its limit of open files, raised as far as it may be, without the reserve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(soft - RESERVED, 1)
