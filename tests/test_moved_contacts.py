"""Contacts whose line stops, or who were moved to another one, in virtual time."""

from dataclasses import replace

import pytest

from connector.core.line_facts import Condition, State
from connector.core.moving import Move
from connector.core.records import Rebind
from connector.core.turns import AGREE_S, MAX_HOPS
from connector.roles.surroundings import DispatchRecord
from tests.core.ledger_story import intent, submitted
from tests.new_contacts_stage import KNOWN, NEW, A, B, known, told
from tests.sender_stage import NOW_MS, Stage
from tests.virtual_time import run


async def waiting_for_its_line() -> Stage:
    """A known contact's request, whose line has been offline for a while."""
    stage = Stage()
    stage.sender.assigned([0])
    await known(stage)
    told(stage, states={A: State(Condition.OFFLINE)})
    stage.give(1, "old", KNOWN)
    await stage.until(lambda: stage.mono() > 40)
    return stage


def test_an_offline_lines_contacts_wait_and_wake() -> None:
    """Nothing is written while Sendblue says so; a reading that says otherwise wakes them."""

    async def story() -> None:
        stage = await waiting_for_its_line()
        before = len(stage.posts)
        told(stage, states={A: State(Condition.ONLINE)})
        await stage.until(lambda: ("old", "SUBMITTED") in stage.ends)

        assert before == 1
        assert stage.posts[1][0] < 41

    run(story())


def test_a_rebind_wakes_what_waits_for_the_old_line() -> None:
    """The line has stopped for hours; the contact is moved; its record goes to the new line now, not then."""

    async def story() -> None:
        stage = await waiting_for_its_line()
        contact = stage.sender.lanes[0].window._slots[1].item.contact
        stage.log.land(Rebind(contact, "B"))
        await stage.until(lambda: bool(stage.hops), within_s=1)

        assert stage.hops == [("old", "B")]

    run(story())


def test_a_request_that_names_its_contacts_line_goes_back_to_it() -> None:
    """It followed its contact from B to A, and the contact was moved back meanwhile: no conflict is left."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(0, "r")
        held = stage.sender.lanes[0].window._slots[0].item
        stage.log.land(Rebind(held.contact, "B"))
        request = replace(held.dispatch.request, request_id="named", from_number=B)
        dispatch = replace(held.dispatch, request=request, line_named=True, hops=1)
        stage.sender.records([DispatchRecord(0, 1, NOW_MS, 300, dispatch)])
        await stage.until(lambda: stage.mono() > 2 * AGREE_S)

        assert [end for request, end in stage.ends if request == "named"] == []
        assert ("named", "B") in stage.hops

    run(story())


@pytest.mark.parametrize(
    ("moves", "ends"),
    [
        ({}, ["REJECTED"]),
        ({"A": Move("B", False, NOW_MS, "ann")}, []),
        ({"A": Move("C", True, NOW_MS, "ann"), "C": Move("B", True, NOW_MS, "ann")}, []),
        ({"A": Move("C", True, NOW_MS, "ann")}, ["REJECTED"]),
        ({"A": Move("C", True, NOW_MS, "ann", ("B",))}, []),
        ({"A": Move(None, False, NOW_MS, "ann", ("B",))}, []),
        ({"A": Move("C", False, NOW_MS, "ann"), "C": Move(None, False, NOW_MS, "ann", ("B",))}, []),
    ],
)
def test_a_request_that_names_a_moved_line_follows_its_contact(moves: dict[str, Move], ends: list[str]) -> None:
    """Operators moved the contacts of A to B, at once or by way of C, and perhaps took A into use again, or moved it
    once more: nobody's request is refused for that. Else a conflict stays one."""

    async def story() -> None:
        stage = Stage()
        stage.line_facts.obey(moves)
        stage.sender.assigned([0])
        stage.give(0, "r")
        held = stage.sender.lanes[0].window._slots[0].item
        stage.log.land(a := intent("a1", "before", line="B", at_ms=NOW_MS)._replace(contact=held.contact))
        stage.log.land(submitted(a))
        dispatch = replace(held.dispatch, request=replace(held.dispatch.request, request_id="named"), line_named=True)
        stage.sender.records([DispatchRecord(0, 1, NOW_MS, 300, dispatch)])
        await stage.until(lambda: stage.mono() > 2 * AGREE_S)

        assert [end for request, end in stage.ends if request == "named"] == ends
        assert ("named", "B") in stage.hops or ends

    run(story())


@pytest.mark.parametrize(
    ("moves", "hops", "followed"),
    [
        ({"A": Move("B", True, NOW_MS, "ann")}, 0, [("named", "B")]),
        ({"A": Move("B", False, NOW_MS, "ann")}, 0, []),
        ({"A": Move("B", True, NOW_MS, "ann")}, MAX_HOPS - 1, []),
        ({"A": Move("elsewhere", True, NOW_MS, "ann")}, 0, []),
    ],
)
def test_a_new_contact_named_a_retired_line_goes_where_its_contacts_went(
    moves: dict[str, Move], hops: int, followed: list[tuple[str, str]]
) -> None:
    """Else it would wait there for nobody until it expires. The last hop is kept for its binding."""

    async def story() -> None:
        stage = Stage()
        stage.line_facts.obey(moves)
        stage.sender.assigned([0])
        stage.give(0, "r", KNOWN)
        held = stage.sender.lanes[0].window._slots[0].item
        request = replace(held.dispatch.request, request_id="named", number=NEW, from_number=A)
        dispatch = replace(held.dispatch, request=request, line_named=True, hops=hops)
        stage.sender.records([DispatchRecord(0, 1, NOW_MS, 300, dispatch)])
        await stage.until(lambda: stage.mono() > 2 * AGREE_S)

        assert [hop for hop in stage.hops if hop[0] == "named"] == followed

    run(story())
