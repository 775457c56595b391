"""What is wrong with a running installation, decided from what was found: ``doctor`` shows it.

The preflight says whether an installation could start; here it is whether it does its work: is what comes in consumed,
and in time, is the process ready, which lines and whose breaker stand still, are replies heard, do the clocks agree.
Each finding says the state and what it means; a fault says what to do.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, assert_never

from connector.core.health import LEDGER_LAG
from connector.core.preflight import Finding
from connector.core.sights import LineState
from connector.core.webhook_plan import Step, changes

SKEW_MS = 30_000  # a Date has whole seconds and a call takes some; hosts that keep time differ by far less
CEILING = 1_000_000  # requests a day of one ledger: what a replica keeps of them in memory, and reads at a start
DAY_MS = 24 * 3600 * 1000
BY_NTP = "let NTP keep this machine's time"
LATE_S = {"requests": 300, "delay.1m": 660, "delay.1h": 4200}
"""How old the oldest record of a topic may be, in seconds; the alerts on late requests and delays have the same."""
QUEUE_S = 14_400  # the alert on long queues has the same; most requests expire after a day
ROUTED = 1_000 * LATE_S["requests"]
"""Requests that wait: a router that does a thousand a second is late with the last of them."""
NEW = LineState.NEW_CONTACTS
CAMPAIGN = "call off what is not wanted (`kafka-sendblue cancel`), or add a line: more replicas do not help"
TOO_MANY = {"router": "start more processes with the role router, up to one a partition", "sender": CAMPAIGN}


class Running(NamedTuple):
    """What a process says of itself. ``lines``: alias -> its state; ``stopped_because``: why the account is stopped.

    ``drains``: alias -> seconds its queue takes; ``ages``: topic -> seconds the oldest record without an end is old.
    """

    not_ready: Sequence[str] = ()
    behind: int | None = None
    stopped_because: str | None = None
    lines: Mapping[str, str] = {}
    drains: Mapping[str, float] = {}
    ages: Mapping[str, float] = {}


class Foreign(NamedTuple):
    """Somebody answers, and it is no connector: what it answers, in a few words."""

    told: str


def running(url: str, seen: Running | Foreign | None) -> list[Finding]:
    """The process at this address; ``seen`` is None when nobody answers there."""
    if seen is None:
        do = "start the connector, or say with --status-url where it is"
        return [Finding(False, "process", f"nobody answers at {url}", do)]
    if isinstance(seen, Foreign):
        sentence = f"what answers at {url} is not a kafka-sendblue's /statusz: {seen.told}"
        do = "say with --status-url where one is: /statusz on its observability.health_port"
        return [Finding(False, "process", sentence, do)]
    do = "it goes on by itself once that is mended; docs/operators.md"
    found = [Finding(False, "process", f"is not ready: {why}", do) for why in seen.not_ready]
    found = found or [Finding(True, "process", "is ready: it sends requests and answers callbacks")]
    if seen.behind is not None:
        found.append(_tail(seen.behind))
    if seen.stopped_because is not None:
        sentence = f"is stopped ({seen.stopped_because}): no line sends until a GET succeeds"
        found.append(Finding(False, "account", sentence, "check the keys, the network and Sendblue's status page"))
    found += [_age(topic, age_s) for topic, age_s in seen.ages.items() if topic in LATE_S]
    return found + [_line(alias, state, seen.drains.get(alias, 0.0)) for alias, state in seen.lines.items()]


def _tail(behind: int) -> Finding:
    told = f"{behind} records behind the end of the ledger"
    if behind <= LEDGER_LAG:
        return Finding(True, "ledger tail", told)
    do = "at a start it is being read; else give the process more CPU, or the ledger's broker less to do"
    return Finding(False, "ledger tail", f"{told}: until it is read nothing is granted", do)


def _age(topic: str, age_s: float) -> Finding:
    told = f"its oldest record without an end is {age_s:.0f} s old"
    if age_s <= LATE_S[topic]:
        return Finding(True, f"{topic} read", told)
    do = "see what the process and the lines say; docs/runbooks.md, SendblueRequestsLate and SendblueDelaysLate"
    return Finding(False, f"{topic} read", f"{told}; more than {LATE_S[topic]} s is late", do)


def _line(alias: str, state: str, drain_s: float) -> Finding:
    name = f"line {alias}"
    if state not in set(LineState):
        do = "ask it with the `doctor` of its own version"
        return Finding(False, name, f"is {state}, which this version does not know", do)
    trouble = _trouble(LineState(state))
    if trouble is not None:
        return Finding(False, name, *trouble)
    if drain_s > QUEUE_S:
        return Finding(False, name, f"sends ({state}); its queue takes {drain_s / 3600:.0f} h at its pace", CAMPAIGN)
    waits = "; what it holds is for new contacts, until Sendblue's hour or day is over" if state == NEW else ""
    return Finding(True, name, f"sends ({state}){waits}")


def _trouble(state: LineState) -> tuple[str, str] | None:
    """What a line's state means and what to do about it; None for what is none, or ends by itself."""
    wait = f"does not send ({state}); its requests wait"
    match state:
        case LineState.READY | LineState.BACKOFF | LineState.NEW_CONTACTS:
            return None
        case LineState.BREAKER:
            return wait, "look at the line at Sendblue; its breaker is tried again by itself"
        case LineState.PAUSED:
            do = "see `kafka-sendblue orders list`; resume it when its time has come"
            return "is paused by an operator; its requests wait, and expire", do
        case LineState.STOPPED:
            do = "ask Sendblue (`kafka-sendblue lines list` shows what it says); blocked for good: move its contacts"
            return f"{wait}: Sendblue says that it is offline or blocked", do
        case LineState.ACCOUNT:
            do = "mend what `account` and `sendblue` say here; if they say nothing it backs off, which ends by itself"
            return f"{wait}, as all lines do", do
        case LineState.LEDGER:
            do = "mend what `process` and `ledger tail` say here; it sends again once the ledger is read to its end"
            return f"{wait}, as all lines do", do
        case _:
            assert_never(state)


