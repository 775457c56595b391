"""The catalogue of metrics, as one table, and the listener that feeds it.

Every label has a closed list of values; whatever is not on it becomes ``other``, so no input can add a series. Every
series exists from the start at 0: an alert on an increase never misses the first one. Lines appear by alias, at most
50; the rest share ``other``.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from connector.core import facts
from connector.core.auditing import Kind
from connector.core.delays import Delay, Wait
from connector.core.events import OF_THE_MESSAGE, WAITING
from connector.core.ledger import Alarm
from connector.core.messages import EventType
from connector.core.outcomes import KNOWN_CODES
from connector.core.refusals import REFUSALS
from connector.core.statuses import Service, Status

MAX_LINES = 50
SLO_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
CALL_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)
OTHER = "other"

_CODES = (*sorted(KNOWN_CODES), "ok", "LATE", "BUSY", "WRONG_LINE")
_STATUSES = tuple(str(s) for s in Status)
_SERVICES = tuple(str(s) for s in Service)
_TYPES = tuple(str(t) for t in EventType if t not in OF_THE_MESSAGE | WAITING)
_DELAYS = tuple(str(d) for d in Delay)
_TOPICS = ("requests", "dispatch", *(f"delay.{d}" for d in Delay))


class Metric(NamedTuple):
    """One row of the catalogue. ``labels``: name -> allowed values, besides ``other``."""

    kind: type[Counter] | type[Gauge] | type[Histogram]
    name: str
    help: str
    labels: Mapping[str, tuple[str, ...]] = {}
    buckets: tuple[float, ...] = ()


CATALOGUE = (
    Metric(Counter, "sendblue_requests_routed_total", "requests put on their line's partition", {"line": ()}),
    Metric(Counter, "sendblue_requests_refused_total", "records the router refused", {"code": tuple(REFUSALS)}),
    Metric(
        Counter,
        "sendblue_ledger_verdicts_total",
        "proposals by the ledger's verdict",
        {"verdict": ("granted", "duplicate", "expired", "timeout")},
    ),
    Metric(
        Counter,
        "sendblue_posts_total",
        "calls of Sendblue's send endpoints by outcome and code",
        {"outcome": ("submitted", "unsent", "rejected", "unknown"), "code": _CODES},
    ),
    Metric(
        Histogram, "sendblue_post_duration_seconds", "duration of one call of a send endpoint", buckets=CALL_SECONDS
    ),
    Metric(Counter, "sendblue_messages_total", "requests by how they ended, parked ones included", {"end": _TYPES}),
    Metric(
        Histogram,
        "sendblue_message_delay_seconds",
        "from the request's time until Sendblue accepted it",
        buckets=SLO_SECONDS,
    ),
    Metric(Counter, "sendblue_scheduled_total", "requests seen with a send_at ahead", {"line": ()}),
    Metric(
        Counter,
        "sendblue_deferrals_total",
        "hops into a delay topic, by why the record had to wait",
        {"delay": _DELAYS, "reason": tuple(w.name for w in Wait)},
    ),
    Metric(Counter, "sendblue_delays_ended_total", "records a delay topic gave back to their line", {"delay": _DELAYS}),
    Metric(Counter, "sendblue_in_doubt_total", "calls whose fate was unknown", {"line": ()}),
    Metric(
        Counter,
        "sendblue_doubt_looks_total",
        "looks at Sendblue's message list for a call in doubt, by what they said",
        {"result": ("proved", "absent", "ambiguous")},
    ),
    Metric(
        Counter,
        "sendblue_doubts_settled_total",
        "calls in doubt that are so no more, by what settled them",
        {"by": ("callback", "list", "absence", "sender", "parked")},
    ),
    Metric(
        Counter,
        "sendblue_breaker_turns_total",
        "breakers that opened, and closed again",
        {"of": ("line", "account"), "to": ("opened", "closed")},
    ),
    Metric(Counter, "sendblue_line_waits_total", "times a line backed off, by code", {"code": _CODES}),
    Metric(Gauge, "sendblue_parked", "requests that wait for a person"),
    Metric(
        Counter, "sendblue_dead_letters_total", "records put on the dead-letter topic", {"code": (*REFUSALS, *_CODES)}
    ),
    Metric(
        Counter,
        "sendblue_callbacks_total",
        "status callbacks by result",
        {"result": ("accepted", "repeated", "unreadable", "forged", "refused")},
    ),
    Metric(
        Counter,
        "sendblue_statuses_total",
        "statuses Sendblue reported",
        {"status": _STATUSES, "service": _SERVICES},
    ),
    Metric(Counter, "sendblue_status_errors_total", "error codes in status callbacks", {"code": _CODES}),
    Metric(
        Counter,
        "sendblue_statuses_swept_total",
        "statuses that no callback brought, by how they were found",
        {"by": ("list", "look_up")},
    ),
    Metric(
        Counter,
        "sendblue_status_look_ups_total",
        "look-ups of messages without a terminal status, by what they said",
        {"result": ("new", "same", "unknown", "no_answer")},
    ),
    Metric(Counter, "sendblue_status_timeouts_total", "messages given up after a day unconfirmed", {"line": ()}),
    Metric(Gauge, "sendblue_messages_outstanding", "messages without a terminal status, as the reconciler knows them"),
    Metric(Gauge, "sendblue_sweep_behind_seconds", "age of the newest message change the sweep has seen"),
    Metric(
        Counter,
        "sendblue_audit_findings_total",
        "messages in the list that should not be there, or the other way round",
        {"finding": tuple(str(kind) for kind in Kind)},
    ),
    Metric(
        Histogram,
        "sendblue_callback_duration_seconds",
        "from a callback's arrival until its event was durable",
        buckets=CALL_SECONDS,
    ),
    Metric(
        Gauge,
        "sendblue_lag_records",
        "records not yet done, by topic, of the partitions read here",
        {"topic": _TOPICS},
    ),
    Metric(
        Gauge,
        "sendblue_lag_seconds",
        "age of the oldest record read and not yet done, by topic",
        {"topic": _TOPICS},
    ),
    Metric(Gauge, "sendblue_ledger_lag_records", "records of the ledger not yet read"),
    Metric(Gauge, "sendblue_ledger_requests", "requests the ledger remembers"),
    Metric(Gauge, "sendblue_attempts_open", "attempts in flight or in doubt, as the ledger knows them"),
    Metric(Counter, "sendblue_alarms_total", "what must never happen", {"alarm": tuple(str(a) for a in Alarm)}),
)

_COUNTED: Mapping[type, tuple[str, ...]] = {
    facts.RequestRouted: ("sendblue_requests_routed_total", "line"),
    facts.RequestRefused: ("sendblue_requests_refused_total", "code"),
    facts.VerdictSeen: ("sendblue_ledger_verdicts_total", "kind"),
    facts.PostAnswered: ("sendblue_posts_total", "outcome", "code"),
    facts.AttemptInDoubt: ("sendblue_in_doubt_total", "line"),
    facts.DoubtLooked: ("sendblue_doubt_looks_total", "result"),
    facts.DoubtSettled: ("sendblue_doubts_settled_total", "by"),
    facts.BreakerTurned: ("sendblue_breaker_turns_total", "of", "to"),
    facts.LineWaits: ("sendblue_line_waits_total", "code"),
    facts.RequestScheduled: ("sendblue_scheduled_total", "line"),
    facts.RequestDeferred: ("sendblue_deferrals_total", "delay", "reason"),
    facts.DelayEnded: ("sendblue_delays_ended_total", "delay"),
    facts.MessageSettled: ("sendblue_messages_total", "disposition"),
    facts.DeadLettered: ("sendblue_dead_letters_total", "code"),
    facts.StatusSwept: ("sendblue_statuses_swept_total", "by"),
    facts.StatusLookedUp: ("sendblue_status_look_ups_total", "result"),
    facts.StatusTimedOut: ("sendblue_status_timeouts_total", "line"),
    facts.AuditFound: ("sendblue_audit_findings_total", "finding"),
    facts.CallbackAnswered: ("sendblue_callbacks_total", "result"),
    facts.AlarmRaised: ("sendblue_alarms_total", "alarm"),
}
"""The facts that add one to a counter: its name, then the fact's fields that are its labels."""


