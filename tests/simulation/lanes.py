"""Two processes hold a lane each of one line, and both have more to send than the line may: who writes when.

A still world, as in ``pairs``: what differs from run to run is only what is asked for here.
"""

from random import Random
from typing import NamedTuple

from connector.core.messages import Priority, SendRequest
from connector.core.records import Intent
from tests.simulation.messages import NUMBERS
from tests.simulation.pairs import FINE, StillPlan
from tests.simulation.plan import PLACES, PostFate, Setup
from tests.simulation.upstream import HELLO, Asked
from tests.simulation.world import World

BEGIN_S = 5.0


class SlowPlan(StillPlan):
    """Every POST takes as long to answer."""

    answers_s = 0.06

    def post(self, silent: bool) -> PostFate:
        return FINE._replace(answers_s=self.answers_s)


class Shared(NamedTuple):
    """The lanes of line a in the order of its writes, when those were, and how many INTENTs they took."""

    lanes: list[Priority]
    times: list[float]
    intents: int
    split: bool
    violations: list[str]

    def waits_s(self, priority: Priority, asked_at: float) -> list[float]:
        """How long each of this lane waited that was asked for then, in the order of the writes."""
        pairs = zip(self.lanes, self.times, strict=True)
        return [at - asked_at for lane, at in pairs if lane is priority]

    def longest(self, until: int) -> int:
        """The longest row of one lane among the first so many writes."""
        longest = row = 0
        for n, lane in enumerate(self.lanes[:until]):
            row = row + 1 if n and self.lanes[n - 1] is lane else 1
            longest = max(longest, row)
        return longest

    def rate(self, until: int) -> float:
        """Writes a second over the first so many."""
        return (until - 1) / (self.times[until - 1] - self.times[0])


def shared(
    gap_s: float,
    normal: int,
    replies: int,
    *,
    later_s: float = 0.0,
    processes: int = 2,
    in_flight: int = 1,
    answers_s: float = 0.06,
) -> Shared:
    """Ask for so many at once, for the replies ``later_s`` after the others, and see them all written."""
    plan = SlowPlan(1, Random(1), roughness=0.0)
    plan.base, plan.answers_s = Setup(gap_s=gap_s, in_flight=in_flight), answers_s
    world = World(1, plan=plan)
    for _ in range(processes):
        world.spawn()
    for priority, count in ((Priority.NORMAL, normal), (Priority.REPLY, replies)):
        at = BEGIN_S + later_s * (priority is Priority.REPLY)
        for n in range(count):
            world.scheduler.at(at, world.upstream.produce, Asked(_request(priority, n)), n % 2)
    world.scheduler.run(BEGIN_S + 60 + 3 * (normal + replies) * (gap_s + answers_s + 0.2))
    group = world.groups["dispatch"]
    owners = {group.owner(PLACES["a"].of(priority)) for priority in Priority}
    world.bury()
    texts = [text for text in world.sendblue.posts if text.dispatch.line == "a"]
    intents = sum(isinstance(entry.value, Intent) for entry in world.broker.log("ledger"))
    lanes = [text.dispatch.request.priority for text in texts]
    return Shared(lanes, [text.written_at for text in texts], intents, len(owners) > 1, world.oracle.violations)


def _request(priority: Priority, n: int) -> SendRequest:
    number = f"+1{300 + n // 100}555{'01' if priority is Priority.REPLY else '02'}{n % 100:02}"
    name = f"{priority.lower()}-{n}"
    return SendRequest(name, number=number, from_number=NUMBERS["a"], content=HELLO, priority=priority)
