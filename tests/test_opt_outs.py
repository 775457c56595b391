"""Opt-outs heard and made durable, and what becomes of the requests of who is out, in virtual time."""

import asyncio

import pytest

from connector.core.callbacks import Report
from connector.core.calls import Answer
from connector.core.events import MessageEvent
from connector.core.facts import Fact, OptOutHeard
from connector.core.identities import contact_hash
from connector.core.messages import Dispatch, Disposition, Origin, SendRequest
from connector.core.opt_outs import OptedOut, Source, Word, operators_key
from connector.core.records import Close, Intent, Outcome, Result
from connector.core.steps import Held
from connector.roles.ends import PublishFailed
from connector.roles.opt_outs import MEND_AFTER_S, OptOuts
from tests.delay_stage import DelayStage
from tests.sender_stage import NOW_MS, Stage
from tests.virtual_time import run

KEY = b"k" * 16
NUMBER = "+12025550123"
CONTACT = contact_hash(SendRequest("r", number=NUMBER), KEY)
OUT, BACK = Word(NOW_MS, True, Source.INBOUND), Word(NOW_MS + 1, False, Source.INBOUND)


class Topics:
    """The optouts topic, read by whoever follows it, and the events topic; ``refuse``: so many appends fail."""

    def __init__(self) -> None:
        self.log: list[tuple[bytes, Word]] = []
        self.events: list[MessageEvent] = []
        self.readers: list[OptOuts] = []
        self.refuse = self.refuse_events = 0

    async def opt_out(self, key: bytes, word: Word) -> None:
        if self.refuse:
            self.refuse -= 1
            raise PublishFailed
        self.log.append((key, word))
        for reader in self.readers:
            reader.known.read(key, word)
            reader.read(key)

    async def event(self, event: MessageEvent) -> None:
        if self.refuse_events:
            self.refuse_events -= 1
            raise PublishFailed
        self.events.append(event)


class Ear:
    """One process's ear, which follows the topic."""

    def __init__(self, topics: Topics | None = None, now_ms: int = NOW_MS) -> None:
        self.topics, self.facts = topics or Topics(), list[Fact]()
        self.opt_outs = OptOuts(OptedOut(), self.topics, KEY, lambda: now_ms, self.facts.append)
        self.topics.readers.append(self.opt_outs)


def told(topics: Topics) -> list[tuple[str, str | None, str | None]]:
    return [(str(event.type), event.code, event.number) for event in topics.events]


async def test_a_word_is_durable_and_told_before_the_answer() -> None:
    """The record first, keyed by the contact's hash, then an event that names the number; other texts do nothing."""
    ear = Ear()
    heard = [await ear.opt_outs.heard(NUMBER, text, NOW_MS - 5) for text in ("Hello", None, "Stop.")]
    back = await ear.opt_outs.heard(NUMBER, "START", NOW_MS - 4)

    assert [*heard, back] == [False, False, True, True]
    assert ear.topics.log == [
        (CONTACT, Word(NOW_MS - 5, True, Source.INBOUND)),
        (CONTACT, Word(NOW_MS - 4, False, Source.INBOUND)),
    ]
    assert told(ear.topics) == [("OPT_OUT", "INBOUND", NUMBER), ("OPT_IN", "INBOUND", NUMBER)]
    assert ear.facts == [OptOutHeard("out", "INBOUND"), OptOutHeard("in", "INBOUND")]
    assert not any(event.final for event in ear.topics.events)


async def test_our_own_trouble_is_raised_and_a_repeat_loses_nothing() -> None:
    """Whoever asked answers 503 and is asked again: the event comes then, under one id, and no second record."""
    ear = Ear()
    ear.topics.refuse = ear.topics.refuse_events = 1
    for _ in range(2):
        with pytest.raises(PublishFailed):
            await ear.opt_outs.heard(NUMBER, "STOP", NOW_MS)
    await ear.opt_outs.heard(NUMBER, "STOP", NOW_MS)
    await ear.opt_outs.heard(NUMBER, "STOP", NOW_MS)

    assert ear.topics.log == [(CONTACT, OUT)]
    assert len(ear.topics.events) == 2
    assert len({event.event_id for event in ear.topics.events}) == 1


async def test_a_stop_told_late_does_not_undo_a_later_start() -> None:
    """By the time it was said, not by the time it came in; nothing is written, nothing told."""
    ear = Ear()
    await ear.opt_outs.heard(NUMBER, "START", NOW_MS - 10)
    await ear.opt_outs.heard(NUMBER, "STOP", NOW_MS - 20)

    assert CONTACT not in ear.opt_outs.known
    assert told(ear.topics) == [("OPT_IN", "INBOUND", NUMBER)]


