"""A new contact with a text in both lanes of its line, in virtual time: one turn at a time asks for it."""

import asyncio

import pytest

from connector.core.messages import Priority
from connector.core.own_limits import Limits
from connector.core.records import Intent, LedgerRecord
from tests.delay_stage import DelayStage
from tests.new_contacts_stage import LIMIT, NEW, left, told
from tests.sender_stage import LINES, Log, Stage
from tests.virtual_time import run

A, _ = LINES


class ReadFirst(Log):
    """A ledger whose records are read before they are acknowledged."""

    async def append(self, record: LedgerRecord) -> None:
        await super().append(record)
        await asyncio.sleep(0.05)


def test_a_new_contact_in_both_lanes_is_refused_once() -> None:
    """Sendblue's refusal of one is a refusal of the other: no second call within its window, in whichever lane."""

    async def story() -> None:
        refused = LIMIT["LINE_HOURLY_LIMIT_REACHED"]
        stage = Stage(ReadFirst(), replies={"A": 2}, in_flight=2, answer_for=lambda _: refused)
        stage.sender.assigned([0, 2])
        stage.give(0, "reply", NEW, partition=2, priority=Priority.REPLY)
        await stage.until(lambda: bool(stage.posts))
        stage.give(0, "text", NEW)
        await stage.until(lambda: stage.mono() > 50)

        assert [request for _, request, _ in stage.posts] == ["reply"]

    run(story())


@pytest.mark.parametrize("room", [0, 9])
def test_a_new_contact_is_asked_for_by_one_lane_at_a_time(room: int) -> None:
    """The ledger is slow to show who asks. The other lane does not ask in its stead, full as the line may be by now."""

    async def story() -> None:
        stage = Stage(replies={"A": 2}, in_flight=2)
        stage.log.delay_s = 2.0
        told(stage, {A: left(1, 30)})
        stage.sender.assigned([0, 2])
        stage.give(0, "reply", NEW, partition=2, priority=Priority.REPLY)
        await stage.until(lambda: stage.mono() > 1)
        told(stage, {A: left(room, 30)})
        stage.give(0, "text", NEW)
        await stage.until(lambda: len(stage.ends) == 2, within_s=60)
        asked = [record.request_id for record in stage.log.records if isinstance(record, Intent)]

        assert asked == ["reply", "text"]

    run(story())


def test_a_reply_to_somebody_new_is_the_first_for_whom_there_is_room() -> None:
    """The line has texted its hour's new contacts, and a campaign to others waits for the next hour: the code, which
    came last, goes first, in the moment in which there is room.
    """

    async def story() -> None:
        stage = DelayStage(replies={"A": 2}, gap_s=0.1, limits={"A": Limits(per_hour=5)})
        stage.sender.assigned([0, 2])
        for n in range(25):
            stage.request(f"text-{n}", f"+120255501{n:02}")
        await stage.until(lambda: stage.mono() > 60)
        stage.request("code", "+13035550142", priority=Priority.REPLY)
        await stage.until(lambda: len(stage.posts) >= 6, within_s=7_200)

        assert stage.posts[5][1] == "code"
        assert stage.posts[5][0] < 3_602

    run(story())


def test_whoever_waits_for_a_new_contacts_first_text_goes_on_at_its_end() -> None:
    """Known by then, it waits for no look of its own: one gap later it is written."""

    async def story() -> None:
        stage = Stage(ReadFirst(), replies={"A": 2}, in_flight=2, gap_s=0.1)
        told(stage, {A: left(1, 30)})
        stage.sender.assigned([0, 2])
        stage.give(0, "text", NEW)
        stage.give(0, "reply", NEW, partition=2, priority=Priority.REPLY)
        await stage.until(lambda: len(stage.ends) == 2)
        (first, *_), (second, *_) = stage.posts

        assert second - first < 0.3

    run(story())
