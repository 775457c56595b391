"""Who listens to account webhooks: a STOP is durable before its answer, a line that is blocked takes nobody new."""

from dataclasses import replace

import pytest

from connector.core.account_webhooks import AccountEvent, InboundMessage, account_event, inbound, outbound
from connector.core.callbacks import Report
from connector.core.line_facts import BLOCKED_MS, LineFacts
from connector.core.opt_outs import Source
from connector.roles.account_webhooks import Listeners
from connector.roles.ends import PublishFailed
from connector.wiring.hearing import Block, listeners_of
from tests.core.webhook_bodies import CAPTURED, GROUP, LINE, LINES, PERSON, STATUS
from tests.sender_stage import NOW_MS
from tests.test_opt_outs import CONTACT, NUMBER, Ear

OURS = "+12025550100"


def text(
    content: str, number: str | None = NUMBER, group_id: str | None = None, is_outbound: bool = False
) -> InboundMessage:
    """What a person wrote."""
    report = Report(
        status="RECEIVED",
        content=content,
        from_number=number,
        group_id=group_id,
        date_sent_ms=NOW_MS,
        is_outbound=is_outbound,
    )
    return InboundMessage("e-1", report, group_id or number, "a", NOW_MS)


async def durable(line: str, at_ms: int) -> None:
    """The control topic takes a block."""


def hearers(ear: Ear, facts: LineFacts | None = None, block: Block = durable) -> Listeners:
    """Those of every process."""
    return listeners_of(ear.opt_outs, facts or LineFacts({}), block)


async def test_a_stop_in_a_reply_is_durable_before_the_answer() -> None:
    """In a group it is the member who is out; nobody's words are nobody's, and ours are ours."""
    for group_id in (None, "sb_group_1"):
        ear = Ear()
        hears = hearers(ear).heard
        await hears(text("see you", group_id=group_id))
        await hears(text("STOP", number=None, group_id=group_id))
        await hears(text("STOP", number=OURS, group_id=group_id, is_outbound=True))
        before = len(ear.topics.log)
        await hears(text("Stop", group_id=group_id))

        assert (before, [key for key, _ in ear.topics.log]) == (0, [CONTACT])
        assert CONTACT in ear.opt_outs.known


@pytest.mark.parametrize(
    ("content", "group_id", "source"),
    [
        ("Arrêt", None, Source.CALLBACK),
        ("STOP", None, Source.INBOUND),
        ("START", None, None),
        ("Arrêt", "sb_group_1", None),
    ],
)
async def test_sendblue_may_say_that_who_writes_has_opted_out(
    content: str, group_id: str | None, source: Source | None
) -> None:
    """It may know more words than we do. The person's own word counts more, and of a group it says nothing of them."""
    ear, message = Ear(), text(content, group_id=group_id)
    await hearers(ear).heard(replace(message, report=replace(message.report, opted_out=True)))
    word = ear.opt_outs.known.word(CONTACT)

    assert (CONTACT in ear.opt_outs.known) == (source is not None)
    assert (word.source if word is not None and word.out else None) is source


async def test_a_stop_that_is_not_durable_is_told_again() -> None:
    """The webhook is answered 503, and comes once more."""
    ear = Ear()
    ear.topics.refuse = 1
    hears = hearers(ear).heard

    with pytest.raises(PublishFailed):
        await hears(text("STOP"))
    await hears(text("STOP"))

    assert [key for key, _ in ear.topics.log] == [CONTACT]


async def test_a_line_that_is_blocked_is_known_at_once() -> None:
    """By its number; of a number that is not ours nothing is known."""
    facts = LineFacts({OURS: "a"})
    blocked = hearers(Ear(), facts).line_blocked
    before = facts.stopped("a", 0.0, NOW_MS)
    await blocked(AccountEvent("e-1", "line_blocked", None, "+12025550199", None, "{}", NOW_MS, NOW_MS))
    foreign = facts.stopped("a", 0.0, NOW_MS)
    await blocked(AccountEvent("e-2", "line_blocked", "a", OURS, None, "{}", NOW_MS, NOW_MS))

    assert (before, foreign, facts.stopped("a", 0.0, NOW_MS)) == (False, False, True)


async def test_a_block_that_is_not_durable_is_told_again() -> None:
    """It holds here at once all the same; each telling is written, a line that is not ours never."""
    facts, written = LineFacts({OURS: "a"}), list[tuple[str, int]]()

    async def block(line: str, at_ms: int) -> None:
        written.append((line, at_ms))
        if len(written) == 1:
            raise PublishFailed

    blocked = hearers(Ear(), facts, block).line_blocked
    ours = AccountEvent("e-1", "line_blocked", "a", OURS, None, "{}", NOW_MS, NOW_MS)
    with pytest.raises(PublishFailed):
        await blocked(ours)
    at_once = facts.stopped("a", 0.0, NOW_MS)
    await blocked(ours)
    await blocked(AccountEvent("e-2", "line_blocked", None, "+12025550199", None, "{}", NOW_MS, NOW_MS))

    assert at_once
    assert written == [("a", NOW_MS)] * 2


async def test_who_is_not_named_is_whose_number_the_message_has() -> None:
    """Not in a group: there it may be that of any member."""
    ears = [Ear(), Ear()]
    for ear, body in zip(ears, (CAPTURED, GROUP), strict=True):
        stop = inbound({**body, "from_number": "", "content": "STOP"}, LINES, NOW_MS)
        await hearers(ear).heard(stop)

    assert PERSON == NUMBER
    assert [CONTACT in ear.opt_outs.known for ear in ears] == [True, False]


async def test_a_stop_is_heard_however_its_number_is_spelled() -> None:
    """Else it opts out a contact that nobody has."""
    for spelled in ("12025550123", "+1 (202) 555-0123"):
        ear = Ear()
        await hearers(ear).heard(text("STOP", number=spelled))

        assert CONTACT in ear.opt_outs.known
        assert [event.number for event in ear.topics.events] == [NUMBER]


async def test_a_line_is_blocked_however_its_number_is_spelled() -> None:
    """The body of this webhook is documented nowhere."""
    facts = LineFacts(LINES)
    event = account_event("line_blocked", {"line": {"phone_number": LINE.lstrip("+")}}, LINES, NOW_MS)
    await hearers(Ear(), facts).line_blocked(event)

    assert facts.stopped("line-1", 0.0, NOW_MS)


async def test_a_status_that_says_so_is_heard_of_an_outbound_too() -> None:
    """It comes before the callback, or instead of it."""
    ear = Ear()
    await hearers(ear).opted(outbound({**STATUS, "opted_out": True}))

    assert CONTACT in ear.opt_outs.known


async def test_a_line_that_is_blocked_at_a_time_to_come_is_blocked_now() -> None:
    """Else it would be for years: a day is how long a block holds that nobody takes back."""
    facts = LineFacts(LINES)
    body = {"sendblue_number": LINE, "timestamp": "2099-01-01T00:00:00Z"}
    event = account_event("line_blocked", body, LINES, NOW_MS)
    await hearers(Ear(), facts).line_blocked(event)

    assert [facts.stopped("line-1", 0.0, NOW_MS + after) for after in (0, BLOCKED_MS + 1)] == [True, False]