def consumed(role: str, topic: str, behind: int | None, members: int | None, most: float | None = None) -> Finding:
    """Whether a topic is consumed; ``behind``: None where nothing is committed; ``members`` of its group, None when the
    brokers do not say; ``most``: how many records are done before the last of them is late, None where that is unknown.
    """
    name, told = f"{role} on {topic}", "it is read whole" if behind is None else f"{behind} records have no end yet"
    if members == 0:
        return Finding(False, name, f"{told}, and nobody consumes", f"start a process with the role {role}")
    shared = "" if members is None else f"; {members} replicas share the work"
    if behind is not None and most is not None and behind > most:
        return Finding(False, name, f"{told}, {most:.0f} are done in time{shared}", TOO_MANY[role])
    return Finding(True, name, f"{told}{shared}")


def sendable(gaps_s: Iterable[float], within_s: float) -> float | None:
    """How many texts lines with these gaps send in that time; None without a line, or when one of them has no pace."""
    gaps = list(gaps_s)
    return sum(within_s / gap for gap in gaps) if gaps and all(gaps) else None


def heard(steps: Iterable[Step]) -> Finding:
    """Whether Sendblue tells us what we want to hear; ``steps``: the plan of the account's webhooks."""
    given = list(steps)
    if missing := changes(given):
        kinds = [step.kind for step in missing]
        lost = "replies and opt-outs are lost" if "receive" in kinds else "it is lost"
        sentence = f"it does not tell us of {', '.join(kinds)}: {lost}"
        return Finding(False, "webhooks at Sendblue", sentence, "`kafka-sendblue webhooks apply`")
    notes = "; ".join(f"{step.kind}: {step.why}" for step in given)
    return Finding(True, "webhooks at Sendblue", notes or "it tells us of every type that the settings name")


def broker_clock(appended_ms: int | None, now_ms: int) -> Finding:
    """The brokers' clock, by the newest record that they stamped: it cannot be younger than now."""
    if appended_ms is None:
        return Finding(True, "brokers' clock", "the ledger has no record by which to tell")
    ahead_ms = appended_ms - now_ms
    if ahead_ms > SKEW_MS:
        sentence = f"{ahead_ms // 1000} s ahead of this machine: requests may look older or younger than they are"
        return Finding(False, "brokers' clock", sentence, BY_NTP)
    return Finding(True, "brokers' clock", f"not ahead of this machine; the last record is {-ahead_ms // 1000} s old")


def sendblue_clock(date_ms: int | None, now_ms: int) -> Finding:
    """Sendblue's clock, by the Date of an answer."""
    if date_ms is None:
        return Finding(True, "Sendblue's clock", "its answer had no date")
    skew_ms = now_ms - date_ms
    if abs(skew_ms) > SKEW_MS:
        sentence = f"{skew_ms // 1000} s from this machine's: what the message list shows may be taken for another time"
        return Finding(False, "Sendblue's clock", sentence, BY_NTP)
    return Finding(True, "Sendblue's clock", f"within {SKEW_MS // 1000} s of this machine's")


def ceiling(topic: str, records: int, span_ms: int) -> Finding:
    """How much of what one ledger can serve is used: two records a request, over the span they were appended in."""
    a_day = records / 2 * DAY_MS / max(span_ms, DAY_MS)
    told = f"about {a_day:,.0f} requests a day, of {CEILING:,} that one ledger can serve"
    if a_day > CEILING:
        return Finding(False, f"{topic} load", told, "give some lines to a second connector with a ledger of its own")
    return Finding(True, f"{topic} load", told)
