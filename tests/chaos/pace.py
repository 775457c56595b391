"""The pace of a line, as far as arrivals tell it.

The gap of a line is kept between writes; what is seen is arrivals, and a busy machine makes one POST late and not the
next. How late is known: the simulator says when the kernel had a POST, and the proxy before it from when to when it
held bytes up. So a gap counts from the moment at which the first POST had arrived at the proxy, and POSTs follow each
other as they arrived there: one that was held for a minute comes among others that were written long after it. What is
left is the tick of the kernel's clock, on both sides: TOLERANCE_S.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.chaos.evidence import Jams, Post

TOLERANCE_S = 0.025
NEAR_S = 0.015
"""A POST arrives within this time of the moment at which the proxy let it go."""


def too_close(posts: Sequence[Post], asked: float, jams: Jams = ()) -> Iterator[str]:
    """Every POST that was closer to the one before on its line than the gap asked for, less the tolerance."""
    for post, gap in _gaps(posts, jams):
        if gap < asked - TOLERANCE_S:
            yield f"{post.request}: {gap * 1000:.1f} ms after another POST of its line, gap {asked:g} s"


def smallest_gap(posts: Sequence[Post], jams: Jams = ()) -> float | None:
    """Between two POSTs of a line."""
    return min((gap for _, gap in _gaps(posts, jams)), default=None)


def _gaps(posts: Sequence[Post], jams: Jams) -> Iterator[tuple[Post, float]]:
    """Each POST with the time since the one before on its line."""
    by_line, ends = defaultdict[str, list[tuple[float, Post]]](list), ends_of(jams)
    for post in posts:
        by_line[post.line].append((begun(post.at, ends), post))
    for of_line in by_line.values():
        for (at, _), (_, other) in pairwise(sorted(of_line)):
            yield other, other.at - at


def ends_of(jams: Jams) -> list[tuple[float, float]]:
    """Jams by their ends."""
    return sorted((end, begin) for begin, end in jams)


def begun(at: float, ends: Sequence[tuple[float, float]]) -> float:
    """When a POST had arrived at the proxy, that went on at this time."""
    near = ends[bisect_left(ends, (at - NEAR_S, 0.0)) : bisect_left(ends, (at + NEAR_S, 0.0))]
    return min([at, *(begin for _, begin in near)])
