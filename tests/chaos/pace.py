"""The pace of a line, as far as arrivals tell it.

The gap of a line is kept between writes; what is judged here is arrivals, and a busy machine makes one POST late and
not the next. So two may arrive closer than the gap by TOLERANCE_S, never by more than half the gap. Where the first one
was itself late, seen by the two gaps together being long enough, the second may be closer by JAM_S, never by more than
three quarters of the gap: a rule that is broken shows as gaps near 0.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.chaos.evidence import Post

TOLERANCE_S, JAM_S = 0.06, 0.15


def too_close(posts: Sequence[Post], asked: float) -> Iterator[str]:
    """Every POST that arrived closer to another one of its line than the gap asked for, less the tolerance."""
    least, floor = asked - min(TOLERANCE_S, asked / 2), asked - min(JAM_S, asked * 0.75)
    for post, before, gap in _gaps(posts):
        was_late = before + gap >= asked + least
        if gap < (floor if was_late else least):
            yield f"{post.request}: {gap * 1000:.1f} ms after another POST of its line, gap {asked:g} s"


def smallest_gap(posts: Sequence[Post]) -> float | None:
    """Between two POSTs of a line."""
    return min((gap for _, _, gap in _gaps(posts)), default=None)


def _gaps(posts: Sequence[Post]) -> Iterator[tuple[Post, float, float]]:
    """Each POST with the gap before the last one of its line, and its own."""
    by_line: dict[str, list[Post]] = defaultdict(list)
    for post in posts:
        by_line[post.line].append(post)
    for of_line in by_line.values():
        before = float("inf")
        for one, other in pairwise(sorted(of_line, key=lambda post: post.at)):
            yield other, before, (gap := other.at - one.at)
            before = gap
