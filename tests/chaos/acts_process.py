"""Faults of processes: replicas and brokers killed, frozen, ended, started; and what an operator does to them.

Each act works on a trial whose load is going on, says what really happened, and fails when nothing did.
"""

import random

from tests.chaos.evidence import OWN
from tests.chaos.stack import NODES
from tests.chaos.trial import WITHIN_S, Trial
from tests.real.site import until

FREEZES_S = (2.0, 10.0)
"""One that nobody notices; one longer than lease and session, so that others own its lines when it wakes."""
LONGEST_CALL_S = 12.0
"""Lease and deadline, and a little for a busy machine."""


def kill_loop(trial: Trial, chance: random.Random, kills: int = 3) -> str:
    """kill -9 a replica in the middle of its work, again and again."""
    for _ in range(kills):
        trial.wait_posts(chance.randrange(5, 25))
        victim = chance.choice(sorted(trial.fleet.running))
        trial.fleet.kill(victim)
        trial.fleet.start(victim)
    trial.fleet.ready()
    return f"{kills} kill -9"


def freezes(trial: Trial, chance: random.Random, seconds: tuple[float, ...] = FREEZES_S) -> str:
    """SIGSTOP a replica, and let it go on as if nothing had happened."""
    for span in seconds:
        victim = chance.choice(sorted(trial.fleet.running))
        trial.wait_posts(chance.randrange(2, 10))
        trial.fleet.freeze(victim)
        frozen = trial.fleet.is_stopped(victim)
        trial.hold(span)
        trial.fleet.thaw(victim)
        assert frozen, f"{victim} was not stopped"
    return f"SIGSTOP for {', '.join(f'{span:g}' for span in seconds)} s"


def broker_killed(trial: Trial, chance: random.Random) -> str:
    """kill -9 a broker, and start it again."""
    brokers, node = trial.stack.brokers, chance.choice(NODES)
    brokers.kill(node)
    trial.wait_posts(20)
    brokers.start(node)
    brokers.wait()
    trial.wait_posts(10)
    return f"kill -9 of broker {node}"


def brokers_rolling(trial: Trial, chance: random.Random) -> str:
    """SIGTERM and start, one broker after the other."""
    for node in NODES:
        trial.stack.brokers.stop(node)
        trial.stack.brokers.start(node)
        trial.stack.brokers.wait()
    trial.wait_posts(10)
    return f"{len(NODES)} brokers restarted"


def scaling(trial: Trial, chance: random.Random) -> str:
    """Two replicas more, then all but one ended by SIGTERM: no attempt is left in doubt."""
    before = sorted(trial.fleet.running)
    for name in ("T", "U"):
        trial.fleet.start(name)
    trial.fleet.ready()
    trial.wait_posts(20)
    stopped = [_stopped(trial, name) for name in sorted(trial.fleet.running)[1:]]
    trial.wait_posts(20)
    for name in before[1:]:
        trial.fleet.start(name)
    trial.fleet.ready()
    return _deployed(stopped)


def rolling_deploy(trial: Trial, chance: random.Random) -> str:
    """SIGTERM and start, one replica after the other: no attempt is left in doubt."""
    stopped = []
    for name in sorted(trial.fleet.running):
        trial.wait_posts(10)
        stopped.append(_stopped(trial, name))
        trial.fleet.start(name)
        trial.fleet.ready()
    return _deployed(stopped)


def rebalance_storm(trial: Trial, chance: random.Random, turns: int = 4) -> str:
    """Members come and go before the group has come to rest."""
    for _ in range(turns):
        trial.fleet.start("T")
        trial.hold(chance.uniform(1.0, 4.0))
        trial.fleet.kill("T")
    trial.wait_posts(10)
    return f"{turns} members came and went"


def offsets_reset(trial: Trial, chance: random.Random) -> str:
    """All replicas die, and an operator sets router and sender back to offset 0."""
    names = sorted(trial.fleet.running)
    for name in names:
        trial.fleet.kill(name)
    trial.reset_offsets()
    for name in names:
        trial.fleet.start(name)
    trial.fleet.ready()
    return f"offsets set to 0 after {trial.load.requests} requests"


def registry_away(trial: Trial, chance: random.Random) -> str:
    """The registry does not answer while a replica starts; the others go on, and it waits."""
    trial.stack.registry.freeze()
    try:
        late = trial.fleet.start("T")
        trial.wait_posts(30)
        until(lambda: "connector.waits" in late.log.read_text(), WITHIN_S, [late.process])
        assert not late.look(), "a replica started without a registry"
    finally:
        trial.stack.registry.thaw()
    trial.fleet.ready()
    _stopped(trial, "T")
    return "the registry frozen, a replica waited for it"


def _deployed(stopped: list[int]) -> str:
    return f"{len(stopped)} replicas ended by SIGTERM, {sum(stopped)} attempts of theirs, none in doubt"


def _stopped(trial: Trial, name: str) -> int:
    """End it by SIGTERM; how many attempts it made, all of them settled by itself when it ended.

    What earlier faults have left in doubt is older than the longest call and stays so.
    """
    life = trial.fleet.running[name]
    trial.fleet.stop(name)
    began, ended = life.ended or 0.0, life.gone or 0.0
    attempts = [one for one in trial.evidence().ledger.attempts.values() if one.owner == life.owner]
    late = [one for one in attempts if one.settled is None or (one.via not in OWN and one.settled > ended)]
    doubt = [one for one in late if one.granted > began - LONGEST_CALL_S]
    assert not doubt, f"SIGTERM left {len(doubt)} attempts in doubt: {doubt[:3]}"
    return len(attempts)
