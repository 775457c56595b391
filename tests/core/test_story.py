"""The story of one request."""

from connector.core.records import LedgerRecord
from connector.core.story import Entry, story
from tests.core.ledger_story import HANDLE, HOUR_MS, close, intent, park, submitted, unsent

A1, A2, OTHER = intent("a1", owner="P"), intent("a2", owner="Q"), intent("x1", "other", "o9")


def test_every_record_with_the_folds_verdict() -> None:
    """Other requests are left out; a refused INTENT says why, a late word that it changed nothing."""
    records: list[LedgerRecord] = [A1, OTHER, A2, unsent(A1), A2, park(A2), submitted(A2), unsent(A2)]
    lines = story([Entry(n, n * 10, record) for n, record in enumerate(records)], "r")

    assert [(line.offset, line.kind, line.verdict, line.then) for line in lines] == [
        (0, "INTENT", "GRANTED", "OPEN"),
        (2, "INTENT", "DUPLICATE(OPEN)", "OPEN"),
        (3, "OUTCOME", "", "FREE"),
        (4, "INTENT", "GRANTED", "OPEN"),
        (5, "PARK", "", "PARKED"),
        (6, "OUTCOME", "", "SUBMITTED"),
        (7, "OUTCOME", "changes nothing", "SUBMITTED"),
    ]
    assert (lines[3].owner, lines[3].said, lines[3].detail, lines[3].via) == ("Q", "", "", "")
    assert (lines[5].said, lines[5].detail, lines[5].via) == ("SUBMITTED", HANDLE, "test")


def test_log_time_moves_with_the_records_of_others() -> None:
    """What is forgotten after 72 h is forgotten here too."""
    records: list[tuple[int, LedgerRecord]] = [
        (0, A1),
        (1, submitted(A1)),
        (73 * HOUR_MS, OTHER),
        (73 * HOUR_MS, close()),
    ]
    lines = story([Entry(n, at_ms, record) for n, (at_ms, record) in enumerate(records)], "r")

    assert [line.then for line in lines] == ["OPEN", "SUBMITTED", "CLOSED"]
