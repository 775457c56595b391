"""What Sendblue's message list proves of an attempt in doubt.

A row carries no trace of the attempt that made it: only recipient, line, text, media and the time of its creation. So a
row proves an attempt only if nothing else can have made it. *Candidates* are all attempts of that contact whose fate
the ledger does not know, ours among them; each can have made a row from a moment before its grant until its effect can
no longer come. Candidates whose spans overlap are judged together: as many rows as candidates, in the order of their
grants, prove every one of them. Fewer rows, more rows, or a row that only resembles ours prove nothing. Nor does a row
of a refusal: an attempt that Sendblue refused a moment before, and the ledger has as unsent, may have made it.

Rows whose handle the ledger already knows for another attempt are left out first, since a handle proves one attempt
only. Times in rows are Sendblue's; its Date header brings them to ours, and ``core.clock_gap`` to the broker's.

What is ugly: a person at Sendblue's dashboard who sends the very same text to the same contact from the same line at
the same moment looks like us. And absence proves nothing by itself: the list lags behind, so ``Absent`` says whether a
newer message of the account was already visible, and whoever wants to send again must ask twice. Nor is anything absent
beside a row of the line that nobody explains: a list that hides or cuts texts would have every attempt sent again.
"""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from connector.core.callbacks import Report
from connector.core.pacing import LONGEST_LEASE_S
from connector.core.statuses import Status

BEFORE_MS = 5_000
"""How much earlier than its grant a row may seem: what is left of the clocks after their differences are taken out."""
EFFECT_WITHIN_MS = int(LONGEST_LEASE_S * 1000) + 360_000
"""The longest lease and call (60 s), and 300 s for what the network still holds: the effect comes no later."""
PLAN_SUFFIXES = ("- Sent using sendblue.co",)
"""What Sendblue itself adds to a text, by plan: the free one adds this."""
FAILED_LATER = frozenset({"5504", "10001", "10002"})
"""Codes of an ERROR that comes after Sendblue has taken a message; with any other one it may have refused it."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a row of ours would show. ``line`` is the number of the line."""

    number: str = field(repr=False)
    line: str = field(repr=False)
    content: str | None = field(repr=False)
    media_url: str | None = field(repr=False)


class Candidate(NamedTuple):
    """An attempt of the contact whose fate is unknown; ``same_body``: it may look like ours in every way."""

    attempt: str
    granted_ms: int
    same_body: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of the contact, outbound, from ``since_ms`` on, as far as they were read.

    ``ahead_ms``: how far Sendblue's clock is ahead of ours; to be judged, of the broker's. ``complete``: no further
    page. ``newest_ms``: creation, by Sendblue's clock, of the newest message of the whole account that was visible;
    None when that was not asked.
    """

    rows: tuple[Report, ...] = field(repr=False)
    ahead_ms: int
    complete: bool = True
    newest_ms: int | None = None


class Proved(NamedTuple):
    """The attempt became this message."""

    handle: str


class Absent(NamedTuple):
    """No row is ours. ``newer_visible``: a message made when ours could no longer be made was visible already."""

    newer_visible: bool


class Ambiguous(NamedTuple):
    """The rows can be read in more than one way. ``reason`` is a code."""

    reason: str


Proof: TypeAlias = Proved | Absent | Ambiguous


def since_ms(mine: str, candidates: Collection[Candidate]) -> int:
    """From when on, by the broker's clock, rows are needed to judge this attempt. ``candidates`` include it."""
    return _together(mine, candidates)[0].granted_ms - BEFORE_MS


def judge(
    mine: str, candidates: Collection[Candidate], text: Text, listing: Listing, claimed: Collection[str]
) -> Proof:
    """What the listing says of the attempt ``mine``, which is one of the candidates.

    ``claimed``: handles that the ledger knows for other attempts of the contact.
    """
    group = _together(mine, candidates)
    rows = [row for row in listing.rows if row.message_handle not in claimed and _in_span(row, group, listing)]
    alike = [row for row in rows if _resembles(row, text)]
    if not listing.complete:
        return Ambiguous("MORE_ROWS")
    if not alike:
        unexplained = any(_may_be_ours(row, text) for row in rows)
        return Ambiguous("UNEXPLAINED") if unexplained else Absent(_newer_visible(group, listing))
    if not all(_is(row, text) and row.message_handle for row in alike):
        return Ambiguous("NOT_EXACT")
    if any(was_refused(row) for row in alike):
        return Ambiguous("REFUSED_ROW")
    if not all(candidate.same_body for candidate in group):
        return Ambiguous("ANOTHER_ATTEMPT")
    if len(alike) != len(group):
        return Ambiguous("FEWER_ROWS" if len(alike) < len(group) else "MORE_MATCHES")
    return _assigned(mine, group, alike, listing)