async def test_of_two_words_the_later_counts_though_a_clock_of_ours_is_slow() -> None:
    """STOP heard by one with a good clock, START a moment later by one that is two seconds behind."""
    topics = Topics()
    good, slow = Ear(topics), Ear(topics, NOW_MS - 2_000)
    await good.opt_outs.heard(NUMBER, "STOP", NOW_MS)
    await slow.opt_outs.heard(NUMBER, "START", NOW_MS + 500)

    assert [CONTACT in ear.opt_outs.known for ear in (good, slow)] == [False, False]


async def test_sendblue_is_told_how_a_person_stands_now() -> None:
    """Not of a word that came late, nor of a START that an operator's word outlasts."""
    ear, told_ = Ear(), list[tuple[str, bool]]()
    ear.opt_outs.write_through = lambda number, out: told_.append((number, out))
    await ear.opt_outs.heard(NUMBER, "START", NOW_MS - 10)
    await ear.opt_outs.heard(NUMBER, "STOP", NOW_MS - 20)
    ear.opt_outs.known.read(operators_key(CONTACT), OUT._replace(source=Source.OPERATOR))
    await ear.opt_outs.heard(NUMBER, "START", NOW_MS)

    assert told_ == [(NUMBER, False), (NUMBER, True)]


async def test_a_time_to_come_is_now() -> None:
    """Else a date of the year 3000 would outlast every START until then."""
    ear = Ear()
    await ear.opt_outs.heard(NUMBER, "STOP", NOW_MS * 20)
    await ear.opt_outs.heard(NUMBER, "STOP", -5)

    assert ear.topics.log == [(CONTACT, OUT)]


async def test_a_status_that_says_so_is_heard_once() -> None:
    """Every status of a message says it again."""
    ear = Ear()
    for after_ms in (1, 2):
        await ear.opt_outs.told(
            Report("SENT", "h", number=NUMBER, opted_out=True, date_updated_ms=NOW_MS - 9 + after_ms)
        )
    await ear.opt_outs.told(Report("SENT", "h", number="+12025550124", opted_out=False))

    assert ear.topics.log == [(CONTACT, Word(NOW_MS - 8, True, Source.CALLBACK))]
    assert told(ear.topics) == [("OPT_OUT", "CALLBACK", NUMBER)]


def held(**who: object) -> Held:
    request = SendRequest("r1", content="hello", **who)  # type: ignore[arg-type]  # the recipient's field
    return Held(Dispatch(request, Origin("requests", 0, 0), NOW_MS, "A"), NOW_MS, contact_hash(request, KEY), b"b" * 8)


def test_a_refusal_is_written_until_kafka_takes_it() -> None:
    """In the background; of a group it says nothing, for nobody knows who it was."""

    async def story() -> None:
        ear = Ear()
        ear.topics.refuse = 3
        ear.opt_outs.refused(held(number=NUMBER), NOW_MS - 1)
        ear.opt_outs.refused(held(group_id="g"), NOW_MS - 1)
        await asyncio.sleep(60)

        assert ear.topics.log == [(CONTACT, Word(NOW_MS - 1, True, Source.REFUSAL))]
        assert told(ear.topics) == [("OPT_OUT", "REFUSAL", NUMBER)]

    run(story())


def test_words_that_crossed_are_put_right() -> None:
    """Two ingresses at one moment: START landed before the STOP that it answers, and would be lost to compaction."""

    async def story() -> None:
        topics = Topics()
        one, other = Ear(topics), Ear(topics)
        await topics.opt_out(CONTACT, BACK)
        await topics.opt_out(CONTACT, OUT)
        at_once = [CONTACT in ear.opt_outs.known for ear in (one, other)]
        await asyncio.sleep(MEND_AFTER_S + 1)

        assert at_once == [False, False]
        assert topics.log[2:] in ([(CONTACT, BACK)], [(CONTACT, BACK)] * 2)
        assert dict(topics.log) == {CONTACT: BACK}
        await asyncio.sleep(60)
        assert len(topics.log) <= 4

    run(story())


