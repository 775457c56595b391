"""Many seeds, one after the other or by several workers, added up."""

import gc
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from tests.simulation.rare import MUST
from tests.simulation.teeth import WHOLE, Teeth
from tests.simulation.world import World

BATCH = 25  # seeds a worker does at once; the garbage is collected in between


@dataclass
class Tally:
    """What a run has shown. ``failed``: the violations of each seed that has any."""

    seeds: int = 0
    requests: int = 0
    posts: int = 0
    accepted: int = 0
    processes: int = 0
    events: int = 0
    hours: float = 0.0
    rare: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    failed: dict[int, list[str]] = field(default_factory=dict)

    @property
    def never(self) -> list[str]:
        """Rare paths that no seed has reached."""
        return [path for path in MUST if not self.rare[path]]

    def add(self, seed: int, world: World) -> None:
        """Count one world."""
        self.seeds += 1
        self.requests += len(world.upstream.origins)
        self.posts += len(world.sendblue.posts)
        self.accepted += sum(text.message is not None for text in world.sendblue.posts)
        self.processes += world.incarnations
        self.events += world.scheduler.events
        self.hours += world.scheduler.now / 3600
        self.rare += world.rare
        self.notes += world.oracle.notes
        if world.oracle.violations:
            self.failed[seed] = world.oracle.violations

    def merge(self, other: "Tally") -> None:
        """Add what another run has shown."""
        for name in ("seeds", "requests", "posts", "accepted", "processes", "events", "hours"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.rare += other.rare
        self.notes += other.notes
        self.failed.update(other.failed)


def simulate(seeds: Iterable[int], teeth: Teeth = WHOLE) -> Tally:
    """Run these seeds."""
    tally = Tally()
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="coroutine .* was never awaited"
        )  # of a process killed before its step
        for seed in seeds:
            world = World(seed, teeth)
            try:
                world.run()
            except Exception:  # noqa: BLE001 - whatever a seed brings up is a finding, and has a number
                world.oracle.violations.append(traceback.format_exc(limit=-4))
            tally.add(seed, world)
    return tally


def in_batches(first: int, seeds: int, workers: int) -> Iterator[Tally]:
    """Run seeds from ``first`` on, and give what each batch has shown, in no order when there are several workers."""
    numbers = iter(range(first, first + seeds))
    batches = iter(lambda: list(islice(numbers, BATCH)), [])
    if workers == 1:
        yield from map(_batch, batches)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_batch, batches)


def _batch(seeds: list[int]) -> Tally:
    gc.disable()  # worlds are full of cycles and short; once a batch is enough
    try:
        return simulate(seeds)
    finally:
        gc.enable()
        gc.collect()
