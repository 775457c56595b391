"""What events show of texts and media: all of it, hashes, or nothing."""

from dataclasses import asdict, replace

import pytest

from connector.core.callbacks import Report
from connector.core.events import (
    ContentPolicy,
    parked_event,
    status_event,
    with_content_policy,
)
from tests.core.event_examples import (
    ATTEMPT,
    CLAIM,
    DISPATCH,
    IN_ORDER,
    KEY,
    NOW,
    REPORT,
)

SECRET = replace(REPORT, media_url="https://cdn.example.com/a.png", extras={"app_card": '{"text":"Hello"}'})


def test_full_content_is_the_event_itself() -> None:
    """Nothing is taken out, and an event without a report has nothing to take out."""
    event = status_event(SECRET, CLAIM, IN_ORDER, NOW)
    parked = parked_event(DISPATCH, ATTEMPT, "TIMEOUT", "r", NOW)

    assert with_content_policy(event, ContentPolicy.FULL, KEY) is event
    assert with_content_policy(parked, ContentPolicy.OMIT, KEY) is parked


@pytest.mark.parametrize("policy", [ContentPolicy.HASH, ContentPolicy.OMIT])
def test_content_is_hidden_and_nothing_else(policy: ContentPolicy) -> None:
    """Text, media URL and extras go; the id, the numbers and the status stay."""
    event = status_event(replace(SECRET, number="+12025550123"), CLAIM, IN_ORDER, NOW)
    hidden = with_content_policy(event, policy, KEY)
    assert hidden.report is not None

    assert "Hello" not in str(asdict(hidden.report))
    assert "cdn.example.com" not in str(asdict(hidden.report))
    assert replace(hidden, report=event.report) == event
    assert hidden.report.number == "+12025550123"


def test_hashes_show_repeats_and_omission_shows_nothing() -> None:
    """Under hash, equal texts are equal and others are not; under omit nothing is left to compare."""
    events = [status_event(replace(SECRET, content=text), CLAIM, IN_ORDER, NOW) for text in ("a", "a", "b")]
    hashed = [with_content_policy(event, ContentPolicy.HASH, KEY).report for event in events]
    omitted = with_content_policy(events[0], ContentPolicy.OMIT, KEY).report

    assert hashed[0] == hashed[1] != hashed[2]
    assert hashed[0] is not None
    assert set(hashed[0].extras) == {"app_card"}
    assert omitted is not None
    assert (omitted.content, omitted.media_url, omitted.extras) == (None, None, {})


def test_absent_content_stays_absent() -> None:
    """There is no hash of nothing."""
    event = status_event(Report("SENT"), CLAIM, IN_ORDER, NOW)

    assert with_content_policy(event, ContentPolicy.HASH, KEY) == event
