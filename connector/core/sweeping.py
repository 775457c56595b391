"""The sweep: how Sendblue's message list is read on from where the last reading ended, and how much of it again.

The list is asked for by ``updatedAt``, in rising order. It lags, and its rows share milliseconds, so each sweep begins
SLACK_MS before the newest row ever seen; how far our clock is off does not matter, since that place is Sendblue's time.
A place that stays behind (nobody sends) is drawn after Sendblue's clock, else one burst would be read every minute.

Within a sweep the next page begins at the last row's time, not behind so many rows: rows that change meanwhile move to
the end, and everything behind them would move up unseen. Only where a page does not get further in time (all of one
moment, no order, a filter that Sendblue ignored) rows are counted off, up to MOST_OFFSET.

Rows of the last moments are left to the next sweep (GRACE_MS): their callbacks are on the way.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

SLACK_MS = 120_000
"""Twice the minute that the list lags behind, by Sendblue's own word."""
GRACE_MS = 30_000
"""A callback that is not lost is here within that time; the sweep would publish the same event beside it."""
LONGEST_BEHIND_MS = 15 * 60_000
"""The place is never further behind Sendblue's clock: what a list that lags more does not show is looked up."""
MOST_OFFSET = 10_000
"""Sendblue's own tool reads no further by counting rows."""


class Page(NamedTuple):
    """A page as the walk sees it: its rows' times of change in order, how many rows came, whether there are more."""

    updated_ms: tuple[int, ...]
    listed: int
    more: bool


class Walk(NamedTuple):
    """One sweep under way: the next question, and the newest time of change seen. All times are Sendblue's."""

    since_ms: int
    newest_ms: int
    offset: int = 0
    ended: bool = False

    def after(self, page: Page, now_ms: int) -> "Walk":
        """After the page was read at ``now_ms`` by Sendblue's clock; a row from the future moves nothing."""
        times = [at for at in page.updated_ms if at <= now_ms]
        newest_ms = max((self.newest_ms, *times))
        last_ms = max(times, default=self.since_ms)
        if not page.more or not page.listed or self.offset + page.listed >= MOST_OFFSET:
            return self._replace(newest_ms=newest_ms, ended=True)
        if last_ms > self.since_ms and _rising(page.updated_ms):
            return Walk(last_ms, newest_ms)
        return self._replace(newest_ms=newest_ms, offset=self.offset + page.listed)


def begin(place_ms: int) -> Walk:
    """A sweep from a place, which is the newest time of change seen so far."""
    return Walk(place_ms - SLACK_MS, place_ms)


def place_after(walk: Walk, now_ms: int) -> int:
    """Where the next sweep begins, after one that was ended at ``now_ms`` by Sendblue's clock."""
    return max(walk.newest_ms, now_ms - LONGEST_BEHIND_MS)


def _rising(times: Iterable[int]) -> bool:
    return all(a <= b for a, b in pairwise(times))
