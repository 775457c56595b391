"""Interleavings that broke earlier forms of the rules: those that the holder of a record answers. Numbered as found."""

from connector.core.calls import Answer, Failure
from connector.core.last_look import GiveUp, Grant, before_write
from connector.core.ledger import GRANTED, Duplicate
from connector.core.messages import Dispatch, EventType, SendRequest
from connector.core.outcomes import Scope, Unsent, classify
from connector.core.pacing import write_at
from connector.core.parking import Keep, Reproduce, next_of
from connector.core.records import Resolution
from connector.core.seen import Policy, Seen
from connector.core.standing import Status
from connector.core.steps import Close, Held, NotNow, Owe, ParkIt, Propose, Turn
from connector.core.turns import before_intent
from tests.core.ledger_story import HOUR_MS, Reader, Story, contact_id, intent, origin, park, resolve, submitted, unsent

POLICY = Policy()
C = contact_id("c")


def held(request: str = "r", place: str = "o1") -> Held:
    """A dispatch record of contact c on line A, made at time 0."""
    sent = SendRequest(request, number="+12025550123", content="hello")
    return Held(Dispatch(sent, origin(place), 0, "A"), 0, C, contact_id("b"))


def next_turn(reader: Reader, record: Held, seconds: float) -> Turn:
    """What the holder decides at this time, seeing what this reader has read, as the sender asks it."""
    standing = reader.fold.standing(record.dispatch.request.request_id)
    live = reader.views.attempt(standing.attempt or "") if standing else None
    seen = Seen(
        now_ms=int(seconds * 1000),
        mono=seconds,
        standing=standing,
        bound=reader.views.line_of(C),
        contact_busy=reader.views.busy(C),
        attempt_read_at=live.read_at if live else None,
        attempt_granted_ms=live.granted_ms if live else None,
    )
    return before_intent(record, seen, POLICY)


def last_look(reader: Reader, attempt: str, seconds: float) -> Grant:
    """The grant of request r on line A as its holder sees it just before the write, on the lease of its proposal."""
    return Grant(
        mono=seconds,
        lease_end=seconds + 4.0,
        owned=True,
        still_open=reader.fold.is_open("r", attempt),
        contact_busy=reader.views.busy(C, before=attempt),
        line="A",
        bound=reader.views.line_of(C),
        own_last_write=None,
        gap_s=1.0,
        foreign=reader.views.foreign_grants("A", seconds, 1.0),
    )


def test_05_a_record_is_not_done_while_its_request_is_open() -> None:
    """Granted, killed before the POST; the replay waits, and when the attempt turns out UNSENT it is there to go on."""
    story = Story([Reader("Q")])
    story.at(1, a1 := intent("a1"))
    replayed = next_turn(story.reader, held(), 2)
    story.at(3, unsent(a1, "LATE"))

    assert isinstance(replayed, NotNow)
    assert next_turn(story.reader, held(), 4) == Propose()


def test_06_a_duplicate_of_ones_own_late_attempt_is_not_an_end() -> None:
    """a1's append times out, a2 is proposed; a1 lands first. a2 is refused, a1 is given back, the record goes on."""
    story = Story()
    first, second = story.at(1, a1 := intent("a1")), story.at(1.1, intent("a2"))
    waiting = next_turn(story.reader, held(), 2)
    story.at(3, unsent(a1, "LATE"))

    assert first.verdict is GRANTED
    assert isinstance(second.verdict, Duplicate)
    assert second.verdict.standing.status is Status.OPEN
    assert isinstance(waiting, NotNow)
    assert next_turn(story.reader, held(), 4) == Propose()


def test_12_a_submitted_request_does_not_expire_on_replay() -> None:
    """Killed before the commit, replayed when its time is long over: what is owed is SUBMITTED, as before."""
    story = Story()
    story.at(1, a1 := intent("a1"), submitted(a1))

    turn = next_turn(story.reader, held(), 30 * 3600)

    assert isinstance(turn, Owe)
    assert turn.event is EventType.SUBMITTED
    assert isinstance(next_turn(Reader(), held(), 30 * 3600), Close)


def test_13_two_requests_in_doubt_do_not_wait_for_each_other() -> None:
    """r1 and r2 of one contact are open, their holders dead: each is parked in its time, though the contact is busy."""
    story = Story([Reader("Q")])
    story.at(1, a1 := intent("a1", "r1"), a2 := intent("a2", "r2", "o2"))

    turns = [next_turn(story.reader, held(*names), 700) for names in (("r1", "o1"), ("r2", "o2"))]

    assert story.reader.views.busy(C)
    assert turns == [ParkIt(a1.attempt), ParkIt(a2.attempt)]


