"""The fold's verdicts, one rule at a time."""

import pytest

from connector.core.ledger import EXPIRED, GRANTED, GRANTED_WITHIN_MS, Alarm, Duplicate, Fold, Granted
from connector.core.messages import Disposition
from connector.core.records import Digest, LedgerRecord, Resolution, Rules
from connector.core.standing import Status
from tests.core.ledger_story import (
    HANDLE,
    HOUR_MS,
    Story,
    attempt_id,
    close,
    intent,
    origin,
    park,
    rejected,
    resolve,
    submitted,
    unsent,
)

A1 = intent("a1")
FRESH = intent("a9", place="o9", at_ms=100 * HOUR_MS)
SENT, DROP = Resolution.NOT_SENT, Resolution.DROP

ROADS: dict[str, tuple[list[LedgerRecord], Status]] = {
    "granted": ([A1], Status.OPEN),
    "submitted": ([A1, submitted(A1)], Status.SUBMITTED),
    "submitted of an attempt never seen": ([submitted(A1)], Status.SUBMITTED),
    "unsent": ([A1, unsent(A1)], Status.FREE),
    "rejected": ([A1, rejected(A1)], Status.REJECTED),
    "rejected of an attempt never seen": ([rejected(A1)], Status.REJECTED),
    "parked": ([A1, park(A1)], Status.PARKED),
    "parked, never seen": ([park(A1)], Status.PARKED),
    "parked, then proved": ([A1, park(A1), submitted(A1)], Status.SUBMITTED),
    "parked, then rejected": ([A1, park(A1), rejected(A1)], Status.REJECTED),
    "parked, then unsent": ([A1, park(A1), unsent(A1)], Status.PARKED),
    "parked, not sent": ([A1, park(A1), resolve(A1, SENT)], Status.FREE),
    "parked, dropped": ([A1, park(A1), resolve(A1, DROP)], Status.CLOSED),
    "not sent, never seen": ([resolve(A1, SENT)], Status.FREE),
    "not sent, then dropped, never seen": ([resolve(A1, SENT), resolve(A1, DROP)], Status.FREE),
    "dropped, never seen": ([resolve(A1, DROP)], Status.CLOSED),
    "closed": ([close()], Status.CLOSED),
    "closed after unsent": ([A1, unsent(A1), close()], Status.CLOSED),
    "close of an open request": ([A1, close()], Status.OPEN),
    "close of a submitted request": ([A1, submitted(A1), close()], Status.SUBMITTED),
    "park after unsent": ([A1, unsent(A1), park(A1)], Status.FREE),
    "park of a submitted attempt": ([A1, submitted(A1), park(A1)], Status.SUBMITTED),
    "resolve without park": ([A1, resolve(A1, DROP)], Status.OPEN),
    "outcome of another attempt": ([A1, unsent(intent("a2"))], Status.OPEN),
    "closed, then proved": ([close(), submitted(A1)], Status.SUBMITTED),
}


@pytest.mark.parametrize("road", ROADS)
def test_where_each_road_leads(road: str) -> None:
    """Every way through the table of the module head ends where it says."""
    records, status = ROADS[road]
    story = Story()

    story.at(1, *records)
    standing = story.reader.fold.standing("r")

    assert standing is not None
    assert standing.status is status


@pytest.mark.parametrize("records", [[], [unsent(A1)]])
def test_what_says_nothing_of_an_unknown_request(records: list[LedgerRecord]) -> None:
    """UNSENT of a request the log does not know changes nothing: a parked one it only marks."""
    story = Story()

    story.at(1, *records)

    assert story.reader.fold.standing("r") is None


def test_the_earlier_intent_is_granted() -> None:
    """Log order is the compare-and-set: the first of two INTENTs wins, whoever wrote it."""
    story = Story()

    first, second = story.at(1, A1).verdict, story.at(1, intent("a2", owner="Q")).verdict

    assert first is GRANTED
    assert isinstance(second, Duplicate)
    assert second.standing.attempt == A1.attempt


