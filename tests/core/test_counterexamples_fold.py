"""Interleavings that broke earlier forms of the rules: those that the fold answers. Numbered as they were found."""

from connector.core.events import duplicate_event
from connector.core.ledger import GRANTED, Alarm, Duplicate
from connector.core.messages import Dispatch, Disposition, EventType, SendRequest
from connector.core.not_free import owed_event
from connector.core.parking import DropNow, Keep, Reproduce, next_of, parked_key
from connector.core.records import Digest, Resolution
from connector.core.standing import Status
from connector.core.steps import Held, Owe
from tests.core.ledger_story import (
    HOUR_MS,
    Reader,
    Story,
    close,
    contact_id,
    intent,
    origin,
    park,
    rebind,
    rejected,
    resolve,
    submitted,
    unsent,
)

SENT, DROP = Resolution.NOT_SENT, Resolution.DROP
A1 = intent("a1")


def held(place: str = "o1", redrive: int = 0) -> Held:
    """The dispatch record of request r in somebody's hands."""
    request = SendRequest("r", number="+12025550123", content="hello")
    dispatch = Dispatch(request, origin(place), 0, "A", redrive=redrive)
    return Held(dispatch, 0, contact_id("c"), contact_id("b"))


def test_01_a_verdict_uses_no_setting() -> None:
    """Two grants on one line 0.3 s apart are both granted in every fold: pace is a view, not a verdict."""
    story = Story([Reader("P"), Reader("Q")])

    verdicts = [story.at(1, A1).verdict, story.at(1.3, intent("a2", "r2", "o2", contact="d")).verdict]

    assert verdicts == [GRANTED, GRANTED]


def test_02_a_verdict_uses_no_binding() -> None:
    """After a REBIND, the replay of a submitted request is a duplicate on either line, never granted anew."""
    story = Story()
    story.at(1, A1, submitted(A1), rebind("c", "B"))

    replay = story.at(2, intent("a2", line="B")).verdict

    assert isinstance(replay, Duplicate)
    assert replay.standing.status is Status.SUBMITTED


def test_03_a_verdict_does_not_depend_on_the_age_of_the_process() -> None:
    """A replica that has read for six days and one that began five days ago agree on an old id."""
    story = Story()
    story.at(0, A1, submitted(A1))
    story.at(24 * 3600, intent("x", "other"))
    late = story.late_reader(2)
    now_ms = 6 * 24 * HOUR_MS

    step = story.at(now_ms / 1000, again := intent("a2", place="o2", at_ms=now_ms))

    assert step.verdict is GRANTED
    assert late.fold.is_open("r", again.attempt)


def test_04_a_late_proof_is_never_thrown_away() -> None:
    """SUBMITTED after UNSENT makes the request submitted, and the retry that was under way is no longer open."""
    story = Story()
    story.at(361, A1, unsent(A1, "LATE"))
    story.at(361.2, retry := intent("a2"))

    step = story.at(361.5, submitted(A1))

    assert step.now is not None
    assert step.now.status is Status.SUBMITTED
    assert not story.reader.fold.is_open("r", retry.attempt)


def test_07_two_attempts_of_one_request_need_two_ids() -> None:
    """A router's replay on two partitions proposes two attempts: exactly one is granted."""
    story = Story()

    verdicts = [story.at(1, intent("a1", line="A")).verdict, story.at(1, intent("a2", line="B")).verdict]

    assert verdicts[0] is GRANTED
    assert isinstance(verdicts[1], Duplicate)


def test_08_a_replay_owes_the_same_end_again() -> None:
    """Killed between REJECTED and its dead letter: the replay of the same origin owes REJECTED, not a duplicate."""
    story = Story()
    standing = story.at(1, A1, rejected(A1)).now

    assert standing is not None
    assert owed_event(standing, same_origin=True) is EventType.REJECTED


def test_11_an_expiry_is_decided_in_the_ledger() -> None:
    """Once a CLOSE is read back, the replay that would still be in time is refused."""
    story = Story()
    story.at(1, close(disposition=Disposition.EXPIRED))

    replay = story.at(2, A1).verdict

    assert isinstance(replay, Duplicate)
    assert replay.standing.disposition is Disposition.EXPIRED


def test_14_a_close_never_ends_an_open_request() -> None:
    """A new owner that says EXPIRED while the old owner's POST is out changes nothing."""
    story = Story()
    story.at(1, A1)

    step = story.at(2, close())

    assert step.was is step.now
    assert story.reader.fold.is_open("r", A1.attempt)


def test_19_an_open_request_is_forgotten_too() -> None:
    """Open or not, 72 h after its last change: a replica whose log begins later agrees."""
    story = Story()
    story.at(20 * 3600, intent("a0", at_ms=20 * HOUR_MS))
    late = story.late_reader(1)

    step = story.at(93 * 3600, a1 := intent("a1", place="o2", at_ms=93 * HOUR_MS))

    assert step.verdict is GRANTED
    assert late.fold.is_open("r", a1.attempt)


