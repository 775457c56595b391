"""The listener that feeds the metrics: facts count, sights set gauges.

Which metrics there are says ``catalogue``. Every series exists from the start at 0: an alert on an increase never
misses the first one. A value that no list holds becomes ``other``, so no input can add a series.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, ProcessCollector
from prometheus_client import disable_created_metrics as without_created

from connector.core import content_facts, edge_facts, facts, sights
from connector.core.delivery import error_class
from connector.core.messages import EventType
from connector.observability import scrape
from connector.observability.catalogue import CATALOGUE, MAX_LINES, OTHER, Metric
from connector.observability.gauges import settings_of

_COUNTED: Mapping[type, tuple[str, ...]] = {
    facts.RequestRouted: ("sendblue_requests_routed_total", "line"),
    facts.RequestRefused: ("sendblue_requests_refused_total", "code"),
    facts.VerdictSeen: ("sendblue_ledger_verdicts_total", "kind"),
    facts.PostAnswered: ("sendblue_posts_total", "outcome"),
    facts.AttemptInDoubt: ("sendblue_in_doubt_total", "line"),
    facts.DoubtLooked: ("sendblue_doubt_looks_total", "result"),
    facts.DoubtSettled: ("sendblue_doubts_settled_total", "by"),
    facts.BreakerTurned: ("sendblue_breaker_turns_total", "of", "to"),
    facts.LineWaits: ("sendblue_line_waits_total", "code"),
    facts.RequestScheduled: ("sendblue_scheduled_total",),
    facts.RequestDeferred: ("sendblue_deferrals_total", "delay", "reason"),
    facts.PauseOrdered: ("sendblue_pause_orders_total", "of", "to"),
    facts.FuseBlown: ("sendblue_fuses_blown_total", "fuse"),
    facts.DelayEnded: ("sendblue_delays_ended_total", "delay"),
    facts.MessageSettled: ("sendblue_messages_total", "disposition"),
    facts.DeadLettered: ("sendblue_dead_letters_total", "code"),
    facts.PublishFailedOnce: ("sendblue_publish_failures_total", "what"),
    facts.StatusSwept: ("sendblue_statuses_swept_total", "by"),
    facts.StatusLookedUp: ("sendblue_status_look_ups_total", "result"),
    facts.StatusTimedOut: ("sendblue_status_timeouts_total", "line"),
    facts.AuditFound: ("sendblue_audit_findings_total", "finding"),
    facts.CallbackAnswered: ("sendblue_callbacks_total", "result"),
    facts.AccountWebhookAnswered: ("sendblue_account_webhooks_total", "type", "result"),
    facts.AlarmRaised: ("sendblue_alarms_total", "alarm"),
    content_facts.ServiceAsked: ("sendblue_service_look_ups_total", "result"),
    content_facts.MediaAsked: ("sendblue_media_uploads_total", "result"),
    facts.OptOutHeard: ("sendblue_opt_out_words_total", "word", "source"),
    facts.OptOutWritten: ("sendblue_opt_outs_written_total", "result"),
    edge_facts.Committed: ("sendblue_commits_total", "topic", "result"),
    edge_facts.ClientFailed: ("sendblue_kafka_client_errors_total", "client", "code"),
    edge_facts.Produced: ("sendblue_produced_records_total", "topic", "result"),
    edge_facts.ApiCalled: ("sendblue_api_requests_total", "operation", "code"),
    edge_facts.WebhookAnswered: ("sendblue_webhook_requests_total", "type", "code"),
}
"""The facts that add one to a counter: its name, then the fact's fields that are its labels."""
GENUINE = frozenset({"200"})
"""Answers to a webhook whose sender had the key."""