def test_a_request_that_is_too_old_expires() -> None:
    """An INTENT is EXPIRED when its append is more than 71.5 h after the request's time; exactly that is not."""
    story = Story()

    on_time = story.at(GRANTED_WITHIN_MS / 1000, intent("a1", "young", at_ms=0)).verdict
    late = story.at(GRANTED_WITHIN_MS / 1000 + 0.001, intent("a2", "old", at_ms=0)).verdict

    assert on_time is GRANTED
    assert late is EXPIRED


def test_a_duplicate_tells_a_reused_id() -> None:
    """Another body under a settled id is flagged; the same body is not."""
    story = Story()
    story.at(1, A1, submitted(A1))

    same = story.at(2, intent("a2", place="o2")).verdict
    other = story.at(3, intent("a3", place="o3", body="b2")).verdict

    assert isinstance(same, Duplicate)
    assert isinstance(other, Duplicate)
    assert (same.id_reused, other.id_reused) == (False, True)


@pytest.mark.parametrize("end", [rejected(A1), close()])
def test_only_a_higher_redrive_number_reopens_an_end(end: LedgerRecord) -> None:
    """A rejected or closed request admits an INTENT with a higher redrive number, and no other."""
    story = Story()
    story.at(1, *([A1, end] if end != close() else [end]))

    again = story.at(2, intent("a2", redrive=0)).verdict
    redriven = story.at(3, intent("a3", place="o2", redrive=1)).verdict

    assert isinstance(again, Duplicate)
    assert redriven is GRANTED


def test_the_first_handle_is_kept_and_a_second_text_raises_an_alarm() -> None:
    """SUBMITTED of another attempt changes nothing but is told, once."""
    story = Story()
    story.at(1, A1, park(A1), resolve(A1, SENT), a2 := intent("a2"), submitted(a2, "second"))

    alarms = [story.at(9, submitted(A1, "late")).alarm, story.at(9, submitted(A1, "late")).alarm]
    standing = story.reader.fold.standing("r")

    assert alarms == [Alarm.SECOND_SUBMITTED, None]
    assert standing is not None
    assert standing.detail == "second"
    assert story.reader.fold.is_submitted("r", A1.attempt)


@pytest.mark.parametrize("road", ["unsent", "rejected", "closed", "parked, dropped"])
def test_a_proof_after_a_negative_end_wins_and_raises_an_alarm(road: str) -> None:
    """SUBMITTED is absorbing from every state; after a negative end somebody must hear of it."""
    story = Story()
    story.at(1, *ROADS[road][0])

    step = story.at(2, submitted(A1))

    assert step.alarm is Alarm.SUBMITTED_AFTER_END
    assert step.now is not None
    assert step.now.status is Status.SUBMITTED


def test_unsent_after_park_marks_the_attempt_proved_unsent() -> None:
    """The parked request stays parked, but whoever resolves it need not accept a risk."""
    story = Story()

    step = story.at(1, A1, park(A1), unsent(A1))

    assert step.now is not None
    assert (step.now.status, step.now.proved_unsent) == (Status.PARKED, True)


def test_everything_is_forgotten_72_h_after_the_last_change() -> None:
    """After 72 h and a moment the id is unknown and may be used again."""
    said = []
    for later_s in (72 * 3600, 72 * 3600 + 0.001):
        story = Story()
        story.at(0, A1, submitted(A1))
        said.append(type(story.at(later_s, FRESH).verdict))

    assert said == [Duplicate, Granted]


LEARNED: dict[str, tuple[LedgerRecord, bool]] = {
    "a refused INTENT": (intent("a2", place="o2", at_ms=71 * HOUR_MS), True),
    "one that is too old for anybody": (intent("a2", place="o2", at_ms=-HOUR_MS), False),
    "REJECTED of another attempt": (rejected(intent("a2")), False),
    "UNSENT of another attempt": (unsent(intent("a2")), False),
    "PARK": (park(intent("a2")), False),
    "drop": (resolve(intent("a2"), Resolution.DROP), False),
    "not sent": (resolve(intent("a2"), Resolution.NOT_SENT), False),
    "CLOSE": (close(), False),
}


@pytest.mark.parametrize("told", LEARNED)
def test_a_refused_intent_alone_keeps_what_is_settled(told: str) -> None:
    """It changes nothing else: whoever begins to read there takes it for granted, and both forget it together."""
    record, kept = LEARNED[told]
    story = Story()
    story.at(0, A1, submitted(A1))
    step = story.at(71 * 3600, record)

    later = story.at(142 * 3600, FRESH).verdict

    assert step.was is step.now
    assert isinstance(later, Duplicate) == kept


