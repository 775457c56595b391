"""Two `topics apply` at the same moment: no two lines get one partition, and what was given twice is found."""

import asyncio
import time

import pytest

from connector.commands.applying import claims_in, in_turn
from connector.commands.control_topic import control_codec, control_now, write_control
from connector.commands.operations import _planned
from connector.core.applying import STALE_MS, Claim, before
from connector.core.preflight import partitions
from connector.core.priorities import Places, sharing
from connector.kafka.control import Control, assign_partitions, claim_record, line_record
from connector.kafka.tail import read_table
from connector.settings import LinePart, Settings
from connector.wiring.installation import clients_of, names_of
from tests.installed import installed

NOW_MS = 1_700_000_000_000


def with_line(settings: Settings, alias: str) -> Settings:
    """The same installation, as another operator's settings see it."""
    return settings.model_copy(update={"lines": (*settings.lines, LinePart(alias=alias, number="+13035550199"))})


async def applied(settings: Settings, until: asyncio.Event | None = None) -> None:
    """The part of `topics apply` that gives partitions: the embedded broker makes no topics. ``until``: how long."""
    codec = await control_codec(settings)
    async with in_turn(settings, codec) as turn:
        planned = _planned(settings, {}, turn.control)
        if until is not None:
            await until.wait()
        turn.check()
        await write_control(settings, [line_record(codec, line, places) for line, places in planned.places.items()])


async def test_of_two_at_the_same_moment_one_works_and_the_other_is_told() -> None:
    """Both had read the same topic, and gave their new lines the same partitions."""
    async with installed() as settings:
        one, other = with_line(settings, "one"), with_line(settings, "other")
        refused, told = asyncio.Event(), list[str]()

        async def at_once(settings: Settings) -> None:
            try:
                await applied(settings, refused)
            except ValueError as error:
                told.append(str(error))
                refused.set()

        async with asyncio.timeout(120):
            await asyncio.gather(at_once(one), at_once(other))
        for late in (one, other):
            await applied(late)
        codec = await control_codec(settings)
        given = (await control_now(settings, codec)).partitions
        table = await asyncio.to_thread(read_table, clients_of(settings), names_of(settings).control)

    assert ["run this one again after its end" in sentence for sentence in told] == [True]
    assert {"one", "other"} <= given.keys()
    assert sharing(given) == {}
    assert claims_in(table) == []


async def test_who_died_at_it_is_waited_for_some_minutes_only() -> None:
    """Its claim stands until nobody can write by it any more; then the next one takes it away."""
    async with installed() as settings:
        codec, now_ms = await control_codec(settings), time.time_ns() // 1_000_000
        key, value = claim_record(codec, "killed", now_ms)
        await write_control(settings, [(key, value)])
        with pytest.raises(ValueError, match="another `topics apply` has been at work for"):
            await applied(settings)
        table = await asyncio.to_thread(read_table, clients_of(settings), names_of(settings).control)

    assert [key] == [claim.key for claim in claims_in(table)]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([Claim(b"m", 5, NOW_MS)], None),
        ([Claim(b"m", 5, NOW_MS), Claim(b"x", 6, NOW_MS)], None),
        ([Claim(b"m", 5, NOW_MS), Claim(b"x", 4, NOW_MS)], b"x"),
        ([Claim(b"m", 5, NOW_MS), Claim(b"x", 4, NOW_MS - STALE_MS)], b"x"),
        ([Claim(b"m", 5, NOW_MS), Claim(b"x", 4, NOW_MS - STALE_MS - 1)], None),
        ([Claim(b"m", 5, NOW_MS - STALE_MS - 1), Claim(b"x", 6, NOW_MS)], None),
    ],
)
def test_the_first_claim_that_is_not_stale_works(claims: list[Claim], expected: bytes | None) -> None:
    """By the order of the log; a clock that is wrong makes nobody's own claim stale."""
    other = before(b"m", claims, NOW_MS)

    assert expected == (other.key if other else None)


def test_a_claim_that_is_not_there_is_no_turn() -> None:
    """The brokers lost it, or show an older log: nothing is given by that."""
    with pytest.raises(ValueError, match="not in it"):
        before(b"m", [], NOW_MS)


SHARED = {"a": Places(0, 1), "b": Places(0, 2), "c": Places(3, 1), "d": Places(4, 5)}


def test_lines_that_share_a_partition_are_found() -> None:
    """By `check`, `doctor`, and whoever starts: two numbers with one pace."""
    found = partitions(["a", "b", "c", "d"], SHARED)

    assert [finding.ok for finding in found] == [True, False, False, True]
    assert "line a has too" in found[1].sentence
    assert "topics apply" in found[1].what_to_do


def test_the_later_line_gets_a_partition_of_its_own() -> None:
    """What is its own already it keeps, and so does a line that is configured no more."""
    given = assign_partitions(SHARED, ["a", "c", "d"])

    assert given == {**SHARED, "c": Places(3, 6)}
    assert assign_partitions(SHARED, ["b"]) == {**SHARED, "b": Places(6, 2)}
    assert sharing(assign_partitions(SHARED, ["a", "b", "c", "d"])) == {}


async def test_a_plan_says_what_was_shared() -> None:
    """And that a process which still has the old partitions must not run beside."""
    async with installed(lines=2) as settings:
        control = Control(partitions={"line-0": Places(0, 1), "line-1": Places(0, 1)})
        told = [detail for kind, _, detail in _planned(settings, {}, control).told if kind == "line"]
    assert told == [
        "line-1 -> partitions 2 and 3: it shared one with line-0; stop every process before, start them after"
    ]
