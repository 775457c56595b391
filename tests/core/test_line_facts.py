"""What is known of the lines, and how old that is."""

import pytest

from connector.core.line_facts import (
    BLOCKED_MS,
    STALE_S,
    Condition,
    LineFacts,
    Quota,
    Room,
    State,
    Told,
    Usage,
    shown_fact,
)
from connector.core.moving import Move

A, B = "+13035550100", "+13035550101"
NOW_MS = 1_700_000_000_000
FULL = Usage(Quota(15, 5, 10), Quota(50, 20, 30), NOW_MS + 3_600_000)


class Stage:
    """Two lines, a and b; ``firsts``: what the ledger has bound; ``woken``: which lines were woken."""

    def __init__(self) -> None:
        self.firsts: dict[str, int] = {}
        self.woken: list[frozenset[str]] = []
        self.facts = LineFacts({A: "a", B: "b"}, lambda: self.firsts, self.wake)

    def wake(self, lines: frozenset[str]) -> None:
        self.woken.append(lines)

    def told(
        self,
        usage: dict[str, Usage] | None = None,
        states: dict[str, State] | None = None,
        now: float = 0.0,
        now_ms: int = NOW_MS,
    ) -> None:
        self.facts.told(Told(None, states, usage, dict(self.firsts)), now, now_ms)


def state(condition: Condition, since_ms: int | None = None) -> dict[str, State]:
    return {A: State(condition, since_ms)}


def test_what_nobody_says_stops_nothing() -> None:
    """No reading, and a reading without the line: as before there were facts."""
    stage = Stage()
    before = stage.facts.room("a", 0.0, NOW_MS), stage.facts.stopped("a", 0.0, NOW_MS)
    stage.told(usage={B: FULL}, states={})
    after = stage.facts.room("a", 0.0, NOW_MS), stage.facts.stopped("a", 0.0, NOW_MS)

    assert before == after == (Room(open=True), False)


def test_old_facts_are_no_facts() -> None:
    """When Sendblue tells nothing for ten minutes, its last word holds no longer."""
    stage = Stage()
    stage.told(usage={A: FULL._replace(day=Quota(50, 50, 0))}, states=state(Condition.OFFLINE))
    fresh = stage.facts.room("a", STALE_S, NOW_MS), stage.facts.stopped("a", STALE_S, NOW_MS)
    old = stage.facts.room("a", STALE_S + 1, NOW_MS), stage.facts.stopped("a", STALE_S + 1, NOW_MS)

    assert fresh == (Room(False, 10, 0), True)
    assert old == (Room(), False)


def test_a_part_without_an_answer_leaves_what_was_known() -> None:
    """Usage fails, state comes: the former usage counts until it is too old."""
    stage = Stage()
    stage.told(usage={A: FULL})
    stage.told(states=state(Condition.ONLINE), now=60.0)

    assert stage.facts.room("a", 61.0, NOW_MS) == Room(True, 10, 30)


def test_the_ledger_counts_on_from_the_last_reading() -> None:
    """Contacts bound since the reading was asked for are taken off, of this line alone; never below nothing."""
    stage = Stage()
    stage.firsts = {"a": 7}
    stage.told(usage={A: FULL, B: FULL})
    stage.firsts = {"a": 10, "b": 0}
    some = stage.facts.room("a", 0.0, NOW_MS)
    stage.firsts = {"a": 30}

    assert some == Room(True, 7, 27)
    assert stage.facts.room("a", 0.0, NOW_MS) == Room(True, 0, 7)
    assert stage.facts.room("b", 0.0, NOW_MS) == Room(True, 10, 30)


@pytest.mark.parametrize(
    ("condition", "open_", "stopped"),
    [
        (Condition.ONLINE, True, False),
        (Condition.UNKNOWN, True, False),
        (Condition.DEGRADED, False, False),
        (Condition.OFFLINE, False, True),
    ],
)
def test_what_a_condition_forbids(condition: Condition, open_: bool, stopped: bool) -> None:
    """A degraded line takes nobody new and goes on with its own; an offline one sends nothing."""
    stage = Stage()
    stage.told(states=state(condition))

    assert (stage.facts.room("a", 0.0, NOW_MS).open, stage.facts.stopped("a", 0.0, NOW_MS)) == (open_, stopped)