def test_a_refused_intent_keeps_nothing_that_is_in_doubt() -> None:
    """Open or parked it has no longer to live, and is dropped at its 71st hour all the same."""
    story = Story()
    story.at(0, intent("a1"), a2 := intent("a2", "r2"), park(a2))
    story.at(71 * 3600, intent("a3", at_ms=71 * HOUR_MS), intent("a4", "r2", at_ms=71 * HOUR_MS))

    seen = [standing.changed_ms for r in ("r", "r2") if (standing := story.reader.fold.standing(r)) is not None]

    assert seen == [0, 0]


def test_what_was_never_settled_is_known_for_longer() -> None:
    """48 h beyond memory, for no verdict: nobody may say then that it was not sent."""
    story = Story()
    story.at(0, A1, park(A1), gone := intent("a2", "gone"), submitted(gone))
    fold, seen = story.reader.fold, []
    for hours in (72, 73, 120, 121):
        story.at(hours * 3600, close(f"another after {hours} h"))
        seen.append((fold.standing("r") is None, fold.was_in_doubt("r"), fold.was_in_doubt("gone")))

    assert seen == [(False, False, False), (True, True, False), (True, True, False), (True, False, False)]
    assert story.at(122 * 3600, FRESH).verdict is GRANTED


@pytest.mark.parametrize("road", [name for name, (_, status) in ROADS.items() if status is not Status.FREE])
def test_a_settled_standing_survives_its_packing(road: str) -> None:
    """What the fold remembers of a request is what was said of it: attempt, origin, line, code or handle."""
    story = Story()
    step = story.at(1, *ROADS[road][0])

    assert story.reader.fold.standing("r") == step.now


def test_a_handle_that_is_no_uuid_is_kept_as_it_is() -> None:
    """Handles are opaque: upper case, other shapes and long ones come back as they came (up to 255 bytes)."""
    for handle in ("msg_1", HANDLE.upper(), HANDLE.replace("-", ""), "h" * 255):
        story = Story()
        story.at(1, A1, submitted(A1, handle))
        standing = story.reader.fold.standing("r")

        assert standing is not None
        assert standing.detail == handle


def test_unknown_rules_stop_the_sending() -> None:
    """A fold that meets a version of the rules it does not know says so, for good."""
    fold = Fold()
    fold.apply(1, Rules(1))
    assert fold.rules_known

    fold.apply(2, Rules(2))
    fold.apply(3, Rules(1))

    assert not fold.rules_known


def test_a_digest_tells_the_rules_when_their_record_is_gone() -> None:
    """RULES leaves the log after five days; a replica begun later hears of them from the next DIGEST."""
    fold = Fold()
    fold.apply(1, Digest(-1, 0, 7, "P", version=1))
    before = fold.unknown_rules
    fold.apply(2, Digest(0, 5, 7, "P", version=2))

    assert before is None
    assert fold.unknown_rules == 2


def test_a_close_keeps_its_origin_and_disposition() -> None:
    """What a CLOSE said can be published again from the fold alone."""
    story = Story()

    step = story.at(1, close(place="o7", disposition=Disposition.CANCELLED))

    assert step.now is not None
    assert (step.now.origin, step.now.disposition) == (origin("o7"), Disposition.CANCELLED)
    assert step.now.attempt is None
    assert attempt_id("a1") == A1.attempt


@pytest.mark.parametrize("ahead_s", [0, 1, 300])
@pytest.mark.parametrize("back_s", [0, 60])
def test_what_is_forgotten_is_too_old_to_be_granted(ahead_s: int, back_s: int) -> None:
    """Its time may be ahead of the log's, and another leader's clock behind: a replay then must not text it twice."""
    story = Story()
    story.at(0, a1 := intent("a1", at_ms=ahead_s * 1000), submitted(a1))
    story.at(72 * 3600 + 1, intent("b1", "other", "o9", at_ms=72 * HOUR_MS))
    again = story.at(72 * 3600 + 1 - back_s, intent("a2", at_ms=ahead_s * 1000))

    assert again.verdict is EXPIRED
