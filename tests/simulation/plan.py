"""What a seed decides: how rough the world is, how the processes are set up, and what breaks when.

``Plan`` holds the rates; ``draw`` makes it from a seed. Fates of single appends, POSTs and callbacks are drawn as
they come, from the same stream, which is deterministic because the scheduler is.
"""

from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from connector.core.budget import PROCESS_BYTES
from connector.core.fuses import OFF, Limits
from connector.core.messages import OnInDoubt, Priority
from connector.core.priorities import Places

LINES = ("a", "b", "c")
PARTITIONS = 2  # of the requests topic
PLACES = {line: Places(n, len(LINES) + n) for n, line in enumerate(LINES)}
KINDS = {
    "kill": 5,
    "freeze": 5,
    "deploy": 2,
    "move": 3,
    "zombie": 3,
    "reset": 1,
    "brownout": 2,
    "unauthorized": 2,
    "unreachable": 1,
    "silence": 1,
    "rebind": 2,
    "resolve": 4,
    "redrive": 3,
    "reconciler": 1,
    "cancel": 3,
    "pause": 3,
    "by_hand": 3,
    "consent": 3,
    "move_line": 3,
    "line_state": 3,
}
"""Faults and operators' acts that strike at a time, by weight."""


def place_of(line: str, priority: Priority) -> int:
    """The partition of the dispatch topic for these requests of the line."""
    return PLACES[line].of(priority)


class Fault(NamedTuple):
    """Something that happens at ``at`` seconds."""

    at: float
    kind: str


class AppendFate(NamedTuple):
    """An append lands after ``lands_s`` (None: never) and is answered after ``answers_s``, as acknowledged or not."""

    lands_s: float | None
    answers_s: float
    acked: bool
    in_order: bool = True


class PostFate(NamedTuple):
    """A POST: seconds before it can be written, whether it ever can, when it arrives, what comes back and when."""

    connect_s: float
    connects: bool
    arrives_s: float | None
    answer: str
    answers_s: float


@dataclass(frozen=True)
class Setup:
    """The settings of one process."""

    gap_s: float = 1.0
    lease_s: float = 5.0
    park_after_s: float = 60.0
    in_doubt: OnInDoubt = OnInDoubt.PARK
    in_flight: int = 1
    pool: tuple[str, ...] = LINES
    skew_ms: int = 0
    rules: int = 1


@dataclass
class Plan:
    """One seed's world. Rates are per append, per POST, per step of a role, per callback.

    ``mixed``: processes differ in their settings. ``deaf``: most callbacks are lost, the others are late. ``long``:
    days pass. ``watched``: a day passes at the end, hour by hour. ``crowd``: so many requests more, to a line that is
    stuck. ``outage_s``: how long POSTs are lost, while nothing else breaks. ``fuses``: how much is too much.
    ``hourly``: new contacts that a line may have, 0 for any number; ``spent``: a line that has had those of its day.
    """

    seed: int
    rng: Random
    processes: int = 2
    requests: int = 16
    faults_s: float = 240.0
    roughness: float = 1.0
    faults: list[Fault] = field(default_factory=list)
    long: bool = False
    upgrade_at: float | None = None
    in_doubt: OnInDoubt = OnInDoubt.PARK
    base: Setup = field(default_factory=Setup)
    mixed: bool = False
    deaf: bool = False
    calm: bool = False
    watched: bool = False
    crowd: int = 0
    outage_s: float = 0.0
    budget_bytes: int = PROCESS_BYTES
    fuses: Limits = OFF
    hourly: int = 0
    spent: str = ""
    list_lags: tuple[float, ...] = (0.1, 1.0, 20.0, 50.0)
    freezes: tuple[float, ...] = (0.5, 3.0, 7.0, 30.0, 120.0, 200.0)

    def chance(self, rate: float) -> bool:
        """True at this rate while faults last; at a rate of the world's roughness."""
        return not self.calm and self.rng.random() < rate * self.roughness

    def span(self, low: float, high: float) -> float:
        """Seconds in between."""
        return self.rng.uniform(low, high)

    def setup(self, next_rules: bool = False) -> Setup:
        """The settings of the next process: in a mixed world they differ from the others'."""
        rng, base = self.rng, self.base
        skew = rng.randint(-2000, 2000)
        if not self.mixed:
            return Setup(
                base.gap_s, base.lease_s, base.park_after_s, self.in_doubt, base.in_flight, LINES, skew, 1 + next_rules
            )
        return Setup(
            gap_s=rng.choice((0.5, 1.0, 1.5)),
            lease_s=rng.choice((4.0, 5.0, 6.0)),
            park_after_s=rng.choice((60.0, 90.0, 200.0)),
            in_doubt=self.in_doubt,
            in_flight=base.in_flight,
            pool=rng.choice((LINES, LINES, LINES[:2])),
            skew_ms=skew,
            rules=1 + next_rules,
        )

    def append(self) -> AppendFate:
        """What becomes of the next append."""
        rng = self.rng
        lands = rng.uniform(0.001, 0.015)
        if not self.chance(0.06):
            return AppendFate(lands, lands + rng.uniform(0.001, 0.01), acked=True)
        match rng.randrange(4):
            case 0:
                return AppendFate(lands, rng.uniform(0.5, 8), acked=False)
            case 1:
                return AppendFate(rng.choice((1.0, 6.0, 20.0, 60.0)) * rng.random(), rng.uniform(0.2, 4), False, False)
            case 2:
                return AppendFate(None, rng.uniform(0.1, 6), acked=False)
            case _:
                slow = rng.uniform(0.2, 7)
                return AppendFate(slow, slow + 0.005, acked=True)

    def callback_s(self) -> float | None:
        """How much later than meant a callback comes, None when never."""
        rng = self.rng
        if self.deaf and not self.calm and rng.random() < 0.9:
            return None if rng.random() < 0.6 else rng.uniform(60, 200)
        if self.chance(0.1):
            return None
        return rng.choice((20.0, 90.0, 300.0)) if self.chance(0.06) else 0.0

    def lag_s(self) -> float:
        """How much later than its landing a record is read."""
        return self.rng.uniform(0.2, 6.5) if self.chance(0.02) else self.rng.uniform(0.001, 0.01)

    def post(self, silent: bool) -> PostFate:
        """What becomes of the next POST; of one made while Sendblue is silent nobody hears anything."""
        rng = self.rng
        if silent:
            return PostFate(0.0, True, rng.choice((None, 0.05)), "reset", rng.uniform(0.1, 2))
        connect = rng.uniform(0.3, 6) if self.chance(0.03) else 0.0
        arrives, answers = rng.uniform(0.01, 0.1), rng.uniform(0.01, 0.15)
        if not self.chance(0.22):
            return PostFate(connect, True, arrives, "ok", answers)
        match rng.randrange(13):
            case 0:
                return PostFate(connect, False, None, "", 0)
            case 1:
                return PostFate(connect, True, None, "reset", rng.uniform(0.01, 1))
            case 2 | 3:
                return PostFate(connect, True, arrives, "reset", rng.uniform(0.01, 1))
            case 4:
                return PostFate(connect, True, arrives, "silence", 0)
            case 5:
                return PostFate(connect, True, rng.choice((1.0, 15.0, 60.0)) * rng.random(), "ok", answers)
            case 6:
                return PostFate(connect, True, arrives, "slow", rng.uniform(1, 25))
            case n:
                return PostFate(connect, True, arrives, ANSWERS[n - 7], answers)


