"""17: two worlds that differ in one line only. With line a stuck, the others write at the very same times.

Nothing in these worlds is left to chance but when requests come: the same delay for every append, every reading and
every answer, so that whatever differs comes from the line that is stuck. The times are compared exactly.
"""

from collections.abc import Mapping
from random import Random

from connector.core.messages import SendRequest
from tests.simulation.messages import NUMBERS
from tests.simulation.plan import PARTITIONS, AppendFate, Plan, PostFate
from tests.simulation.teeth import WHOLE, Teeth
from tests.simulation.upstream import HELLO, Asked
from tests.simulation.world import World

FINE = PostFate(0.0, True, 0.04, "ok", 0.06)
STUCK: Mapping[str, PostFate] = {
    "asked to slow down": FINE._replace(answer="429"),
    "over its hourly limit": FINE._replace(answer="window"),
    "answers late": FINE._replace(answer="slow", answers_s=19.0),
    "never answers": FINE._replace(answer="silence"),
    "loses every POST": FINE._replace(arrives_s=None, answer="reset"),
    "errors": FINE._replace(answer="5xx before"),
    "unreachable": FINE._replace(connects=False),
}
"""What may be wrong with one line. What is wrong with the account stops all of them, and is not meant."""
OTHERS, LASTS_S = 24, 150.0
CROWD, CROWD_BYTES = 560, 120_000


class StillPlan(Plan):
    """Nothing varies."""

    def append(self) -> AppendFate:
        return AppendFate(0.005, 0.007, acked=True)

    def lag_s(self) -> float:
        return 0.0

    def callback_s(self) -> float | None:
        return 0.0

    def post(self, silent: bool) -> PostFate:
        return FINE


def differences(seed: int, kind: str, teeth: Teeth = WHOLE, requests: int = 30) -> list[str]:
    """When the other lines wrote, where that differs between a world with line a stuck and one without."""
    stuck, fine = (_times(seed, fate, teeth, requests) for fate in (STUCK[kind], None))
    return [f"{name}: {stuck.get(name)} but {at}" for name, at in fine.items() if stuck.get(name) != at]


def _times(seed: int, fate: PostFate | None, teeth: Teeth, requests: int) -> dict[str, float]:
    rng = Random(seed)
    plan = StillPlan(seed, Random(seed), roughness=0.0, budget_bytes=CROWD_BYTES if requests >= CROWD else 10**9)
    world = World(seed, teeth, plan)
    for _ in range(1 + seed % 2):
        world.spawn()
    if fate is not None:
        world.sendblue.stuck["a"] = fate
    for n in range(requests):
        _ask(world, f"a{n}", "a", rng.uniform(2, LASTS_S / 2))
    for n in range(OTHERS):
        _ask(world, f"o{n}", rng.choice("bc"), rng.uniform(2, LASTS_S - 30))
    world.scheduler.run(LASTS_S)
    world.bury()
    return {t.dispatch.request.request_id: t.written_at for t in world.sendblue.posts if t.dispatch.line != "a"}


def _ask(world: World, name: str, line: str, at: float) -> None:
    number = f"+1{210 + len(name) + int(name[1:])}5550{'10' if line == 'a' else '11'}0"
    request = SendRequest(name, number=number, from_number=NUMBERS[line], content=HELLO)
    world.scheduler.at(at, world.upstream.produce, Asked(request), int(name[1:]) % PARTITIONS)