class Metrics:
    """The listener. ``lines``: the aliases that get series of their own, the first 50 of them."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self.registry = CollectorRegistry()
        self._lines = tuple(lines)[:MAX_LINES]
        self._metrics = {row.name: self._make(row) for row in CATALOGUE}
        self._allowed = {row.name: self._values(row) for row in CATALOGUE}
        self._children: dict[tuple[str, ...], Counter | Gauge | Histogram] = {}
        for row in CATALOGUE:
            for values in product(*self._allowed[row.name].values()):
                self._child(row.name, *values)

    def serve(self, host: str, port: int) -> int:
        """Serve /metrics from a thread, OpenMetrics for those who ask; return the port. Raises OSError."""
        try:
            server, _ = start_http_server(port, host, registry=self.registry)
        except OSError as error:
            raise OSError(f"cannot listen on port {port} for metrics: {error.strerror}") from None
        return int(server.server_port)

    def __call__(self, fact: facts.Fact, /) -> None:
        """Count one fact."""
        if (counted := _COUNTED.get(type(fact))) is not None:
            name, *labels = counted
            self._inc(name, *(getattr(fact, label) for label in labels))
        match fact:
            case facts.PostAnswered():
                self._observe("sendblue_post_duration_seconds", fact.seconds)
            case facts.MessageSettled() if fact.disposition == EventType.SUBMITTED:
                self._observe("sendblue_message_delay_seconds", fact.seconds)
            case facts.CallbackAnswered() if fact.result == "accepted":
                self._callback(fact)
            case facts.ParkedSeen() | facts.LagSeen() | facts.LedgerSeen() | facts.SweepSeen():
                self._gauges(fact)
            case _:
                pass

    def _callback(self, fact: facts.CallbackAnswered) -> None:
        self._inc("sendblue_statuses_total", fact.status, fact.service)
        self._observe("sendblue_callback_duration_seconds", fact.seconds)
        if fact.error_code:
            self._inc("sendblue_status_errors_total", fact.error_code)

    def _gauges(self, fact: facts.ParkedSeen | facts.LagSeen | facts.LedgerSeen | facts.SweepSeen) -> None:
        match fact:
            case facts.SweepSeen(outstanding, behind_s):
                self._set("sendblue_messages_outstanding", outstanding)
                self._set("sendblue_sweep_behind_seconds", behind_s)
            case facts.ParkedSeen(count):
                self._set("sendblue_parked", count)
            case facts.LagSeen(topic, records, seconds):
                self._set("sendblue_lag_records", records, topic)
                self._set("sendblue_lag_seconds", seconds, topic)
            case facts.LedgerSeen(lag, remembered, still_open):
                self._set("sendblue_ledger_lag_records", lag)
                self._set("sendblue_ledger_requests", remembered)
                self._set("sendblue_attempts_open", still_open)

    def _make(self, row: Metric) -> Counter | Gauge | Histogram:
        names = tuple(row.labels)
        if issubclass(row.kind, Histogram):
            return Histogram(row.name, row.help, names, buckets=row.buckets, registry=self.registry)
        return row.kind(row.name, row.help, names, registry=self.registry)

    def _values(self, row: Metric) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(dict.fromkeys((*(self._lines if name == "line" else values), OTHER)))
            for name, values in row.labels.items()
        }

    def _child(self, name: str, *values: str) -> Counter | Gauge | Histogram:
        allowed = self._allowed[name].values()
        kept = tuple(value if value in known else OTHER for value, known in zip(values, allowed, strict=True))
        if (child := self._children.get((name, *kept))) is None:
            metric = self._metrics[name]
            child = self._children[(name, *kept)] = metric.labels(*kept) if kept else metric
        return child

    def _inc(self, name: str, *values: str) -> None:
        child = self._child(name, *values)
        if isinstance(child, Counter):
            child.inc()

    def _set(self, name: str, value: float, *values: str) -> None:
        child = self._child(name, *values)
        if isinstance(child, Gauge):
            child.set(value)

    def _observe(self, name: str, value: float) -> None:
        child = self._child(name)
        if isinstance(child, Histogram):
            child.observe(value)
