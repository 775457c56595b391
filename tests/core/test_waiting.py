"""What the list of parked requests shows."""

from connector.core.parking import DROP_AFTER_MS
from connector.core.resolving import how_it_stands
from connector.core.waiting import NO_RECORD, NOT_KNOWN, Parking, waiting
from tests.core.ledger_story import HANDLE, Story, intent, park, submitted, unsent

A1, B1 = intent("a1"), intent("b1", "s", "o2", contact="d")


def test_a_parked_request_with_its_record() -> None:
    """Since when, why, until when, and whether it is proved unsent."""
    story = Story()
    story.at(1, A1, park(A1))
    story.at(2, B1, park(B1), unsent(B1))
    parkings = {A1.attempt: Parking(park(A1), 1000), B1.attempt: Parking(park(B1), 2000)}
    rows = waiting(story.reader.fold, parkings, {A1.attempt: "r", B1.attempt: "s"})

    assert [(r.request_id, r.since_ms, r.proved_unsent) for r in rows] == [("r", 1000, False), ("s", 2000, True)]
    assert [(r.reason, r.line, r.dropped_at_ms, r.note) for r in rows[:1]] == [
        ("IN_DOUBT", "A", 1000 + DROP_AFTER_MS, "")
    ]


def test_a_parked_request_whose_record_is_yet_to_come() -> None:
    """The sender died between the two: the ledger alone knows it."""
    story = Story()
    story.at(1, A1, park(A1))
    rows = waiting(story.reader.fold, {A1.attempt: Parking(park(A1), 1000)}, {})

    assert [(row.request_id, row.note) for row in rows] == [("r", NO_RECORD)]


def test_a_record_that_the_ledger_has_ended_or_forgotten() -> None:
    """The reconciler has yet to take it away, or sends it round."""
    story = Story()
    story.at(1, A1, park(A1), submitted(A1))
    rows = waiting(story.reader.fold, {A1.attempt: Parking(park(A1), 1000)}, {A1.attempt: "r", B1.attempt: "s"})
    ended = story.reader.fold.standing("r")
    assert ended is not None

    assert [("s", NOT_KNOWN), ("r", how_it_stands(ended))] == [(row.request_id, row.note) for row in rows]
    assert HANDLE in rows[1].note
