"""What the simulator saw: the oracle of every test of doubles, of pace and of order.

It counts texts, not what the connector believes. When given a file, every judged POST is a line of it, synced before
the answer goes out, and ``read_record`` makes the same totals of it. Contacts are hashes: the file names nobody.

Pace is measured between the arrivals of the POSTs of a line, whatever became of them. ``gaps_below`` counts pairs of
neighbours closer than the gap less the tolerance; ``over_limit_seconds`` counts POSTs that end a sliding second (a gap,
if that is longer) which holds more of them than the gap allows. The tolerance is for the network; that the event loop
was busy when a POST arrived does not count (`arrival.py`).
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from connector.simulator.journal import Journal

WINDOW_S = 1.0


class Post(msgspec.Struct, omit_defaults=True):
    """One POST. ``at``: seconds since the epoch; ``run``, ``n``: the process, and its how many-th POST.

    ``token``: the request its callback token names. ``others``: POSTs of this contact still in work when it came.
    ``handle``: of the accepted text; ``declined``: of a message that was born with an error.
    """

    run: int
    n: int
    at: float
    line: str = ""
    contact: str = ""
    request: str = ""
    token: str | None = None
    others: int = 0
    handle: str | None = None
    declined: bool = False
    fault: str = ""


class Pace:
    """The writes of one line against its gap."""

    def __init__(self, gap_s: float, tolerance_s: float) -> None:
        self._gap, self._least = gap_s, gap_s - tolerance_s
        self._window = max(WINDOW_S, gap_s)
        self._allowed = int(self._window / gap_s + 1e-9) if gap_s else 0
        self._span = max(self._window - tolerance_s, 0.001)
        self._recent: deque[float] = deque()
        self.smallest: float | None = None
        self.below = self.over = 0

    def __call__(self, at: float) -> None:
        """One more write."""
        if self._recent:
            gap = abs(at - self._recent[-1])
            self.smallest = gap if self.smallest is None else min(gap, self.smallest)
            self.below += self._gap > 0 and gap < self._least
        self._recent.append(at)
        while at - self._recent[0] >= self._span:
            self._recent.popleft()
        self.over += self._gap > 0 and len(self._recent) > self._allowed


class Record:
    """Texts by request, pace by line, lines and order by contact."""

    def __init__(self, path: Path | None = None, gap_s: float = 0.0, tolerance_s: float = 0.0, run: int = 0) -> None:
        self.posts = self.declined = self.refused = self.overlapping_pairs = self.mismatched_tokens = 0
        self.texts: Counter[str] = Counter()
        self.lines_of: dict[str, set[str]] = defaultdict(set)
        self.orders: dict[str, list[str]] = defaultdict(list)
        """The requests of each contact in the order in which their texts were accepted; contacts are hashes."""
        self.callbacks: Counter[str] = Counter()
        self.posts_of: Counter[str] = Counter()
        self._overlapping: set[str] = set()
        self._in_flight: Counter[str] = Counter()
        self._run, self._gap, self._tolerance = run, gap_s, tolerance_s
        self._paces: dict[str, Pace] = {}
        self._journal = Journal(path) if path else None

    def begin(self, line: str, contact: str, request: str, token: str | None, at: float) -> Post:
        """A POST, read whole, is in work until ``end``."""
        post = Post(self._run, self.posts, at, line, contact, request, token, self._in_flight[contact])
        self._in_flight[contact] += 1
        self.arrived(post)
        return post

    def arrived(self, post: Post) -> None:
        """Count a POST."""
        self.posts += 1
        self.mismatched_tokens += post.token is not None and post.token != post.request
        if post.others:
            self.overlapping_pairs += post.others
            self._overlapping.add(post.contact)
        if post.line:
            self.posts_of[post.line] += 1
            if post.line not in self._paces:
                self._paces[post.line] = Pace(self._gap, self._tolerance)
            self._paces[post.line](post.at)

    def unreadable(self, at: float) -> Post:
        """A POST whose body says nothing."""
        post = Post(self._run, self.posts, at, fault="unreadable")
        self.arrived(post)
        self.judged(post)
        return post

    def judged(self, post: Post) -> None:
        """Count what became of it."""
        self.declined += post.declined
        if post.handle is None or post.declined:
            self.refused += post.handle is None
            return
        self.texts[post.request] += 1
        self.lines_of[post.contact].add(post.line)
        self.orders[post.contact].append(post.request)

    async def kept(self, post: Post) -> None:
        """Return when the judged POST is on disk, if there is a file."""
        if self._journal is not None:
            await self._journal.append(msgspec.json.encode(post) + b"\n")

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._journal is not None:
            self._journal.close()

    def end(self, post: Post) -> None:
        """It is answered, or cut off."""
        self._in_flight[post.contact] -= 1
        if not self._in_flight[post.contact]:
            del self._in_flight[post.contact]

    def totals(self) -> dict[str, Any]:
        """Everything as plain numbers."""
        paces = self._paces.values()
        return {
            "posts": self.posts,
            "texts": sum(self.texts.values()),
            "requests": len(self.texts),
            "duplicate_texts": sum(self.texts.values()) - len(self.texts),
            "declined": self.declined,
            "refused": self.refused,
            "over_limit_seconds": sum(pace.over for pace in paces),
            "gaps_below": sum(pace.below for pace in paces),
            "smallest_gap_s": min((p.smallest for p in paces if p.smallest is not None), default=None),
            "gap_s": self._gap,
            "tolerance_s": self._tolerance,
            "contacts_two_lines": sum(len(lines) > 1 for lines in self.lines_of.values()),
            "overlapping_contacts": len(self._overlapping),
            "overlapping_pairs": self.overlapping_pairs,
            "mismatched_tokens": self.mismatched_tokens,
            "callbacks": dict(self.callbacks),
        }


def read_record(path: Path, gap_s: float = 0.0, tolerance_s: float = 0.0) -> Record:
    """The record of a file; a line that was cut off by a crash is left out. Callbacks are not in it."""
    posts = list(_posts(path.read_bytes().splitlines()))
    record = Record(None, gap_s, tolerance_s)
    for post in sorted(posts, key=lambda post: (post.run, post.n)):
        record.arrived(post)
    for post in posts:
        record.judged(post)
    return record


def _posts(lines: Iterable[bytes]) -> Iterable[Post]:
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=Post)
        except msgspec.DecodeError:
            continue
