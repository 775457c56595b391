"""What a person may say of a parked attempt."""

import pytest

from connector.core.records import LedgerRecord, Resolution
from connector.core.resolving import (
    OPERATOR,
    Contradicted,
    May,
    Risky,
    Word,
    bad_handle,
    how_it_stands,
    judge,
    record_of,
    took,
)
from connector.core.standing import Status
from tests.core.ledger_story import HANDLE, Story, close, intent, park, rejected, resolve, submitted, unsent

A1, A2 = intent("a1"), intent("a2")
PARKED: list[LedgerRecord] = [A1, park(A1)]


@pytest.mark.parametrize(
    ("records", "sent", "not_sent", "drop"),
    [
        ([], Contradicted, Contradicted, Contradicted),
        ([A1], Contradicted, Contradicted, Contradicted),
        (PARKED, May, Risky, May),
        ([park(A1)], May, Risky, May),
        ([*PARKED, unsent(A1)], May, May, May),
        ([*PARKED, submitted(A1)], Contradicted, Contradicted, Contradicted),
        ([*PARKED, rejected(A1)], Contradicted, Contradicted, Contradicted),
        ([*PARKED, resolve(A1, Resolution.DROP)], Contradicted, Contradicted, Contradicted),
        ([*PARKED, resolve(A1, Resolution.NOT_SENT)], Contradicted, Contradicted, Contradicted),
        ([*PARKED, resolve(A1, Resolution.NOT_SENT), A2, park(A2)], Contradicted, Contradicted, Contradicted),
        ([close()], Contradicted, Contradicted, Contradicted),
    ],
)
def test_24_30_only_what_is_parked_and_not_sent_only_with_proof_or_risk(
    records: list[LedgerRecord], sent: type, not_sent: type, drop: type
) -> None:
    """A settled request keeps its end; an attempt that is not proved unsent is said to be unsent at a risk."""
    story = Story()
    story.at(1, *records)
    standing = story.reader.fold.standing("r")

    assert [sent, not_sent, drop] == [type(judge(standing, A1.attempt, word)) for word in Word]


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([A1], "in flight or in doubt"),
        ([*PARKED, submitted(A1)], HANDLE),
        ([*PARKED, rejected(A1, "4000")], "REJECTED, 4000"),
        ([*PARKED, resolve(A1, Resolution.DROP)], "DROPPED"),
        ([A1, unsent(A1)], "on its way"),
        ([close()], "EXPIRED"),
    ],
)
def test_a_settled_request_says_how(records: list[LedgerRecord], told: str) -> None:
    """The refusal names the end, so that the person need not look for it."""
    story = Story()
    story.at(1, *records)
    standing = story.reader.fold.standing("r")
    assert standing is not None

    assert told in how_it_stands(standing)


@pytest.mark.parametrize(
    ("word", "status"), [(Word.SENT, Status.SUBMITTED), (Word.NOT_SENT, Status.FREE), (Word.DROP, Status.CLOSED)]
)
def test_each_word_takes(word: Word, status: Status) -> None:
    """The record that says it makes the fold show it."""
    story = Story()
    story.at(1, *PARKED)
    before = story.reader.fold.standing("r")
    story.at(2, record_of(park(A1), word, "h-1", "ann"))
    standing = story.reader.fold.standing("r")

    assert not took(before, A1.attempt, word)
    assert took(standing, A1.attempt, word)
    assert standing is not None
    assert standing.status is status


@pytest.mark.parametrize(("word", "counts"), [(Word.SENT, True), (Word.NOT_SENT, False), (Word.DROP, False)])
def test_a_proof_that_came_first_is_told(word: Word, counts: bool) -> None:
    """The text went out: whoever says otherwise a moment later is told that somebody was faster."""
    story = Story()
    story.at(1, *PARKED, submitted(A1), record_of(park(A1), word, "h-1", "ann"))

    assert took(story.reader.fold.standing("r"), A1.attempt, word) is counts


@pytest.mark.parametrize(
    ("handle", "good"),
    [
        (HANDLE, True),
        ("h-1", True),
        ("", False),
        (" ", False),
        ("x" * 256, False),
        ("a\nb", False),
        ("+12025550123", False),
        ("(202) 555-0123", False),
    ],
)
def test_a_handle_is_no_number(handle: str, good: bool) -> None:
    """It goes into the ledger, where no phone number may be."""
    assert (bad_handle(handle) is None) is good


@pytest.mark.parametrize(("name", "good"), [("ann", True), ("ann.b-2", True), ("12025550123", False), ("a b", False)])
def test_an_operator_has_a_name(name: str, good: bool) -> None:
    """It goes into the ledger too."""
    assert (OPERATOR.fullmatch(name) is not None) is good
