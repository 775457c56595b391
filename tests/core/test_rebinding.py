"""When an operator may move a contact to another line."""

import pytest

from connector.core.rebinding import in_the_way
from connector.core.records import LedgerRecord, Resolution
from tests.core.ledger_story import HOUR_MS, Story, contact_id, intent, park, rebind, resolve, submitted, unsent

A1 = intent("a1")


@pytest.mark.parametrize(
    ("records", "free", "free_with_parked"),
    [
        ([], True, True),
        ([A1], False, False),
        ([A1, submitted(A1)], True, True),
        ([A1, unsent(A1)], True, True),
        ([A1, park(A1)], False, True),
        ([A1, park(A1), resolve(A1, Resolution.DROP)], True, True),
        ([A1, park(A1), intent("b1", "other")], False, False),
    ],
)
def test_what_is_in_the_way(records: list[LedgerRecord], free: bool, free_with_parked: bool) -> None:
    """Open attempts always, parked ones until they are accepted, settled ones never."""
    story = Story()
    story.at(1, *records)
    views, contact = story.reader.views, contact_id("c")

    assert (in_the_way(views, contact, parked_too=False) is None) is free
    assert (in_the_way(views, contact, parked_too=True) is None) is free_with_parked


def test_a_rebind_moves_the_contact() -> None:
    """Even one bound firmly."""
    story = Story()

    story.at(1, A1, submitted(A1), rebind("c", "B"))

    assert story.reader.views.line_of(contact_id("c")) == "B"


def test_what_the_ledger_has_forgotten_is_not_in_the_way() -> None:
    """An attempt nobody ever settled is gone after 72 h: it is neither in doubt nor parked."""
    story = Story()
    story.at(0, A1)
    story.at(73 * 3600, intent("b1", "other", contact="d", at_ms=73 * HOUR_MS))

    assert in_the_way(story.reader.views, contact_id("c"), parked_too=False) is None