def test_21_nobody_stays_parked_past_71_h() -> None:
    """The reconciler drops one hour before the ledger forgets: the RESOLVE still finds its attempt."""
    story = Story()
    story.at(70, A1, park(A1))
    fold = story.reader.fold

    before = next_of(held(), A1.attempt, fold.standing("r"), 70_000 + 71 * HOUR_MS, 0.0)
    after = next_of(held(), A1.attempt, fold.standing("r"), 70_001 + 71 * HOUR_MS, 0.0)
    step = story.at(70 + 71 * 3600 + 1, resolve(A1, DROP))

    assert (before, after) == (Keep(), DropNow())
    assert step.now is not None
    assert step.now.status is Status.CLOSED


def test_24_a_parked_attempt_that_turns_out_unsent_is_marked() -> None:
    """Parked too early by somebody else: its own UNSENT is not lost."""
    story = Story()

    step = story.at(70, A1, park(A1), unsent(A1, "HTTP_429"))

    assert step.now is not None
    assert step.now.proved_unsent


def test_26_duplicates_of_two_origins_have_two_event_ids() -> None:
    """The origin is part of the id, so neither is dropped as a repeat of the other."""
    ids = {duplicate_event(held(place).dispatch, Disposition.SUBMITTED, None, 0).event_id for place in ("o2", "o3")}

    assert len(ids) == 2


def test_27_and_34_parked_records_are_keyed_by_origin_and_attempt() -> None:
    """Two parked requests with one id, or one parked twice, never share a key; so no tombstone hits the wrong one."""
    keys = {
        parked_key(origin("o1"), "a1"),
        parked_key(origin("o2"), "a1"),
        parked_key(origin("o1"), "a2"),
    }

    assert len(keys) == 3


def test_30_a_double_after_resolve_not_sent_is_told() -> None:
    """An operator took the risk and lost: the late proof of the first attempt raises an alarm."""
    story = Story()
    story.at(1, A1, park(A1), resolve(A1, SENT), a2 := intent("a2"), submitted(a2))

    assert story.at(9, submitted(A1)).alarm is Alarm.SECOND_SUBMITTED


def test_31_what_ends_an_attempt_from_before_the_log_counts() -> None:
    """RESOLVE(drop) of an INTENT that one replica never read closes the request in both folds alike."""
    story = Story()
    story.at(0, A1)
    story.at(70, park(A1))
    late = story.late_reader(2)
    story.at(71 * 3600 + 60, resolve(A1, DROP))

    step = story.at(140 * 3600, intent("b", place="o2", at_ms=140 * HOUR_MS))

    assert isinstance(step.verdict, Duplicate)
    assert late.fold.standing("r") is not None
    assert not late.fold.admits("r")


def test_32_unsent_restores_what_was_before_the_intent() -> None:
    """DROPPED in doubt, redriven, UNSENT: dropped again, so a replay without redrive number stays refused."""
    story = Story()
    story.at(0, A1, park(A1), resolve(A1, DROP))
    story.at(80, a2 := intent("a2", redrive=1), unsent(a2))

    replay = story.at(90, intent("a3")).verdict

    assert isinstance(replay, Duplicate)
    assert replay.standing.disposition is Disposition.DROPPED


def test_35_a_parked_record_does_not_wait_for_ever_for_another_attempt() -> None:
    """RESOLVE(not sent), an ex-owner proposes again and dies: after 60 s the record is re-produced."""
    story = Story()
    story.at(0, A1, park(A1), resolve(A1, SENT), intent("a2"))
    standing = story.reader.fold.standing("r")

    assert next_of(held(), A1.attempt, standing, 1, 59.9) == Keep()
    assert next_of(held(), A1.attempt, standing, 1, 60.0) == Reproduce()


def test_35_a_digest_moves_log_time_on_a_quiet_ledger() -> None:
    """Log time is the newest append time of any record, a DIGEST's too."""
    story = Story()
    story.at(0, A1)

    story.at(73 * 3600, Digest(-1, 0, 0, "P"))

    assert story.reader.fold.standing("r") is None


def test_37_a_close_carries_the_redrive_number() -> None:
    """A redriven record expires on a rejected request: its own late INTENT is then refused in every fold."""
    story = Story()
    story.at(0, A1, rejected(A1))
    story.at(10, close(place="o2", redrive=1))

    late = story.at(11, intent("a2", place="o2", redrive=1)).verdict

    assert isinstance(late, Duplicate)
    assert late.standing.disposition is Disposition.EXPIRED


def test_38_a_forgotten_end_may_get_a_second_one() -> None:
    """An offset reset replays a record 72 to 120 h old: it is refused as too old, and nobody is texted."""
    story = Story()
    story.at(0, A1, submitted(A1))

    replay = story.at(80 * 3600, intent("a2", at_ms=0)).verdict

    assert replay is not GRANTED


def test_parked_requests_end_as_the_ledger_says() -> None:
    """Level, not edge: submitted and rejected are owed, free is re-produced, parked is kept."""
    story = Story()
    story.at(0, A1, park(A1))
    kept = next_of(held(), A1.attempt, story.reader.fold.standing("r"), 0, 0.0)
    story.at(1, submitted(A1))
    standing = story.reader.fold.standing("r")

    assert standing is not None
    assert kept == Keep()
    assert next_of(held(), A1.attempt, standing, 0, 0.0) == Owe(standing, EventType.SUBMITTED, False)
    assert next_of(held(), A1.attempt, None, 0, 0.0) == Reproduce()
