"""The oracle has teeth: each broken rule, and each history damaged by hand, is noticed."""

from collections.abc import Callable

import pytest

from tests.simulation.damage import DAMAGED, given_up_though_it_ended
from tests.simulation.damage_of_lines import OF_LINES
from tests.simulation.pairs import CROWD, STUCK, differences
from tests.simulation.tally import simulate
from tests.simulation.teeth import BROKEN, OneAtATime, Teeth
from tests.simulation.teeth_of_lines import BROKEN_OF_LINES
from tests.simulation.world import World

CASES = [(rule, damage) for rule, damages in (*DAMAGED.items(), *OF_LINES.items()) for damage in damages]


@pytest.mark.parametrize("teeth", [*BROKEN.values(), *BROKEN_OF_LINES.values()], ids=[*BROKEN, *BROKEN_OF_LINES])
def test_a_broken_rule_is_noticed(teeth: Teeth) -> None:
    """Each of these breaks one rule of the protocol; some world among a few shows it."""
    found = next((seed for seed in range(150) if simulate([seed], teeth).failed), None)

    assert found is not None


@pytest.mark.parametrize(("rule", "damage"), CASES, ids=[damage.__name__ for _, damage in CASES])
def test_a_damaged_history_is_noticed(rule: str, damage: Callable[[], World]) -> None:
    """What no rule allows is reported as that rule's violation, and as nothing else."""
    world = damage()
    world.bury()

    assert [violation.partition(":")[0] for violation in world.oracle.violations] == [rule]


def test_who_got_no_answer_may_give_up_what_had_ended() -> None:
    """Nobody could know what Sendblue did not say; once it has said it, giving up is wrong again."""
    world = given_up_though_it_ended()
    process, timeout = world.processes[0], world.broker.log("events")[-1].value
    found = []
    for answered in (False, True):
        world.statuses.looked_up(process, "h", answered=answered)
        world.broker.land("events", 0, timeout)
        found.append(len(world.oracle.violations))
    world.bury()

    assert found == [1, 2]


@pytest.mark.parametrize("kind", STUCK)
def test_a_stuck_line_does_not_change_when_the_others_write(kind: str) -> None:
    """From queue to POST, to the last digit of virtual time (docs/reliability.md, invariant 17)."""
    assert differences(0, kind) == []


def test_a_full_window_does_not_change_when_other_lines_write() -> None:
    """The same with more waiting for the stuck line than its window, and the process, may hold."""
    assert differences(1, "over its hourly limit", requests=CROWD) == []


def test_a_line_that_waits_for_another_is_noticed() -> None:
    """One call at a time for all lines: the difference is seen."""
    teeth = Teeth(sendblue=OneAtATime)

    assert differences(0, "answers late", teeth) != []