def test_what_was_behind_before_the_start_is_put_right_too() -> None:
    """The one who should have done it died; what is read at the start is looked at as well."""

    async def story() -> None:
        topics, known = Topics(), OptedOut()
        for word in (BACK, OUT):
            topics.log.append((CONTACT, word))
            known.read(CONTACT, word)
        late = OptOuts(known, topics, KEY, lambda: NOW_MS, lambda _: None)
        late.mend()
        await asyncio.sleep(MEND_AFTER_S + 1)

        assert topics.log[-1] == (CONTACT, BACK)

    run(story())


def closes(stage: Stage) -> list[tuple[str, Disposition, str]]:
    return [(r.request_id, r.disposition, r.code) for r in stage.log.records if isinstance(r, Close)]


def test_who_is_out_is_texted_nothing() -> None:
    """REJECTED through a CLOSE, no INTENT; an operator's word holds alike, and others are texted."""

    async def story() -> None:
        stage = Stage()
        stage.opted_out.read(CONTACT, OUT)
        other = contact_hash(SendRequest("r", number="+12025550124"), KEY)
        stage.opted_out.read(operators_key(other), OUT._replace(source=Source.OPERATOR))
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "r2", number="+12025550124")
        stage.give(2, "r3", number="+12025550125")
        await stage.until(lambda: len(stage.ends) == 3)

        assert stage.ends == [("r1", "REJECTED"), ("r2", "REJECTED"), ("r3", "SUBMITTED")]
        assert closes(stage) == [(r, Disposition.REJECTED, "OPTED_OUT") for r in ("r1", "r2")]
        assert [r.request_id for r in stage.log.records if isinstance(r, Intent)] == ["r3"]

    run(story())


def test_what_waits_ends_when_its_contact_goes_out_and_start_lets_the_next_through() -> None:
    """The word wakes it; nobody waits for its send_at."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        stage.request("r1", send_at_ms=NOW_MS + 50_000)
        await asyncio.sleep(10)
        stage.opted_out.read(CONTACT, OUT)
        stage.sender.wake((CONTACT,))
        await stage.until(lambda: bool(stage.ends), within_s=1)
        stage.opted_out.read(CONTACT, BACK)
        stage.request("r2")
        await stage.until(lambda: len(stage.ends) == 2)

        assert stage.ends == [("r1", "REJECTED"), ("r2", "SUBMITTED")]
        assert [post[1] for post in stage.posts] == ["r2"]

    run(story())


@pytest.mark.parametrize("connects_s", [[], [2.0]])
def test_a_granted_attempt_is_given_up_before_the_socket(connects_s: list[float]) -> None:
    """Out between the grant and the write, or while the connection is made: UNSENT, then REJECTED; nothing texted."""

    async def story() -> None:
        stage = Stage(connects_s=connects_s)
        stage.log.delay_s = 0.5
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await asyncio.sleep(1.2 if connects_s else 0.2)
        stage.opted_out.read(CONTACT, OUT)
        stage.sender.wake((CONTACT,))
        await stage.until(lambda: bool(stage.ends))

        assert stage.posts == []
        assert stage.ends == [("r1", "REJECTED")]
        assert [r.result for r in stage.log.records if isinstance(r, Outcome)] == [Result.UNSENT]
        assert closes(stage) == [("r1", Disposition.REJECTED, "OPTED_OUT")]

    run(story())


SAYS_SO = {"number": NUMBER, "opted_out": True}
REFUSED = Answer(status=400, body={"status": "ERROR", "error_key": "OPTED_OUT"}, is_json=True, date_ms=NOW_MS - 7)
ACCEPTED = Answer(status=202, body={"status": "ERROR", "message_handle": "h", "error_key": "OPTED_OUT"}, is_json=True)
QUEUED = Answer(status=202, body={"status": "QUEUED", "message_handle": "h", **SAYS_SO}, is_json=True)


@pytest.mark.parametrize(
    ("answer", "end", "at_ms"),
    [(REFUSED, "REJECTED", NOW_MS - 7), (ACCEPTED, "SUBMITTED", NOW_MS + 100), (QUEUED, "SUBMITTED", NOW_MS + 100)],
)
def test_sendblues_refusal_is_heard(answer: Answer, end: str, at_ms: int) -> None:
    """As HTTP 400, as an error in a 2xx, or in a good one; by Sendblue's clock where it tells, else ours."""

    async def story() -> None:
        stage = Stage(answers=[answer])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", end)]
        assert [held.contact for held, _ in stage.refusals] == [CONTACT]
        assert abs(stage.refusals[0][1] - at_ms) <= 100

    run(story())
