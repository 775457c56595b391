"""The long form: kill -9 every few seconds under load, until there are enough of them.

Every tenth kill takes two replicas at once, and in the middle of a run all die and the offsets go back to 0. Replies,
callbacks and their order suffer all the time. Meanwhile operators pause lines and move contacts, and contacts opt out.
The runs of a report take turns at how consumers share partitions, since a killed member is noticed differently by each.

With the policy RESEND two things happen besides: a replica is frozen for longer than a text's effect is waited for, and
so are the calls that were under way at one moment. What they do when they come to life may be a second text: the one
double that RESEND is documented to make. Calls held for a shorter time must make none.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.fleet import PROTOCOLS
from tests.chaos.operators import Operators
from tests.chaos.oracle import EFFECT_S, judge
from tests.chaos.proxy import CUT, KEEP_CALLS
from tests.chaos.report import Run, line_of
from tests.chaos.stack import Stack
from tests.chaos.trial import WITHIN_S, Trial
from tests.real.site import until

LINES, GAP_S, CONTACTS = 40, 0.15, 3000
NAMES = "PQR"
BETWEEN_S = (3.0, 5.0)
WORK = 30
"""POSTs between two kills, at the least: a group that never comes to work proves nothing."""
DOUBLE_KILL = 10
SETTLE_S = 240.0
PARK_AFTER_S = 60
ORDERS, FROM, TO = 30, 0.1, 0.9
"""Acts of operators and contacts, fewer in a short run, and the share of the load in which they fall."""
MOMENT_S, SHORT_HOLD_S, LONG_HOLD_S = 1.5, 45.0, EFFECT_S + 300.0
"""What is absent is looked for every two minutes; the second look that counts comes some 510 s after the grant."""
SIMULATOR = (
    "--lose-reply", "0.005", "--latency", "0.02", "--step", "0.3",
    "--callback-lost", "0.03", "--callback-twice", "0.03", "--callback-late", "0.05",
)  # fmt: skip
"""Few replies are lost: a replica stops sending at five unknown answers in half a minute, and probes first."""


@dataclass(frozen=True)
class Plan:
    """One run. ``policy``: park or resend."""

    requests: int
    kills: int
    seed: int
    protocol: str = PROTOCOLS[0]
    policy: str = "park"

    @property
    def rate(self) -> float:
        """Requests a second, so that the load lasts as long as the kills."""
        span_s = self.kills * sum(BETWEEN_S) / 2 + (SHORT_HOLD_S * 1.5 if self.policy == "resend" else 0.0)
        return min(self.requests / span_s, LINES / GAP_S)

    def moments(self) -> list[int]:
        """The counts of requests at which somebody gives an order."""
        chance, span = random.Random(f"moments {self.seed}"), range(int(self.requests * FROM), int(self.requests * TO))
        return sorted(chance.sample(span, min(ORDERS, self.requests // 100 + 7)))


def run(stack: Stack, plan: Plan, say: Callable[[int, int, str], None]) -> Run:
    """One run in topics of its own. ``say`` hears kills, requests, and what is being done."""
    folder, began = Path(tempfile.mkdtemp(prefix="chaos-")), time.monotonic()
    in_doubt = {"policy": plan.policy.upper(), "park_after_s": PARK_AFTER_S}
    with Trial(
        stack, folder, plan.seed, names=NAMES, lines=LINES, gap_s=GAP_S, contacts=CONTACTS, protocol=plan.protocol,
        simulator=SIMULATOR, in_doubt=in_doubt,
    ) as trial:  # fmt: skip
        trial.load.begin(plan.requests, plan.rate)
        trial.wait_posts(10)
        resend, held = plan.policy == "resend", 0
        if resend:
            _hold_calls(trial)
        with Operators(trial, f"operators {plan.seed}") as operators:
            operators.begin(plan.moments())
            _kill(trial, plan, say)
            operators.finish()
        if resend:
            held = _let_go(trial, began, say)
        say(trial.fleet.kills, trial.load.requests, "settling")
        judgement = judge(trial.settle(SETTLE_S + (LONG_HOLD_S if resend else 0.0)), resend=resend)
    assert judgement.figures.kills >= plan.kills, "not enough kills"
    if not judgement.complaints:
        shutil.rmtree(folder)
    more = {"protocol": plan.protocol, "policy": plan.policy, "gap_s": GAP_S, "held": held}
    return line_of("kills", plan.seed, time.monotonic() - began, judgement, **more)


def _kill(trial: Trial, plan: Plan, say: Callable[[int, int, str], None]) -> None:
    chance, fleet = random.Random(plan.seed), trial.fleet
    reset = plan.kills // 2
    while fleet.kills < plan.kills:
        say(fleet.kills, trial.load.requests, "killing")
        fleet.revive()
        trial.hold(chance.uniform(*BETWEEN_S))
        until(lambda: len(_well(trial)) > 1, WITHIN_S)
        goal = trial.posts() + WORK
        until(lambda goal=goal: trial.posts() >= goal or not trial.load.going, WITHIN_S)  # type: ignore[misc]
        if fleet.kills >= reset:
            reset = plan.kills * 2
            _all_die(trial)
            continue
        both = 2 if fleet.kills % DOUBLE_KILL == DOUBLE_KILL - 1 else 1
        victims = chance.sample(_well(trial), both)
        for name in victims:
            fleet.kill(name)
        for name in victims:
            fleet.start(name)


def _well(trial: Trial) -> list[str]:
    """The replicas that are ready."""
    return sorted(name for name, life in trial.fleet.running.items() if life.look() and not life.is_frozen)


def _all_die(trial: Trial) -> None:
    names = [name for name, life in sorted(trial.fleet.running.items()) if not life.is_frozen]
    for name in names:
        trial.fleet.kill(name)
    if not trial.fleet.running:
        trial.reset_offsets()
    for name in names:
        trial.fleet.start(name)


def _hold_calls(trial: Trial) -> None:
    """Hold the calls of a moment for a while that RESEND outlasts, then those of another one for longer than that."""
    _hold_new(trial, "short")
    trial.hold(SHORT_HOLD_S)
    trial.sendblue.release("short")
    _hold_new(trial, "long")
    trial.fleet.freeze(NAMES[0])


def _hold_new(trial: Trial, era: str) -> None:
    """Every call that begins in this moment is held, until its era is released."""
    trial.sendblue.impose(KEEP_CALLS, era)
    trial.sendblue.era = era
    trial.sendblue.impose(CUT)
    trial.sendblue.release("")
    trial.hold(MOMENT_S)
    trial.sendblue.era = ""


def _let_go(trial: Trial, began: float, say: Callable[[int, int, str], None]) -> int:
    """Let the long-held calls and the frozen replica go, once their requests have been sent again."""
    say(trial.fleet.kills, trial.load.requests, "holding calls back")
    trial.hold(max(began + SHORT_HOLD_S + LONG_HOLD_S - time.monotonic(), 0.0))
    trial.sendblue.release("long")
    trial.fleet.thaw(NAMES[0])
    held = trial.sendblue.did["held"]
    assert held, "no call was held"
    return held