def test_a_block_ends_when_the_line_has_come_online_after_it() -> None:
    """lines/state that was ONLINE already before says nothing of the block; so does an answer without a time."""
    stage = Stage()
    stage.facts.blocked(A, NOW_MS)
    stage.facts.blocked("+13035550199", NOW_MS)
    stage.told(states=state(Condition.ONLINE, NOW_MS - 1))
    still = stage.facts.condition("a", 0.0, NOW_MS)
    stage.told(states=state(Condition.ONLINE, NOW_MS + 1))

    assert still is Condition.BLOCKED
    assert stage.facts.condition("a", 0.0, NOW_MS) is Condition.ONLINE
    assert stage.woken == [frozenset("a")]


def test_a_block_nobody_ends_holds_for_a_day() -> None:
    """There is no webhook for its end; the line is tried again then."""
    stage = Stage()
    stage.facts.blocked(A, NOW_MS)

    assert stage.facts.stopped("a", 0.0, NOW_MS + BLOCKED_MS)
    assert not stage.facts.stopped("a", 0.0, NOW_MS + BLOCKED_MS + 1)


def test_those_who_wait_are_woken_only_when_a_line_may_do_more() -> None:
    """The same again, and less than before, wake nobody."""
    stage = Stage()
    stage.told(usage={A: FULL}, states=state(Condition.ONLINE))
    stage.told(usage={A: FULL._replace(hour=Quota(15, 15, 0))}, states=state(Condition.DEGRADED))
    quiet = list(stage.woken)
    stage.told(usage={A: FULL}, states=state(Condition.DEGRADED))
    stage.told(usage={A: FULL}, states=state(Condition.ONLINE))

    assert (quiet, stage.woken) == ([], [frozenset("a"), frozenset("a")])


def test_a_retired_line_takes_nobody_new() -> None:
    """By an operator's order; its own contacts go on, and where they were moved is known. A move alone does not."""
    stage = Stage()
    stage.facts.obey({"a": Move("b", True, NOW_MS, "ann"), "b": Move("a", False, NOW_MS, "ann")})

    assert not stage.facts.room("a", 0.0, NOW_MS).open
    assert stage.facts.room("b", 0.0, NOW_MS).open
    assert not stage.facts.stopped("a", 0.0, NOW_MS)
    assert (stage.facts.heir("a"), stage.facts.heir("b"), stage.facts.heir("c")) == ("b", None, None)


def test_contacts_may_have_been_moved_on() -> None:
    """From line to line; to and fro they may be on either."""
    stage = Stage()
    on = {"a": Move("b", True, NOW_MS, "ann"), "b": Move("c", True, NOW_MS, "ann")}
    stage.facts.obey(on)
    along = [stage.facts.moved_along(alias) for alias in "abc"]
    stage.facts.obey({"a": Move("b", False, NOW_MS, "ann"), "b": Move("a", False, NOW_MS, "ann")})

    assert along == [{"b", "c"}, {"c"}, frozenset()]
    assert stage.facts.moved_along("a") == {"a", "b"}


def test_a_line_is_shown_without_its_number() -> None:
    """State, windows, age; None for what nobody says."""
    stage = Stage()
    stage.facts.told(Told(frozenset({A}), state(Condition.ONLINE), {A: FULL}, {}), 0.0, NOW_MS)
    shown = shown_fact(stage.facts.fact("a", 30.0, NOW_MS))

    assert shown == {
        "state": "online",
        "takes_new_contacts": True,
        "hour_limit": 15,
        "hour_used": 5,
        "hour_left": 10,
        "day_limit": 50,
        "day_used": 20,
        "day_left": 30,
        "retired": False,
        "on_account": True,
        "age_s": 30.0,
    }
    assert shown_fact(stage.facts.fact("b", 30.0, NOW_MS))["on_account"] is False


def test_a_block_told_to_another_replica_holds_here_and_is_over_once() -> None:
    """What the control topic says, as it changes in place: it is not forgotten there when it has ended here."""
    stage, blocks = Stage(), {"a": NOW_MS}
    stage.facts.obey({}, blocks)
    before = stage.facts.stopped("a", 0.0, NOW_MS), stage.facts.troubled("a")
    stage.told(states=state(Condition.ONLINE, NOW_MS + 1))
    after = stage.facts.stopped("a", 0.0, NOW_MS), stage.facts.troubled("a")
    blocks["a"] = NOW_MS + 2

    assert (before, after) == ((True, True), (False, False))
    assert stage.facts.stopped("a", 0.0, NOW_MS + 2)
