"""Scenarios: a trial, one or more acts while requests keep coming, then the judge."""

import random
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeAlias

from tests.chaos import acts_disk as disk
from tests.chaos import acts_network as network
from tests.chaos import acts_operator as operator
from tests.chaos import acts_process as process
from tests.chaos.oracle import Judgement, judge
from tests.chaos.stack import Stack
from tests.chaos.trial import Trial

Act: TypeAlias = Callable[[Trial, random.Random], str]
ACTS: Mapping[str, Act] = {
    "kill-loop": process.kill_loop,
    "freezes": process.freezes,
    "broker-killed": process.broker_killed,
    "brokers-rolling": process.brokers_rolling,
    "disk-full": disk.disk_full,
    "cut-from-one-broker": network.cut_from_one_broker,
    "cut-from-all-brokers": network.cut_from_all_brokers,
    "answers-of-brokers-lost": network.answers_of_brokers_lost,
    "slow-network": network.slow_network,
    "rebalance-storm": process.rebalance_storm,
    "scaling": process.scaling,
    "rolling-deploy": process.rolling_deploy,
    "sendblue-slow": network.sendblue_slow,
    "sendblue-answers-wrong": network.sendblue_answers_wrong,
    "sendblue-unreachable": network.sendblue_unreachable,
    "callbacks-astray": network.callbacks_astray,
    "offsets-reset": process.offsets_reset,
    "registry-away": process.registry_away,
    "ledger-slow": network.ledger_slow,
    "operators-at-work": operator.operators_at_work,
}
WHY_NOT: Mapping[str, Callable[[], str | None]] = {"disk-full": disk.why_not}
"""Of acts that not every machine can play."""
RATE, GAP_S, ENOUGH, BEHIND = 15.0, 0.2, 100_000, 200
"""Requests a second, until so many have no POST yet: a slow machine is asked for less, not for longer."""
PARK_AFTER_S = 60
"""The least that is allowed; what a kill leaves without a POST is settled only by this."""


def why_not(act: str) -> str | None:
    """Why this act cannot be played here; None when it can."""
    return WHY_NOT[act]() if act in WHY_NOT else None


class Played(NamedTuple):
    """``fired``: what each act really did."""

    fired: Mapping[str, str]
    judgement: Judgement


def play(
    stack: Stack,
    acts: Sequence[str | tuple[str, ...]],
    seed: int,
    say: Callable[[str], None],
    protocol: str = "classic",
) -> Played:
    """Play these acts in one trial, one after the other, or at once where several stand together.

    The folder is kept when something is wrong.
    """
    folder, fired = Path(tempfile.mkdtemp(prefix="chaos-")), dict[str, str]()
    with Trial(stack, folder, seed, gap_s=GAP_S, protocol=protocol, in_doubt={"park_after_s": PARK_AFTER_S}) as trial:
        say("ready")
        trial.load.begin(ENOUGH, RATE, lambda: trial.load.requests - trial.posts() > BEHIND)
        trial.wait_posts(10)
        for together in acts:
            names = (together,) if isinstance(together, str) else together
            fired |= _at_once(trial, names, seed)
            trial.fleet.revive()
            for act in names:
                say(f"{act}: {fired[act]}")
        trial.load.stop()
        judgement = judge(trial.settle())
        say("settled")
    if judgement.complaints:
        say(f"left for a look: {folder}")
    else:
        shutil.rmtree(folder)
    return Played(fired, judgement)


def _at_once(trial: Trial, acts: Sequence[str], seed: int) -> dict[str, str]:
    """Each with chances of its own, so that a seed means the same whatever is played beside."""
    with ThreadPoolExecutor(len(acts)) as pool:
        played = {act: pool.submit(ACTS[act], trial, random.Random(f"{seed} {act}")) for act in acts}
    return {act: done.result() for act, done in played.items()}
