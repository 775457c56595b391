"""Who listens to account webhooks: a STOP is durable before its answer, a line that is blocked takes nobody new."""

import pytest

from connector.core.account_webhooks import AccountEvent, InboundMessage
from connector.core.callbacks import Report
from connector.core.line_facts import LineFacts
from connector.roles.ends import PublishFailed
from connector.wiring.hearing import listeners_of
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


async def test_a_stop_in_a_reply_is_durable_before_the_answer() -> None:
    """In a group it is the member who is out; nobody's words are nobody's, and ours are ours."""
    for group_id in (None, "sb_group_1"):
        ear = Ear()
        hears = listeners_of(ear.opt_outs, LineFacts({})).heard
        await hears(text("see you", group_id=group_id))
        await hears(text("STOP", number=None, group_id=group_id))
        await hears(text("STOP", number=OURS, group_id=group_id, is_outbound=True))
        before = len(ear.topics.log)
        await hears(text("Stop", group_id=group_id))

        assert (before, [key for key, _ in ear.topics.log]) == (0, [CONTACT])
        assert CONTACT in ear.opt_outs.known


async def test_a_stop_that_is_not_durable_is_told_again() -> None:
    """The webhook is answered 503, and comes once more."""
    ear = Ear()
    ear.topics.refuse = 1
    hears = listeners_of(ear.opt_outs, LineFacts({})).heard

    with pytest.raises(PublishFailed):
        await hears(text("STOP"))
    await hears(text("STOP"))

    assert [key for key, _ in ear.topics.log] == [CONTACT]


async def test_a_line_that_is_blocked_is_known_at_once() -> None:
    """By its number; of a number that is not ours nothing is known."""
    facts = LineFacts({OURS: "a"})
    blocked = listeners_of(Ear().opt_outs, facts).line_blocked
    before = facts.stopped("a", 0.0, NOW_MS)
    await blocked(AccountEvent("e-1", "line_blocked", None, "+12025550199", None, "{}", NOW_MS, NOW_MS))
    foreign = facts.stopped("a", 0.0, NOW_MS)
    await blocked(AccountEvent("e-2", "line_blocked", "a", OURS, None, "{}", NOW_MS, NOW_MS))

    assert (before, foreign, facts.stopped("a", 0.0, NOW_MS)) == (False, False, True)