def test_18_a_second_try_still_waits_for_the_older_open_grant() -> None:
    """Z's grant is open when Y backs off; Y's second try must not write before Z's lease has ended."""
    story = Story([reader := Reader("Y")])
    story.at(0.0, intent("z1", "z", "o9", contact="z", owner="Z"))
    story.at(0.1, y1 := intent("y1", owner="Y"), unsent(y1, "LATE"))
    story.at(0.3, y2 := intent("y2", owner="Y"))

    assert before_write(last_look(reader, y2.attempt, 0.4)) == GiveUp("LATE")


def test_20_a_submitted_request_is_not_proposed_again() -> None:
    """So no refused INTENT is left behind for a replica whose log begins after the SUBMITTED."""
    story = Story()
    story.at(1, a1 := intent("a1"), submitted(a1))

    for place in ("o1", "o2"):
        assert isinstance(next_turn(story.reader, held(place=place), 2), Owe)


def test_23_nothing_is_owed_before_the_outcome_is_in_the_ledger() -> None:
    """Sendblue said yes, the OUTCOME's append was lost: the record waits for it, SUBMITTED is owed once it is read."""
    story = Story()
    story.at(1, a1 := intent("a1"))
    before = next_turn(story.reader, held(), 30)
    story.at(31, submitted(a1))

    assert isinstance(before, NotNow)
    assert isinstance(next_turn(story.reader, held(), 32), Owe)


def test_25_an_incarnation_does_not_take_its_predecessors_grant_for_its_own() -> None:
    """The same pod comes back: the grant it finds is another owner's, waited for by contact, request and pace."""
    story = Story([again := Reader("pod-0/second")])
    story.at(0.0, intent("a1", owner="pod-0/first"))

    assert isinstance(next_turn(again, held(), 1), NotNow)
    assert again.views.busy(C)
    assert write_at(None, 1.0, again.views.foreign_grants("A", 1.0, 1.0)) == 6.0


def test_28_no_unsent_is_the_messages_fault() -> None:
    """Twenty failed look-ups of Sendblue's name: the line waits each time, the message is as good as new."""
    answer = classify(Answer(failure=Failure.NOT_WRITTEN))
    story = Story()
    for n in range(20):
        story.at(60 * n, tried := intent(f"a{n}"), unsent(tried, "CONNECT"))

    assert isinstance(answer, Unsent)
    assert answer.scope is not Scope.LINE_STOPPED
    assert next_turn(story.reader, held(), 1200) == Propose()


def test_29_a_losing_intent_must_never_survive_its_winner() -> None:
    """What a ledger compacted by request_id would leave behind: a grant that never was. So it is never compacted."""
    story, compacted = Story(), Story()
    story.at(1, a1 := intent("a1"), submitted(a1))
    loser = intent("a2", owner="Q")

    assert isinstance(story.at(2, loser).verdict, Duplicate)
    assert compacted.at(2, loser).verdict is GRANTED


def test_38_a_forgotten_end_is_refused_by_age() -> None:
    """The holder of a record replayed after 80 h knows nothing of its SUBMITTED: it closes, and does not text."""
    story = Story()
    story.at(0, a1 := intent("a1"), submitted(a1))
    story.at(80 * 3600, intent("x", "other", at_ms=80 * HOUR_MS))

    assert isinstance(next_turn(story.reader, held(), 80 * 3600), Close)


def test_34_a_reconciler_that_lags_does_not_take_its_past_for_a_resolution() -> None:
    """a1 UNSENT, a2 parked, but the reconciler has not read that far: to its fold the request is free.

    Would it re-produce the record, the replay were parked again under the same key, and its tombstone took that away.
    """
    story = Story()
    story.at(1, a1 := intent("a1"), unsent(a1, "LATE"))
    fold, a2 = story.reader.fold, intent("a2")

    lagging = next_of(held(), a2.attempt, fold.standing("r"), fold.log_ms, 0.0, parked_ms=700_000)
    story.at(2, a2)
    story.at(699, park(a2), resolve(a2, Resolution.NOT_SENT))
    story.at(701, intent("x", "other"))
    resolved = next_of(held(), a2.attempt, fold.standing("r"), fold.log_ms, 0.0, parked_ms=700_000)

    assert (lagging, resolved) == (Keep(), Reproduce())
