"""Faults of the network, of Kafka's answers and of Sendblue, made by proxies and by the simulator.

Each act works on a trial whose load is going on, says what really happened, and fails when nothing did.
"""

import random
from collections import Counter
from collections.abc import Callable

from confluent_kafka.admin import AdminClient

from tests.chaos.proxy import CUT, HOLE, LOSE_ANSWERS, Rule
from tests.chaos.stack import NODES
from tests.chaos.trial import WITHIN_S, Trial
from tests.real.site import until

CUT_S = 4.0
SLOW_S = 0.15
LEDGER_SLOW_S = 1.0
TEXTS = 15
"""How many texts meet a fault of Sendblue before the act goes on."""
CLEAN = {
    "send": {}, "outage": "none", "latency_s": 0.0, "callback_lost": 0.0, "callback_twice": 0.0, "callback_late": 0.0,
}  # fmt: skip


def cut_from_one_broker(trial: Trial, chance: random.Random) -> str:
    """A replica loses one broker, which the others still see."""
    victim, node = chance.choice(sorted(trial.fleet.running)), chance.choice(NODES)
    return _through(trial, {node: CUT}, victim, CUT_S, f"{victim} cut from broker {node}")


def cut_from_all_brokers(trial: Trial, chance: random.Random) -> str:
    """A replica loses Kafka; the others take over its lines."""
    victim = chance.choice(sorted(trial.fleet.running))
    return _through(trial, dict.fromkeys(NODES, CUT), victim, CUT_S, f"{victim} cut from all brokers")


def answers_of_brokers_lost(trial: Trial, chance: random.Random) -> str:
    """What a replica says arrives at the brokers, their answers do not: its appends land and it cannot know."""
    victim = chance.choice(sorted(trial.fleet.running))
    rules = dict.fromkeys(NODES, LOSE_ANSWERS)
    return _through(trial, rules, victim, CUT_S, f"all answers of brokers to {victim} lost")


def slow_network(trial: Trial, chance: random.Random) -> str:
    """Everything between replicas and brokers takes a while longer."""
    rules = dict.fromkeys(NODES, Rule(delay_s=SLOW_S))
    return _through(trial, rules, "", CUT_S, f"brokers {SLOW_S:g} s away, each way")


def ledger_slow(trial: Trial, chance: random.Random) -> str:
    """The ledger's leader answers late: tails are behind, grants come back near the end of their lease."""
    admin = AdminClient({"bootstrap.servers": trial.stack.bootstrap, "log_level": 0})
    topic = f"{trial.site.base['kafka']['topic_prefix']}.ledger"
    leader = admin.list_topics(topic, timeout=60).topics[topic].partitions[0].leader
    rules = {leader: Rule(delay_s=LEDGER_SLOW_S)}
    return _through(trial, rules, "", CUT_S, f"the ledger's leader, broker {leader}, {LEDGER_SLOW_S:g} s away")


def sendblue_slow(trial: Trial, chance: random.Random) -> str:
    """Each send takes a second."""
    trial.faults(latency_s=1.0)
    trial.wait_posts(TEXTS)
    trial.faults(**CLEAN)
    return f"{TEXTS} texts took a second"


def sendblue_answers_wrong(trial: Trial, chance: random.Random) -> str:
    """Replies lost, 500 and cut answers after the text was accepted, resets before."""
    wrong = {"lose_reply": 0.1, "error_after": 0.1, "truncate": 0.1, "drop": 0.05}
    before = {fault: trial.seen(fault) for fault in wrong}
    trial.faults(send=wrong)
    trial.wait_posts(3 * TEXTS)
    trial.faults(**CLEAN)
    met = {fault: trial.seen(fault) - count for fault, count in before.items()}
    assert sum(met.values()), "no reply went wrong"
    return f"replies: {', '.join(f'{fault} {count}' for fault, count in met.items())}"


def sendblue_unreachable(trial: Trial, chance: random.Random) -> str:
    """No connection, then connections that answer nothing: few attempts get in doubt, and none ends because of it."""
    did = trial.sendblue.did.copy()
    trial.sendblue.impose(CUT)
    _bounded(trial, lambda: trial.hold(CUT_S))
    trial.sendblue.impose(HOLE)
    _bounded(trial, lambda: trial.hold(2 * CUT_S))
    trial.sendblue.clear()
    now = trial.sendblue.did - did
    assert min(now["refused"], now["held"]) > 0, f"Sendblue could be reached: {dict(now)}"
    trial.wait_posts(10)
    return f"Sendblue away: {now['refused']} connections refused, {now['held']} left without an answer"


def callbacks_astray(trial: Trial, chance: random.Random) -> str:
    """Callbacks are lost, come twice, come late and out of order; some replies are lost besides."""
    told, began = Counter(trial.evidence().told), trial.posts()
    trial.faults(callback_lost=0.3, callback_twice=0.3, callback_late=0.3, send={"lose_reply": 0.05})
    trial.wait_posts(3 * TEXTS)
    trial.faults(**CLEAN)
    posts = trial.posts() - began

    def heard() -> tuple[int, int]:
        fresh = Counter(trial.evidence().told) - told
        return len(fresh), sum(count > 1 for count in fresh.values())

    until(lambda: heard()[1] > 0, WITHIN_S)
    return "callbacks of {} texts: {} heard, {} of them twice".format(posts, *heard())


def _through(trial: Trial, rules: dict[int, Rule], label: str, seconds: float, what: str) -> str:
    """Impose a rule on brokers' proxies for a while, and see it do something."""
    before = trial.stack.before
    did = sum((before[node].did.copy() for node in rules), Counter[str]())
    for node, rule in rules.items():
        before[node].impose(rule, label)
    trial.hold(seconds)
    for node in rules:
        before[node].clear()
    now = sum((before[node].did.copy() for node in rules), Counter[str]()) - did
    fired = {name: now[name] for name in ("cut", "refused", "held", "delayed") if now[name]}
    assert fired, f"nothing happened: {what}"
    trial.wait_posts(10)
    return f"{what}: {fired}"


def _bounded(trial: Trial, fault: Callable[[], None]) -> None:
    """While Sendblue is away, attempts in doubt stay below 2 x lanes + 5; a line has two, of two processes at worst."""
    before = {one.attempt for one in trial.evidence().ledger.attempts.values() if one.settled is None}
    fault()
    still = [one for one in trial.evidence().ledger.attempts.values() if one.settled is None]
    doubt, bound = [one for one in still if one.attempt not in before], 2 * 2 * len(trial.site.numbers) + 5
    assert len(doubt) < bound, f"{len(doubt)} attempts in doubt at once, the bound is {bound}"
