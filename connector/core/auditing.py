"""The audit: our lines' messages in Sendblue's list against those that we know to be ours.

Three things should never be found: a SUBMITTED message that an hour later was not in the list (*missing*), a message
from one of our lines that an hour later nobody knows (*foreign*: a person, another program, or a text of ours that the
ledger does not know), and a foreign one with the very text that a message of ours took from the same line to the same
contact within ten minutes (*duplicate*). Two handles of one request are the ledger's to see (SECOND_SUBMITTED).

Only what was made since this instance began is judged, so a take-over finds nothing twice and misses no more than the
hour before it. What is missing is judged by how far the list has got, not by the clock, so an outage finds nothing.

Nothing here is a text or a number: a text is known by 8 bytes, a message by its handle.
"""

from collections import deque
from enum import StrEnum
from typing import NamedTuple

from connector.core.callbacks import Report
from connector.core.handles import short

HOUR_MS = 3_600_000
PATIENCE_MS = HOUR_MS
"""How long a list, or an event, may be late before something is found."""
SAME_TEXT_MS = 600_000
"""Two messages with one text this near to each other may be one text sent twice."""
MOST_WAITING = 20_000
"""Of messages not listed, and of those nobody knows; beyond that the oldest are judged early."""


class Kind(StrEnum):
    """What the audit finds."""

    MISSING = "missing"
    FOREIGN = "foreign"
    DUPLICATE = "duplicate"


class Finding(NamedTuple):
    """One message that is not as it should be."""

    kind: Kind
    handle: str


class _Row(NamedTuple):
    created_ms: int
    text: int


class Audit:
    """Begins to judge what was made from ``since_ms`` on. Times of messages are Sendblue's, give or take a minute."""

    def __init__(self, since_ms: int) -> None:
        self._since_ms = since_ms
        self._unlisted: dict[str, int] = {}
        self._unknown: dict[str, _Row] = {}
        self._ours: dict[int, list[int]] = {}
        self._recent: deque[_Row] = deque()

    def __len__(self) -> int:
        """Messages that wait for the list, or for somebody who knows them."""
        return len(self._unlisted) + len(self._unknown)

    def submitted(self, handle: str, at_ms: int) -> None:
        """The events topic told of a message of ours."""
        if (row := self._unknown.pop(handle, None)) is not None:
            self._listed(row)
        elif at_ms >= self._since_ms:
            self._unlisted.setdefault(handle, at_ms)

    def row(self, handle: str, created_ms: int, text: int, *, ours: bool) -> None:
        """A row of the list from one of our lines."""
        if ours:
            self._unlisted.pop(handle, None)
            self._listed(_Row(created_ms, text))
        elif created_ms >= self._since_ms:
            self._unknown.setdefault(handle, _Row(created_ms, text))

    def findings(self, now_ms: int, listed_ms: int) -> list[Finding]:
        """What is to be told now, once. ``listed_ms``: how far the list has been read."""
        found = [Finding(Kind.MISSING, handle) for handle in _over(self._unlisted, listed_ms - PATIENCE_MS)]
        made = {handle: row.created_ms for handle, row in self._unknown.items()}
        found += [Finding(self._kind(self._unknown[h]), h) for h in _over(made, now_ms - PATIENCE_MS)]
        for kind, handle in found:
            (self._unlisted if kind is Kind.MISSING else self._unknown).pop(handle)
        self._forget(now_ms - PATIENCE_MS - SAME_TEXT_MS)
        return found

    def _listed(self, row: _Row) -> None:
        times = self._ours.setdefault(row.text, [])
        if row.created_ms not in times:
            times.append(row.created_ms)
            self._recent.append(row)

    def _kind(self, row: _Row) -> Kind:
        near = any(abs(row.created_ms - at) <= SAME_TEXT_MS for at in self._ours.get(row.text, ()))
        return Kind.DUPLICATE if near else Kind.FOREIGN

    def _forget(self, before_ms: int) -> None:
        while self._recent and self._recent[0].created_ms < before_ms:
            row = self._recent.popleft()
            times = self._ours[row.text]
            times.remove(row.created_ms)
            if not times:
                del self._ours[row.text]


def text_of(report: Report) -> int:
    """The 8 bytes of who gets which text from which line."""
    line, to = report.sendblue_number or report.from_number, report.to_number or report.number
    return short("\0".join((line or "", to or "", report.group_id or "", report.content or "", report.media_url or "")))


def _over(times: dict[str, int], before_ms: int) -> list[str]:
    """Those older than that; and the oldest of too many."""
    over = [handle for handle, at_ms in times.items() if at_ms < before_ms]
    return over if len(times) - len(over) <= MOST_WAITING else list(times)[: len(times) - MOST_WAITING]