def _together(mine: str, candidates: Collection[Candidate]) -> Sequence[Candidate]:
    """The candidates, by grant, that are tied to ours by a chain of overlapping spans."""
    run: list[Candidate] = []
    for one in sorted(candidates, key=lambda candidate: candidate.granted_ms):
        if run and one.granted_ms - run[-1].granted_ms > EFFECT_WITHIN_MS + BEFORE_MS:
            if any(candidate.attempt == mine for candidate in run):
                return run
            run = []
        run.append(one)
    return run


def _created(row: Report, listing: Listing) -> int | None:
    """When the row's message was made, by our clock."""
    return None if row.date_sent_ms is None else row.date_sent_ms - listing.ahead_ms


def _within(created: int | None, first: Candidate, last: Candidate) -> bool:
    """A row without a time cannot be ruled out."""
    return created is None or first.granted_ms - BEFORE_MS <= created <= last.granted_ms + EFFECT_WITHIN_MS


def _in_span(row: Report, group: Sequence[Candidate], listing: Listing) -> bool:
    return _within(_created(row, listing), group[0], group[-1])


def _assigned(mine: str, group: Sequence[Candidate], rows: Sequence[Report], listing: Listing) -> Proof:
    if any(row.date_sent_ms is None for row in rows):
        return Ambiguous("NO_TIME")
    ordered = sorted(rows, key=lambda row: (row.date_sent_ms or 0, row.message_handle or ""))
    pairs = list(zip(group, ordered, strict=True))
    if not all(_within(_created(row, listing), one, one) for one, row in pairs):
        return Ambiguous("OUT_OF_SPAN")
    return next(Proved(row.message_handle or "") for one, row in pairs if one.attempt == mine)


def _newer_visible(group: Sequence[Candidate], listing: Listing) -> bool:
    if listing.newest_ms is None:
        return False
    return listing.newest_ms - listing.ahead_ms > group[-1].granted_ms + EFFECT_WITHIN_MS


def _is(row: Report, text: Text) -> bool:
    """The row shows exactly what ours would: this line, this media, this text or the text and what a plan adds."""
    alone = row.group_id is None and row.message_type != "group"
    at_line = _digits(text.line) in _lines(row)
    return alone and at_line and row.media_url == text.media_url and _same_text(row.content or "", text.content or "")


def was_refused(row: Report) -> bool:
    """Whether Sendblue did not take it; of an error that may have come later nobody knows."""
    return row.status == Status.DECLINED or (row.status == Status.ERROR and row.error_code not in FAILED_LATER)


def _same_text(shown: str, sent: str) -> bool:
    if shown == sent:
        return True
    return any(shown.startswith(sent) and shown[len(sent) :].strip() == suffix for suffix in PLAN_SUFFIXES)


def _to_contact(row: Report, text: Text) -> bool:
    number = _digits(text.number)
    return row.is_outbound is not False and number in (_digits(row.number), _digits(row.to_number))


def _may_be_ours(row: Report, text: Text) -> bool:
    """It went to this number from our line, or from nobody says where."""
    lines = _lines(row)
    return _to_contact(row, text) and (not lines or _digits(text.line) in lines)


def _resembles(row: Report, text: Text) -> bool:
    """The row may be ours, whatever Sendblue did to it: it went to this number and is not plainly another text."""
    if not _to_contact(row, text):
        return False
    shown, sent = _plain(row.content), _plain(text.content)
    return shown.startswith(sent) if sent else not shown or row.media_url == text.media_url


def _lines(row: Report) -> set[str]:
    return {_digits(number) for number in (row.from_number, row.sendblue_number) if number}


def _digits(number: str | None) -> str:
    return "".join(filter(str.isdigit, number or ""))


def _plain(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split()).casefold()
