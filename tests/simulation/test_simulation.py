"""The connector's roles in a few hundred simulated worlds: nothing forbidden happens, and the rare paths are taken."""

from tests.simulation.tally import simulate
from tests.simulation.world import World

SEEDS = 400


def test_nothing_forbidden_happens_and_every_rare_path_is_taken() -> None:
    """No invariant of docs/reliability.md broken in any world; a path never reached would prove nothing."""
    tally = simulate(range(SEEDS))

    assert tally.failed == {}
    assert tally.never == []


def test_the_same_seed_is_the_same_history() -> None:
    """A failing seed can be looked at again; a long one too, in which days pass."""
    for seed in (3, 7):
        assert World(seed).run().history == World(seed).run().history