ANSWERS = ("5xx before", "5xx after", "429", "window", "no handle", "busy account")


def draw(seed: int) -> Plan:
    """The plan of a seed. Every eighth world is a long one, in which days pass; every eighth is watched for a day."""
    rng = Random(seed)
    plan = Plan(seed, rng, processes=rng.choice((2, 2, 3)), requests=rng.randint(10, 18))
    plan.long, plan.watched = seed % 8 == 7, seed % 8 == 3
    plan.roughness = rng.choice((0.3, 1.0, 1.0, 2.0))
    plan.mixed = rng.random() < 0.4
    plan.in_doubt = rng.choice((OnInDoubt.PARK, OnInDoubt.PARK, OnInDoubt.DROP))
    plan.base = Setup(park_after_s=rng.choice((60.0, 60.0, 120.0)), in_flight=rng.choice((1, 1, 2)))
    plan.fuses = rng.choice((OFF, Limits(), Limits(2, 600), Limits(3, 8)))
    plan.hourly = rng.choice((0, 0, 0, 1, 2))
    plan.spent = rng.choice(("", *LINES)) if plan.hourly else ""
    plan.deaf = rng.random() < (0.6 if plan.long else 0.25)
    plan.faults_s = rng.choice((120.0, 240.0))
    if seed % 16 == 13:
        _resend(plan)
    elif seed % 8 < 7 and not plan.watched and rng.random() < 0.2:
        plan.list_lags = (*plan.list_lags, 200.0)  # slower than the sweep, and absence, may count on
    _faults(plan, rng.choice((8.0, 15.0, 40.0)))
    if seed % 32 == 5:
        _outage(plan)
    elif seed % 128 == 9:
        _crowd(plan)
    return plan


def _faults(plan: Plan, every_s: float) -> None:
    rng, count = plan.rng, int(plan.faults_s / every_s)
    kinds = rng.choices(list(KINDS), weights=list(KINDS.values()), k=count)
    if plan.deaf and plan.long:
        kinds = [kind for kind in kinds if kind != "resolve"]
    plan.faults = sorted(Fault(rng.uniform(3, plan.faults_s), kind) for kind in kinds)
    if rng.random() < 0.08:
        plan.upgrade_at = rng.uniform(20, plan.faults_s)


def _resend(plan: Plan) -> None:
    """What is proved absent is sent again; that takes seven minutes, and texts to others that come meanwhile."""
    plan.in_doubt = OnInDoubt.RESEND
    plan.deaf = plan.rng.random() < 0.7
    plan.faults_s = 720.0
    plan.requests += 6
    plan.freezes = (*plan.freezes, 500.0)


def _outage(plan: Plan) -> None:
    """Every POST is lost for a long time, and GETs succeed."""
    plan.outage_s = plan.rng.choice((400.0, 1000.0))
    plan.faults, plan.roughness, plan.upgrade_at, plan.fuses, plan.hourly = [], 0.0, None, OFF, 0


def _crowd(plan: Plan) -> None:
    """More waits for a line that is stuck than its window holds, or the process may."""
    plan.crowd = 560
    plan.budget_bytes = PROCESS_BYTES if plan.seed % 256 < 128 else 120_000
    plan.faults, plan.roughness, plan.upgrade_at, plan.mixed = [], 0.0, None, False
    plan.fuses, plan.hourly = OFF, 0
