"""Sights as gauges: which series a sight sets, to what. A pure table; the listener only carries it out.

Of the lines beyond the 50 that have series of their own the sums are shown, and of ages and times the worst.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from math import nan
from typing import NamedTuple, assert_never

from connector.core.breakers import State
from connector.core.line_facts import Fact
from connector.core.sights import (
    AccountSeen,
    BrokersSeen,
    CertificateSeen,
    ConsumerSeen,
    LagSeen,
    LedgerSeen,
    LineSeen,
    LinesSeen,
    LineState,
    OptedOutSeen,
    ParkedSeen,
    PausesSeen,
    ProcessSeen,
    ProcessState,
    RoomsSeen,
    Sight,
    SweepSeen,
)
from connector.observability.catalogue import OTHER, WINDOWS

REFUSED_KEYS = frozenset({"UNAUTHORIZED", "FORBIDDEN"})
"""Why an account is stopped when its keys are not taken (HTTP 401 and 403)."""
STATES = tuple(State)


class Setting(NamedTuple):
    """One series and its value; ``labels`` in the order of the catalogue."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


_ALONE = {
    ParkedSeen: "sendblue_parked",
    OptedOutSeen: "sendblue_opted_out",
    CertificateSeen: "sendblue_tls_certificate_not_after_timestamp_seconds",
}
"""Sights of one value."""


def settings_of(sight: Sight, own: Collection[str]) -> Iterator[Setting]:
    """``own``: the aliases with series of their own."""
    match sight:
        case LinesSeen() | RoomsSeen():
            yield from _of_lines(sight, own)
        case ParkedSeen(value) | OptedOutSeen(value) | CertificateSeen(value):
            yield Setting(_ALONE[type(sight)], value)
        case SweepSeen(outstanding, behind_s):
            yield Setting("sendblue_messages_outstanding", outstanding)
            yield Setting("sendblue_sweep_behind_seconds", behind_s)
        case LagSeen(topic, records, seconds):
            yield Setting("sendblue_lag_records", records, (topic,))
            yield Setting("sendblue_lag_seconds", seconds, (topic,))
        case ConsumerSeen(topic, assigned, role_full, decoding):
            yield Setting("sendblue_assigned_partitions", assigned, (topic,))
            yield Setting("sendblue_paused_partitions", role_full, (topic, "role_full"))
            yield Setting("sendblue_paused_partitions", decoding, (topic, "decoding"))
        case LedgerSeen(lag, remembered, still_open):
            yield Setting("sendblue_ledger_lag_records", lag)
            yield Setting("sendblue_ledger_requests", remembered)
            yield Setting("sendblue_attempts_open", still_open)
        case AccountSeen(breaker, stopped_because):
            yield Setting("sendblue_credentials_valid", stopped_because not in REFUSED_KEYS)
            yield from _one_of("sendblue_breakers", STATES, breaker, ("account",))
        case PausesSeen(of_lines, of_tags, of_all, oldest_s):
            for scope, count in (("line", of_lines), ("tag", of_tags), ("all", of_all)):
                yield Setting("sendblue_pauses", count, (scope,))
            yield Setting("sendblue_pause_oldest_seconds", oldest_s)
        case BrokersSeen(client, up):
            yield Setting("sendblue_brokers_up", up, (client,))
        case ProcessSeen(state, ready, in_flight, callbacks):
            yield from _one_of("sendblue_state", tuple(ProcessState), state)
            yield Setting("sendblue_ready", ready)
            yield Setting("sendblue_requests_in_flight", in_flight)
            yield Setting("sendblue_webhook_in_flight", callbacks)
        case _:
            assert_never(sight)


def _of_lines(sight: LinesSeen | RoomsSeen, own: Collection[str]) -> Iterator[Setting]:
    return _lines(sight.lines, own) if isinstance(sight, LinesSeen) else _rooms(sight.facts, own)


def _lines(lines: tuple[LineSeen, ...], own: Collection[str]) -> Iterator[Setting]:
    others = {line.alias: line for line in lines}
    for alias in own:
        line = others.pop(alias, None)
        yield from _line(alias, () if line is None else (line,))
    yield from _line(OTHER, tuple(others.values()))
    states, breakers = Counter(line.state for line in lines), Counter(line.breaker for line in lines)
    for state in LineState:
        yield Setting("sendblue_lines", states[state], (state,))
    for name in STATES:
        yield Setting("sendblue_breakers", breakers[name], ("line", name))


def _line(alias: str, lines: Sequence[LineSeen]) -> Iterator[Setting]:
    """No line: it is another process's, or nobody's."""
    sums: tuple[tuple[str, Callable[[LineSeen], float | None]], ...] = (
        ("allowed_rate", lambda line: line.allowed),
        ("used_rate", lambda line: line.used),
        ("queue_records", lambda line: line.queued),
        ("in_doubt", lambda line: line.in_doubt),
    )
    for name, value in sums:
        yield Setting(f"sendblue_line_{name}", sum(value(line) or 0.0 for line in lines), (alias,))
    oldest = max((line.oldest_s for line in lines), default=0.0)
    drain = max((line.drain_s or 0.0 for line in lines), default=0.0)
    yield Setting("sendblue_line_oldest_seconds", oldest, (alias,))
    yield Setting("sendblue_line_drain_seconds", drain, (alias,))
    yield Setting("sendblue_line_idle_seconds", max((line.idle_s for line in lines), default=0.0), (alias,))
    states = Counter(line.state for line in lines)
    for state in LineState:
        yield Setting("sendblue_line_state", states[state], (alias, state))


def _rooms(facts: tuple[tuple[str, Fact], ...], own: Collection[str]) -> Iterator[Setting]:
    """Each line with series of its own, and the others together."""
    others = dict(facts)
    for alias in own:
        if (fact := others.pop(alias, None)) is not None:
            yield from _room(alias, [fact])
    yield from _room(OTHER, list(others.values()))


def _room(alias: str, facts: Sequence[Fact]) -> Iterator[Setting]:
    """The sums of what is told; NaN where nothing is."""
    for window in WINDOWS:
        quotas = [getattr(fact.usage, window) for fact in facts]
        said = (
            ("limit", [quota.limit for quota in quotas]),
            ("used", [quota.used for quota in quotas]),
            ("left", [getattr(fact.room, window) for fact in facts]),
        )
        for name, values in said:
            known = [value for value in values if value is not None]
            yield Setting(f"sendblue_line_new_contacts_{name}", sum(known) if known else nan, (alias, window))


def _one_of(name: str, values: Collection[str], now: str, before: tuple[str, ...] = ()) -> Iterator[Setting]:
    for value in values:
        yield Setting(name, value == now, (*before, value))