class Metrics:
    """The listener. ``lines``: the aliases that get series of their own, the first 50 of them.

    ``told``: what the ``_info`` metrics tell, by name and label, a part of "build" or "config".
    """

    def __init__(self, lines: Iterable[str] = (), told: Mapping[str, Mapping[str, str]] | None = None) -> None:
        without_created()  # type: ignore[no-untyped-call]  # the library's; a gauge a counter more would be no use
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._lines = tuple(lines)[:MAX_LINES]
        self._told = told or {}
        self._metrics = {row.name: self._make(row) for row in CATALOGUE}
        self._allowed = {row.name: self._values(row) for row in CATALOGUE}
        self._children: dict[tuple[str, ...], Counter | Gauge | Histogram] = {}
        self._more: Mapping[type, Callable[[Any], None]] = {
            facts.PostAnswered: self._post,
            facts.MessageSettled: self._settled,
            facts.CallbackAnswered: self._callback,
            facts.StatusSwept: self._swept,
            edge_facts.Produced: self._produced,
            edge_facts.ApiCalled: self._called,
            edge_facts.WebhookAnswered: self._webhook,
            edge_facts.RecordsRead: self._read,
            edge_facts.Rebalanced: self._rebalanced,
            edge_facts.LoopTurned: self._turned,
            **dict.fromkeys(get_args(sights.Sight), self._sight),
        }
        for row in CATALOGUE:
            for values in product(*self._allowed[row.name]):
                child = self._child((row.name, *values))
                if isinstance(child, Gauge):
                    child.set(1.0 if row.info else row.start)
        for role in self._told.get("config", {}).get("roles", "").split():
            self._set("sendblue_role", 1.0, (role,))

    def serve(self, host: str, port: int) -> int:
        """Serve /metrics from a thread; return the port. Raises OSError, whose text is a sentence."""
        try:
            return scrape.serve(self.registry, host, port)
        except OSError as error:
            raise OSError(f"cannot listen on port {port} for metrics: {error.strerror}") from None

    def __call__(self, fact: facts.Fact, /) -> None:
        """Count one fact, or set what a sight shows."""
        if (counted := _COUNTED.get(type(fact))) is not None:
            name, *labels = counted
            self._inc(name, *[getattr(fact, label) for label in labels])
        if (more := self._more.get(type(fact))) is not None:
            more(fact)

    def _sight(self, sight: sights.Sight) -> None:
        for setting in settings_of(sight, self._lines):
            self._set(*setting)

    def _post(self, fact: facts.PostAnswered) -> None:
        self._inc("sendblue_line_posts_total", fact.line)
        if fact.code != "ok":
            self._inc("sendblue_post_codes_total", fact.code)
        self._observe("sendblue_post_duration_seconds", fact.seconds, trace_id=fact.trace_id)

    def _settled(self, fact: facts.MessageSettled) -> None:
        if fact.disposition == EventType.SUBMITTED:
            self._observe("sendblue_message_delay_seconds", fact.seconds, trace_id=fact.trace_id)

    def _callback(self, fact: facts.CallbackAnswered) -> None:
        if fact.result != "accepted":
            return
        self._inc("sendblue_statuses_total", fact.status, fact.service)
        self._observe("sendblue_callback_duration_seconds", fact.seconds)
        if fact.error_code:
            self._inc("sendblue_status_errors_total", fact.error_code)
            self._inc("sendblue_delivery_errors_total", str(error_class(fact.error_code)))
        if fact.delivered_s is not None:
            self._observe("sendblue_delivery_duration_seconds", fact.delivered_s, fact.service)
        if fact.downgraded:
            self._inc("sendblue_downgraded_total")

    def _swept(self, fact: facts.StatusSwept) -> None:
        if fact.downgraded:
            self._inc("sendblue_downgraded_total")

    def _produced(self, fact: edge_facts.Produced) -> None:
        if fact.result == "ok":
            self._observe("sendblue_produce_duration_seconds", fact.seconds, fact.topic)

    def _called(self, fact: edge_facts.ApiCalled) -> None:
        self._observe("sendblue_api_request_duration_seconds", fact.seconds, fact.operation)

    def _webhook(self, fact: edge_facts.WebhookAnswered) -> None:
        self._observe("sendblue_webhook_request_duration_seconds", fact.seconds, fact.type)
        if fact.code in GENUINE:
            self._set("sendblue_webhook_last_received_timestamp_seconds", fact.at_ms / 1000, (fact.type,))

    def _read(self, fact: edge_facts.RecordsRead) -> None:
        self._inc("sendblue_records_read_total", fact.topic, by=fact.count)

    def _rebalanced(self, fact: edge_facts.Rebalanced) -> None:
        self._inc("sendblue_rebalances_total", fact.topic, fact.kind, by=fact.partitions)

    def _turned(self, fact: edge_facts.LoopTurned) -> None:
        self._observe("sendblue_event_loop_lag_seconds", fact.late_s)

    def _make(self, row: Metric) -> Counter | Gauge | Histogram:
        names = tuple(row.labels)
        if issubclass(row.kind, Histogram):
            return Histogram(row.name, row.help, names, buckets=row.buckets, registry=self.registry)
        return row.kind(row.name, row.help, names, registry=self.registry)

    def _values(self, row: Metric) -> tuple[tuple[str, ...], ...]:
        """The values of each label."""
        if row.info:
            told = self._told.get(row.name.removeprefix("sendblue_").removesuffix("_info"), {})
            return tuple((told.get(label, ""),) for label in row.labels)
        own = ((self._lines if label == "line" else values) for label, values in row.labels.items())
        return tuple(tuple(dict.fromkeys((*map(str, values), OTHER))) for values in own)

    def _child(self, key: tuple[str, ...]) -> Counter | Gauge | Histogram:
        """``key``: the name and the labels' values. Only what is on the lists is kept, so this does not grow."""
        if (child := self._children.get(key)) is not None:
            return child
        name, *values = key
        allowed = self._allowed[name]
        kept = tuple(value if value in known else OTHER for value, known in zip(values, allowed, strict=True))
        if (child := self._children.get((name, *kept))) is None:
            metric = self._metrics[name]
            child = self._children[(name, *kept)] = metric.labels(*kept) if kept else metric
        return child

    def _inc(self, name: str, *values: str, by: float = 1.0) -> None:
        child = self._child((name, *values))
        if isinstance(child, Counter):
            child.inc(by)

    def _set(self, name: str, value: float, values: tuple[str, ...] = ()) -> None:
        child = self._child((name, *values))
        if isinstance(child, Gauge):
            child.set(value)

    def _observe(self, name: str, value: float, *values: str, trace_id: str = "") -> None:
        child = self._child((name, *values))
        if isinstance(child, Histogram):
            child.observe(value, {"trace_id": trace_id} if trace_id else None)
