"""What rows of the message list prove, and what they do not."""

from dataclasses import replace

import pytest

from connector.core.callbacks import Report
from connector.core.proofs import (
    BEFORE_MS,
    EFFECT_WITHIN_MS,
    Absent,
    Ambiguous,
    Candidate,
    Listing,
    Proof,
    Proved,
    Text,
    judge,
    since_ms,
)

T = 1_700_000_000_000
NUMBER, LINE = "+12025550123", "+13035550100"
TEXT = Text(NUMBER, LINE, "Your code is 7", None)
MINE = Candidate("a1", T)


OURS = Report("SENT", "h1", content=TEXT.content, is_outbound=True, number=NUMBER, from_number=LINE)


def row(handle: str = "h1", after_ms: int | None = 200) -> Report:
    """A row that looks like ours, made so long after the grant."""
    return replace(OURS, message_handle=handle, date_sent_ms=None if after_ms is None else T + after_ms)


def but(changes: dict[str, object]) -> Report:
    """Our row with these fields changed."""
    return replace(row(), **changes)  # type: ignore[arg-type]  # fields by name


def says(
    *rows: Report,
    candidates: tuple[Candidate, ...] = (MINE,),
    text: Text = TEXT,
    claimed: frozenset[str] | set[str] = frozenset(),
    **more: object,
) -> Proof:
    """What these rows say of the attempt a1."""
    listing = Listing(rows, **{"ahead_ms": 0, **more})  # type: ignore[arg-type]  # fields by name
    return judge("a1", candidates, text, listing, claimed)


def test_one_row_like_ours_proves_the_one_attempt() -> None:
    """Recipient, line, text and time are ours, and nobody else can have made it."""
    assert says(row()) == Proved("h1")


@pytest.mark.parametrize(
    "changes",
    [
        {"content": f"{TEXT.content}\n- Sent using sendblue.co"},
        {"from_number": None, "sendblue_number": LINE},
        {"number": None, "to_number": NUMBER},
        {"status": "ERROR", "error_code": "10001"},
        {"is_outbound": None},
    ],
    ids=["plan suffix", "line in the other field", "number in the other field", "failed later", "direction not told"],
)
def test_what_sendblue_changes_about_a_row_does_not_matter(changes: dict[str, object]) -> None:
    """The plan's suffix, the field a number is in and the message's later fate are not ours to judge."""
    assert says(but(changes)) == Proved("h1")


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "+12025550199"},
        {"is_outbound": False},
        {"content": "Something else", "from_number": "+13035550199"},
        {"date_sent_ms": T - BEFORE_MS - 1},
        {"date_sent_ms": T + EFFECT_WITHIN_MS + 1},
    ],
    ids=["another contact", "a reply", "another text from another line", "made before", "made long after"],
)
def test_a_row_that_is_not_ours_is_no_row(changes: dict[str, object]) -> None:
    """It neither proves the attempt nor stands in the way."""
    assert says(but(changes)) == Absent(newer_visible=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"from_number": "+13035550199"},
        {"content": "your  code is 7 "},
        {"content": "Your code is 7, and more"},
        {"media_url": "https://cdn.example.com/a.png"},
        {"message_handle": None},
    ],
    ids=["another line", "other spaces", "a longer text", "a file we did not send", "no handle"],
)
def test_a_row_that_only_resembles_ours_proves_nothing_either_way(changes: dict[str, object]) -> None:
    """It may be ours, changed by Sendblue; so the attempt is neither proved nor absent."""
    assert says(but(changes)) == Ambiguous("NOT_EXACT")


@pytest.mark.parametrize(
    "changes",
    [
        {"content": "Something else"},
        {"content": None},
        {"content": "Your code"},
        {"content": "[redacted]", "from_number": None},
    ],
    ids=["another text", "no text", "cut short", "hidden, and the line too"],
)
def test_absence_is_not_said_beside_a_row_of_our_line_that_nobody_explains(changes: dict[str, object]) -> None:
    """A list that hides or cuts texts would make every attempt look absent, and each would be sent again."""
    assert says(but(changes)) == Ambiguous("UNEXPLAINED")
    assert says(row("h0"), claimed={"h0"}) == Absent(newer_visible=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "DECLINED"},
        {"status": "ERROR", "error_code": "4001"},
        {"status": "ERROR", "error_key": "LINE_HOURLY_LIMIT_REACHED", "error_code": "429"},
        {"status": "ERROR", "error_code": None},
    ],
    ids=["declined", "a rate", "a window", "no code"],
)
def test_a_row_of_a_refusal_proves_nothing(changes: dict[str, object]) -> None:
    """An attempt that Sendblue refused a second before, which the ledger has as unsent, may have made it."""
    assert says(but(changes)) == Ambiguous("REFUSED_ROW")


@pytest.mark.parametrize("changes", [{"group_id": "sb_group_1"}, {"message_type": "group"}])
def test_a_row_of_a_group_is_not_exactly_ours(changes: dict[str, object]) -> None:
    """The same text to a group this contact is in."""
    assert says(but(changes)) == Ambiguous("NOT_EXACT")


@pytest.mark.parametrize("number", ["12025550123", "+1 202 555 0123"])
def test_a_number_is_known_in_any_spelling(number: str) -> None:
    """Else a list that writes numbers another way would make every attempt look absent."""
    assert says(but({"number": number, "to_number": number})) == Proved("h1")


