"""New contacts at a line that has no room for them, in virtual time."""

from dataclasses import replace

import pytest

from connector.core.delays import Delay, Wait
from connector.core.line_facts import Condition, Quota, State, Usage
from connector.core.messages import Origin, SendRequest
from connector.core.new_contacts import MOST_NEAR
from connector.core.own_limits import Limits
from connector.core.records import Outcome, Result
from connector.core.seen import Policy
from connector.core.turns import MAX_HOPS
from connector.roles.surroundings import DispatchRecord
from tests.delay_stage import DelayStage
from tests.new_contacts_stage import KNOWN, LIMIT, NEW, OTHER, A, B, known, left, told
from tests.sender_stage import ACCEPTED, NOW_MS, Stage
from tests.virtual_time import run

EVERY_S = 240.0


@pytest.mark.parametrize("name", LIMIT)
def test_a_cap_on_new_contacts_stops_no_known_one(name: str) -> None:
    """Refused as new: unsent, and that record waits; the line goes on with those it knows."""

    async def story() -> None:
        stage = Stage(answer_for=lambda request: LIMIT[name] if request == "new" else ACCEPTED)
        stage.sender.assigned([0])
        await known(stage)
        stage.give(1, "new", NEW)
        stage.give(2, "old", KNOWN)
        stage.give(3, "newer", OTHER)
        await stage.until(lambda: ("old", "SUBMITTED") in stage.ends)
        await stage.account.close()

        assert [request for _, request, _ in stage.posts] == ["first", "new", "old"]
        assert [r.detail for r in stage.log.records if isinstance(r, Outcome) and r.result is Result.UNSENT] == [name]

    run(story())


def test_whom_sendblue_takes_for_new_waits_too() -> None:
    """It forgets whom nobody wrote to for 30 days, the ledger does not: that contact alone waits, until it may."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        stage.request("first", KNOWN)
        stage.request("other", OTHER)
        await stage.until(lambda: len(stage.ends) == 2)
        stage.answers = [LIMIT["LINE_HOURLY_LIMIT_REACHED"]]
        stage.request("again", KNOWN)
        stage.request("others", OTHER)
        await stage.until(lambda: len(stage.ends) == 4, within_s=900)
        posts = [(at, request) for at, request, _ in stage.posts[2:]]

        assert [request for _, request in posts] == ["again", "others", "again"]
        assert posts[2][0] - posts[0][0] >= EVERY_S

    run(story())


def test_a_group_is_no_new_contact_until_it_was_refused_as_one() -> None:
    """No page says that groups are counted: it goes out while new contacts wait, and waits once it was refused."""

    async def story() -> None:
        stage = Stage(answer_for=lambda _: LIMIT["LINE_HOURLY_LIMIT_REACHED"])
        stage.sender.assigned([0])
        stage.give(0, "new", NEW)
        await stage.until(lambda: stage.mono() > 50)
        stage.give(1, "group", "", group_id="group-1")
        await stage.until(lambda: stage.mono() > EVERY_S - 10)

        assert [request for _, request, _ in stage.posts] == ["new", "group"]

    run(story())


def test_no_room_known_by_facts_costs_no_refusal() -> None:
    """Nothing left in the hour: it waits without a call, and is texted as soon as a reading says that there is room."""

    async def story() -> None:
        stage = Stage()
        told(stage, {A: left(0, 30)})
        stage.sender.assigned([0])
        stage.give(0, "new", NEW)
        await stage.until(lambda: stage.mono() > 30)
        before = list(stage.posts)
        told(stage, {A: left(1, 30)})
        await stage.until(lambda: bool(stage.ends))

        assert before == []
        assert stage.posts[0][0] < 31

    run(story())


def test_no_more_are_under_way_than_there_is_room_for() -> None:
    """Two left, four lanes of work: two are written, whoever comes behind waits until their outcome is counted."""

    async def story() -> None:
        stage = Stage(in_flight=4, gap_s=0.0)
        told(stage, {A: left(2, 30)})
        stage.sender.assigned([0])
        for n in range(4):
            stage.give(n, f"new-{n}", f"+1202555010{n}")
        await stage.until(lambda: stage.mono() > 50)

        assert [request for _, request, _ in stage.posts] == ["new-0", "new-1"]

    run(story())


def test_those_that_wait_leave_room_for_known_contacts() -> None:
    """A window full of new contacts: all but those that wait near take a hop of an hour, and a known one gets by."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        stage.request("first", KNOWN)
        await stage.until(lambda: stage.ends == [("first", "SUBMITTED")])
        told(stage, {A: Usage(Quota(9_000, 9_000, 0), Quota(9_000, 10, 8_990))})
        for n in range(600):
            stage.request(f"new-{n}", f"+1202556{n:04}")
        stage.request("old", KNOWN)
        await stage.until(lambda: ("old", "SUBMITTED") in stage.ends, within_s=60)
        far = [step for _, _, step in stage.deferred if step.delay is Delay.HOUR]

        assert {step.reason for step in far} == {Wait.NEW}
        assert len(far) == 600 - MOST_NEAR

    run(story())


