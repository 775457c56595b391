"""What is wrong with a running installation, decided from what was found: ``doctor`` shows it.

The preflight says whether an installation could start; here it is whether it does its work: is what comes in consumed,
is the process ready, which lines and whose breaker stand still, do the clocks agree. Each finding says the state and
what it means; a fault says what to do.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from connector.core.preflight import Finding

SKEW_MS = 30_000  # a Date has whole seconds and a call takes some; hosts that keep time differ by far less
CEILING = 1_000_000  # requests a day of one ledger: what a replica keeps of them in memory, and reads at a start
DAY_MS = 24 * 3600 * 1000
BY_NTP = "let NTP keep this machine's time"
READY = {"ready", "backoff"}  # a backoff ends by itself


class Running(NamedTuple):
    """What a process says of itself. ``lines``: alias -> its state; ``stopped_because``: why the account is stopped."""

    not_ready: Sequence[str] = ()
    behind: int | None = None
    stopped_because: str | None = None
    lines: Mapping[str, str] = {}


def running(url: str, seen: Running | None) -> list[Finding]:
    """The process at this address; ``seen`` is None when nobody answers there."""
    if seen is None:
        do = "start the connector, or say with --status-url where it is"
        return [Finding(False, "process", f"nobody answers at {url}", do)]
    do = "it goes on by itself once that is mended; docs/operators.md"
    found = [Finding(False, "process", f"is not ready: {why}", do) for why in seen.not_ready]
    found = found or [Finding(True, "process", "is ready: it sends requests and answers callbacks")]
    if seen.behind is not None:
        found.append(Finding(True, "ledger tail", f"{seen.behind} records behind the end of the ledger"))
    if seen.stopped_because is not None:
        sentence = f"is stopped ({seen.stopped_because}): no line sends until a GET succeeds"
        found.append(Finding(False, "account", sentence, "check the keys, the network and Sendblue's status page"))
    return found + [_line(alias, state) for alias, state in seen.lines.items()]


def _line(alias: str, state: str) -> Finding:
    if state in READY:
        return Finding(True, f"line {alias}", f"sends ({state})")
    if state == "paused":
        do = "see `kafka-sendblue orders list`; resume it when its time has come"
        return Finding(False, f"line {alias}", "is paused by an operator; its requests wait, and expire", do)
    do = "look at the line at Sendblue; its breaker is tried again by itself"
    return Finding(False, f"line {alias}", f"does not send ({state}); its requests wait", do)


def consumed(role: str, topic: str, behind: int | None, members: int | None) -> Finding:
    """Whether a topic is consumed; ``behind``: None where nothing is committed; ``members`` of its group, None when the
    brokers do not say.
    """
    name, told = f"{role} on {topic}", "it is read whole" if behind is None else f"{behind} records have no end yet"
    if members == 0:
        return Finding(False, name, f"{told}, and nobody consumes", f"start a process with the role {role}")
    shared = "" if members is None else f"; {members} replicas share the work"
    return Finding(True, name, f"{told}{shared}")


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