def test_a_handle_proves_one_attempt_only() -> None:
    """The row of a text whose handle the ledger already knows is not looked at again."""
    assert says(row("h0"), claimed={"h0"}) == Absent(newer_visible=False)
    assert says(row("h0"), row("h1", 900), claimed={"h0"}) == Proved("h1")


def test_as_many_rows_as_candidates_prove_each_in_the_order_of_grants() -> None:
    """Two attempts with one text, two rows: the second row belongs to the later grant."""
    pair = (Candidate("a2", T + 60_000), MINE)

    assert says(row("h2", 60_300), row("h1"), candidates=pair) == Proved("h1")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [((row(),), "FEWER_ROWS"), ((row("h1"), row("h2"), row("h3")), "MORE_MATCHES")],
)
def test_another_count_of_rows_than_of_candidates_is_ambiguous(rows: tuple[Report, ...], reason: str) -> None:
    """Nobody can tell whose the one row is, or which of them is a stranger's."""
    pair = (MINE, Candidate("a2", T + 60_000))

    assert says(*rows, candidates=pair) == Ambiguous(reason)


def test_a_second_row_like_ours_is_a_strangers() -> None:
    """One attempt and two rows: somebody else sent the same text."""
    assert says(row("h1"), row("h2", 400)) == Ambiguous("MORE_MATCHES")


def test_candidates_whose_spans_do_not_meet_are_judged_apart() -> None:
    """An attempt parked long ago can no longer make a row beside ours."""
    long_ago = Candidate("a0", T - EFFECT_WITHIN_MS - BEFORE_MS - 1)

    much_later = Candidate("a2", T + EFFECT_WITHIN_MS + BEFORE_MS + 1)

    assert says(row(), candidates=(long_ago, MINE, much_later)) == Proved("h1")
    assert since_ms("a1", (much_later, long_ago, MINE)) == T - BEFORE_MS


def test_spans_that_meet_are_judged_together_from_the_first_grant_on() -> None:
    """The rows of both must be asked for."""
    earlier = Candidate("a0", T - 60_000)

    assert since_ms("a1", (MINE, earlier)) == T - 60_000 - BEFORE_MS
    assert says(row(), candidates=(earlier, MINE)) == Ambiguous("FEWER_ROWS")


def test_a_row_out_of_its_attempts_own_span_proves_nothing() -> None:
    """Two rows, but both made after the first attempt's effect could come."""
    earlier = Candidate("a0", T - EFFECT_WITHIN_MS)
    rows = (row("h1", BEFORE_MS), row("h2", 2 * BEFORE_MS))

    assert says(*rows, candidates=(earlier, MINE)) == Ambiguous("OUT_OF_SPAN")


def test_an_attempt_with_another_body_makes_a_row_ambiguous() -> None:
    """Bodies differ by their style too, which a row does not show."""
    other = Candidate("a2", T + 1_000, same_body=False)

    assert says(row(), candidates=(MINE, other)) == Ambiguous("ANOTHER_ATTEMPT")
    assert says(candidates=(MINE, other)) == Absent(newer_visible=False)


def test_an_incomplete_list_proves_nothing() -> None:
    """The rows that were not read may be like ours too."""
    assert says(row(), complete=False) == Ambiguous("MORE_ROWS")
    assert says(complete=False) == Ambiguous("MORE_ROWS")


def test_a_row_without_a_time_cannot_be_assigned() -> None:
    """It cannot be ruled out, and not be ours for sure."""
    assert says(row(after_ms=None)) == Ambiguous("NO_TIME")


def test_sendblues_clock_is_brought_to_ours() -> None:
    """An hour ahead: the row of our text is an hour ahead too."""
    hour = 3_600_000

    assert says(row(after_ms=hour + 200), ahead_ms=hour) == Proved("h1")
    assert says(row(after_ms=200), ahead_ms=hour) == Absent(newer_visible=False)


def test_absence_counts_only_when_something_later_was_visible() -> None:
    """The list lags; only a message made after ours could have come shows how far it has got."""
    just_late = T + EFFECT_WITHIN_MS

    assert says(newest_ms=just_late) == Absent(newer_visible=False)
    assert says(newest_ms=just_late + 1) == Absent(newer_visible=True)
    assert says(newest_ms=just_late + 1, ahead_ms=1) == Absent(newer_visible=False)


MEDIA = Text(NUMBER, LINE, None, "https://cdn.example.com/Cat.png")


@pytest.mark.parametrize(
    ("url", "content", "expected"),
    [
        ("https://cdn.example.com/Cat.png", None, Proved("h1")),
        ("https://storage.example.com/x/Cat.png", None, Ambiguous("NOT_EXACT")),
        (None, None, Ambiguous("NOT_EXACT")),
        (None, "hello", Ambiguous("UNEXPLAINED")),
    ],
    ids=["the same file", "kept elsewhere", "file left out", "a text"],
)
def test_a_file_without_a_text_is_known_by_its_address(url: str | None, content: str | None, expected: Proof) -> None:
    """A row without text and with another file may be ours: Sendblue keeps files where it likes."""
    assert says(but({"media_url": url, "content": content}), text=MEDIA) == expected