def test_new_contacts_leave_a_line_that_takes_nobody_new() -> None:
    """They have no line yet, so they go to the one that has room, once; a contact of the line and a named line stay."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        await known(stage)
        told(stage, {B: left(9, 30)}, {A: State(Condition.OFFLINE)})
        stage.give(1, "new", NEW)
        stage.give(2, "old", KNOWN)
        stage.give(3, "named", OTHER)
        named = stage.sender.lanes[0]
        await stage.until(lambda: len(stage.hops) == 2)

        assert stage.hops == [("new", "B"), ("named", "B")]
        assert [request for _, request, _ in stage.posts] == ["first"]
        assert len(named.window) == 1

    run(story())


def test_a_named_line_that_takes_nobody_new_is_waited_for() -> None:
    """The producer has chosen; and a record that was given another line twice is not sent on for ever."""

    async def story() -> None:
        stage = Stage()
        told(stage, {B: left(9, 30)}, {A: State(Condition.DEGRADED)})
        stage.sender.assigned([0])
        stage.give(0, "named", NEW)
        held = stage.sender.lanes[0].window._slots[0].item
        for offset, changed in ((1, {"line_named": True}), (2, {"hops": MAX_HOPS - 1}), (3, {"hops": 1})):
            request = SendRequest(f"r{offset}", number=f"+1202555011{offset}", content="hello")
            dispatch = replace(held.dispatch, request=request, origin=Origin("r", 0, offset), **changed)
            stage.sender.records([DispatchRecord(0, offset, NOW_MS, 300, dispatch)])
        await stage.until(lambda: stage.mono() > 50)

        assert stage.hops == [("named", "B"), ("r3", "B")]
        assert stage.posts == []

    run(story())


def test_new_contacts_are_spread_over_the_day() -> None:
    """720 left of a day that ends in twelve hours: one a minute, while a known contact is texted at once."""

    async def story() -> None:
        stage = Stage(policy=Policy(spread_new=True))
        stage.sender.assigned([0])
        ends_ms = stage.now_ms() + 12 * 3_600_000
        told(stage, {A: Usage(Quota(900, 0, 900), Quota(800, 80, 720), ends_ms)})
        for n in range(3):
            stage.give(n, f"new-{n}", f"+1202555010{n}")
        await stage.until(lambda: len(stage.posts) == 1)
        stage.give(3, "old", "+12025550100")
        await stage.until(lambda: len(stage.posts) == 3 or bool(stage.deferred), within_s=600)
        times = {request: at for at, request, _ in stage.posts}

        assert times["old"] < 5
        assert times["new-1"] - times["new-0"] == pytest.approx(60, abs=1)

    run(story())


@pytest.mark.parametrize(("limits", "wait_s"), [(Limits(per_hour=1), 3_600), (Limits(per_day=1), 35_200)])
def test_a_limit_of_ours_holds_though_sendblue_says_nothing(limits: Limits, wait_s: int) -> None:
    """One new contact in an hour, or in the day that ends in 35,200 s: the next waits, known ones go on."""

    async def story() -> None:
        stage = DelayStage(limits={"A": limits, "B": limits})
        stage.sender.assigned([0])
        stage.request("first", KNOWN)
        stage.request("new", NEW)
        stage.request("old", KNOWN)
        await stage.until(lambda: len(stage.ends) == 3, within_s=40_000)
        times = {request: at for at, request, _ in stage.posts}

        assert [request for _, request, _ in stage.posts] == ["first", "old", "new"]
        assert wait_s <= times["new"] < wait_s + 3_700

    run(story())
