"""The catalogue of metrics: every name, its labels and their values, its buckets. What is not here is not measured.

The names are a promise to dashboards and alerts. The rules they keep: base units, ``_total`` on counters alone, labels
with closed lists of values, to which ``other`` is added for whatever is not on them, so that no input can add a
series. Never a label: a number, a handle, a contact, a request id, a text, an offset. Lines appear by alias, at most 50
of them; the others share ``other``. A topic is called by its last part, without the prefix.

The edges of the histograms hold the thresholds of the objectives: 1 s and 30 s.
"""

from collections.abc import Mapping
from math import nan
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram

from connector.core.account_webhooks import Kind as WebhookKind
from connector.core.auditing import Kind
from connector.core.breakers import State
from connector.core.delays import Delay, Wait
from connector.core.delivery import ErrorClass
from connector.core.events import OF_THE_CONTACT, OF_THE_MESSAGE, WAITING
from connector.core.fuses import Fuse
from connector.core.ledger import Alarm
from connector.core.messages import EventType
from connector.core.opt_outs import Source
from connector.core.outcomes import KNOWN_CODES
from connector.core.refusals import REFUSALS
from connector.core.sights import LineState, ProcessState
from connector.core.statuses import Service, Status

MAX_LINES = 50
OTHER = "other"
WAIT_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
CALL_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0)
LOOP_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)

ROLES = ("router", "sender", "ingress", "reconciler")
LINES: tuple[str, ...] = ()
"""Stands for the aliases, which the settings give."""
CONSUMED = ("requests", "dispatch", *(f"delay.{delay}" for delay in Delay), "parked")
TOPICS = (*CONSUMED, "events", "dlq", "ledger", "control", "contacts", "optouts", "inbound", "account")
AWAITED = ("dispatch", "ledger", "events", "dlq")
"""The topics on whose appends a request or a callback waits; their duration is told apart."""
WINDOWS = ("hour", "day")
"""In which Sendblue counts new contacts."""
LAGGING = ("requests", "dispatch", *(f"delay.{delay}" for delay in Delay))
CODES = (*sorted(KNOWN_CODES), "ok")
ENDS = tuple(str(t) for t in EventType if t not in OF_THE_MESSAGE | OF_THE_CONTACT | WAITING)
OPERATIONS = ("send", "send_group", "status", "list", "lines", "lookup", "upload", "opt_out", "webhooks")
TIMED = ("send", "send_group", "status", "list")
"""The calls whose duration is told apart; the others are rare."""
API_CODES = (
    "200", "201", "202", "400", "401", "402", "403", "404", "408", "409", "413", "422", "429", "500", "502", "503",
    "504", "not_written", "no_answer",
)  # fmt: skip
WEBHOOKS = ("status_callback", "receive", "outbound", "account_event")
RESULTS = ("accepted", "repeated", "unreadable", "forged", "refused")
WEBHOOK_CODES = ("200", "400", "401", "404", "405", "408", "413", "431", "500", "503")
SCOPES = ("line", "tag", "all")
PAUSE_ORDERS = ("paused", "resumed")
CLIENTS = ("producer", "ledger_tail", *CONSUMED)
"""A consumer is called by the topic it reads."""
CLIENT_ERRORS = (
    "_ALL_BROKERS_DOWN", "_TRANSPORT", "_RESOLVE", "_TIMED_OUT", "_AUTHENTICATION", "_SSL", "_FATAL",
    "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "_MAX_POLL_EXCEEDED", "FENCED_INSTANCE_ID",
    "UNKNOWN_TOPIC_OR_PART",
)  # fmt: skip


class Metric(NamedTuple):
    """One row of the catalogue. ``labels``: name -> allowed values, besides ``other``. ``start``: of a gauge."""

    kind: type[Counter] | type[Gauge] | type[Histogram]
    name: str
    help: str
    labels: Mapping[str, tuple[str, ...]] = {}
    buckets: tuple[float, ...] = ()
    start: float = 0.0
    info: bool = False  # one series whose labels tell something, set once at the start


def _counter(name: str, what: str, /, **labels: tuple[str, ...]) -> Metric:
    return Metric(Counter, f"sendblue_{name}_total", what, labels)


def _gauge(name: str, what: str, /, start: float = 0.0, **labels: tuple[str, ...]) -> Metric:
    return Metric(Gauge, f"sendblue_{name}", what, labels, start=start)


def _told(name: str, what: str, /, **labels: tuple[str, ...]) -> Metric:
    return _gauge(name, f"{what}; NaN: not told", start=nan, **labels)


def _seconds(name: str, what: str, buckets: tuple[float, ...], /, **labels: tuple[str, ...]) -> Metric:
    return Metric(Histogram, f"sendblue_{name}_seconds", what, labels, buckets)


def _info(name: str, what: str, /, *labels: str) -> Metric:
    return Metric(Gauge, f"sendblue_{name}_info", what, dict.fromkeys(labels, ()), info=True)


PROCESS = (
    _info("build", "what runs here; always 1", "version", "revision", "python", "librdkafka"),
    _info(
        "config",
        "a hash of the settings, secrets left out, to find replicas of the same roles that differ; always 1",
        "hash",
        "roles",
    ),
    _gauge("role", "1 for each role the process has, from the start on", role=ROLES),
    _gauge("state", "1 for the state the process is in", state=tuple(ProcessState)),
    _gauge("ready", "1 when the connector is ready"),
    _seconds("event_loop_lag", "how late the event loop was at a timer, twice a second", LOOP_SECONDS),
)
"""Beside these: ``process_*`` and ``python_gc_*`` of the client library."""

FLOW = (
    _counter("records_read", "records taken from Kafka, again after a rebalance or restart", topic=CONSUMED),
    _counter("messages", "requests by how they ended (PARKED is no end: another one follows)", end=ENDS),
    _gauge("requests_in_flight", "requests read here that have no end yet, parked ones included"),
    _counter("requests_routed", "requests put on their line's partition", line=LINES),
    _counter("requests_refused", "records the router refused", code=tuple(REFUSALS)),
    _seconds("message_delay", "from the request's time, or its send_at, until Sendblue accepted it", WAIT_SECONDS),
    _counter("scheduled", "requests seen with a send_at ahead"),
    _counter(
        "deferrals",
        "hops into a delay topic, by why the record had to wait",
        delay=tuple(str(d) for d in Delay),
        reason=tuple(w.name for w in Wait),
    ),
    _counter("delays_ended", "records a delay topic gave back to their line", delay=tuple(str(d) for d in Delay)),
    _gauge("parked", "requests that wait for a person"),
    _gauge("pauses", "pauses that hold now", scope=SCOPES),
    _gauge("pause_oldest_seconds", "how long ago the oldest of them was ordered; 0: there is none"),
    _counter("pause_orders", "orders to pause and to resume, as this process heard them", of=SCOPES, to=PAUSE_ORDERS),
    _counter("fuses_blown", "contacts and texts of which too much was asked, each told once an hour", fuse=tuple(Fuse)),
    _counter("dead_letters", "records put on the dead-letter topic", code=(*REFUSALS, *CODES)),
    _counter(
        "publish_failures",
        "appends that were not acknowledged and are tried again, by what was to be written",
        what=("event", "dead_letter", "parked_record", "dispatch", "delay", "opt_out"),
    ),
    _gauge("opted_out", "contacts that do not want to be texted (twice: by their own word and an operator's)"),
    _counter(
        "opt_out_words",
        "words that took a contact out, or in again, by how they were heard",
        word=("out", "in"),
        source=tuple(Source),
    ),
    _counter("opt_outs_written", "opt-outs told to Sendblue", result=("ok", "error", "dropped")),
)
"""Between rebalances: requests read = the sum of their ends, PARKED left out, + those in flight."""

LEDGER = (
    _counter("ledger_verdicts", "proposals by verdict", verdict=("granted", "duplicate", "expired", "timeout")),
    _gauge("ledger_lag_records", "records of the ledger not yet read"),
    _gauge("ledger_requests", "requests the ledger remembers"),
    _gauge("attempts_open", "attempts in flight or in doubt, as the ledger knows them"),
    _counter("alarms", "what must never happen", alarm=tuple(str(a) for a in Alarm)),
)

LINE = (
    _gauge("line_state", "1 for the state the line is in", line=LINES, state=tuple(LineState)),
    _gauge("lines", "lines of this process by state", state=tuple(LineState)),
    _gauge("line_allowed_rate", "messages a second the line's pace allows; 0: no limit", line=LINES),
    _gauge("line_used_rate", "messages a second the line wrote in the last minute", line=LINES),
    _gauge("line_queue_records", "records in the line's queue, from the first without an end", line=LINES),
    _gauge("line_oldest_seconds", "age of the oldest record of the line's queue that was read", line=LINES),
    _gauge("line_drain_seconds", "how long the line's queue takes at its pace", line=LINES),
    _gauge("line_idle_seconds", "how long the line could have sent, for all that is known, and did not", line=LINES),
    _gauge("line_in_doubt", "attempts on the line that are open: in flight, or in doubt", line=LINES),
    _told(
        "line_new_contacts_limit",
        "new contacts allowed, by what leaves less: Sendblue, or settings",
        line=LINES,
        window=WINDOWS,
    ),
    _told("line_new_contacts_used", "new contacts counted, by the same", line=LINES, window=WINDOWS),
    _told("line_new_contacts_left", "new contacts the line may still take", line=LINES, window=WINDOWS),
    _counter("line_posts", "calls of a send endpoint for the line", line=LINES),
    _counter("line_waits", "times a line backed off, by code", code=CODES),
    _gauge("breakers", "breakers by state", of=("line", "account"), state=tuple(State)),
    _counter("breaker_turns", "breakers that opened and closed", of=("line", "account"), to=("opened", "closed")),
)

SENDBLUE = (
    _counter("posts", "calls of a send endpoint", outcome=("submitted", "unsent", "rejected", "unknown")),
    _counter("post_codes", "those that had a code: Sendblue's, or ours without an answer", code=CODES),
    _seconds("post_duration", "duration of one call of a send endpoint", CALL_SECONDS),
    _counter("api_requests", "every call of Sendblue, by its HTTP status", operation=OPERATIONS, code=API_CODES),
    _seconds("api_request_duration", "duration of every call of Sendblue", CALL_SECONDS, operation=TIMED),
    _gauge("credentials_valid", "0 while Sendblue refuses the account's keys", start=1.0),
    _counter("in_doubt", "calls whose fate was unknown", line=LINES),
    _counter("doubt_looks", "looks at the message list for a call in doubt", result=("proved", "absent", "ambiguous")),
    _counter(
        "doubts_settled",
        "calls in doubt that are so no more, by what settled them",
        by=("callback", "list", "absence", "sender", "parked"),
    ),
)

CONTENT = (
    _counter(
        "service_look_ups",
        "look-ups of the service that reaches a contact, for requests with IMESSAGE_ONLY",
        result=("imessage", "other", "no_answer"),
    ),
    _counter(
        "media_uploads",
        "files uploaded to Sendblue before their text; large: more than 5 MB, which an SMS does not take",
        result=("uploaded", "large", "not_taken", "no_answer"),
    ),
)

DELIVERY = (
    _counter("webhook_requests", "requests to the ingress, by HTTP status", type=WEBHOOKS, code=WEBHOOK_CODES),
    _seconds("webhook_request_duration", "until the ingress had answered", CALL_SECONDS, type=WEBHOOKS),
    _gauge("webhook_in_flight", "requests the ingress works on"),
    _gauge("webhook_last_received_timestamp_seconds", "when the last genuine one came; 0: never", type=WEBHOOKS),
    _gauge(
        "tls_certificate_not_after_timestamp_seconds",
        "when the certificate of the callbacks' port runs out, the first of its chain; 0: it has none",
    ),
    _counter(
        "callbacks",
        "status callbacks by result, and what `outbound` webhooks told of our messages first",
        result=RESULTS,
    ),
    _counter(
        "account_webhooks",
        "webhooks of the account by type and result",
        type=tuple(map(str, WebhookKind)),
        result=RESULTS,
    ),
    _seconds("callback_duration", "from a callback's arrival until its event was durable", CALL_SECONDS),
    _counter("statuses", "statuses that callbacks told", status=tuple(Status), service=tuple(Service)),
    _seconds("delivery_duration", "from the message's creation to DELIVERED", WAIT_SECONDS, service=tuple(Service)),
    _counter("downgraded", "messages that ended, or were sent, as SMS because the person has no iMessage"),
    _counter("status_errors", "error codes in status callbacks", code=CODES),
    _counter("delivery_errors", "the same by what kind of error it is", kind=tuple(ErrorClass)),
    _counter("statuses_swept", "statuses that no callback brought, by how they were found", by=("list", "look_up")),
    _counter(
        "status_look_ups",
        "look-ups of messages without a terminal status, by what they said",
        result=("new", "same", "unknown", "no_answer"),
    ),
    _counter("status_timeouts", "messages given up after a day unconfirmed", line=LINES),
    _gauge("messages_outstanding", "messages without a terminal status, as the reconciler knows them"),
    _gauge("sweep_behind_seconds", "age of the newest message change the sweep has seen; 0: another one sweeps"),
    _counter(
        "audit_findings",
        "messages in the list that should not be there, or the other way round",
        finding=tuple(str(kind) for kind in Kind),
    ),
)

KAFKA = (
    _gauge("lag_records", "records not yet done, by topic, of the partitions read here", topic=LAGGING),
    _gauge("lag_seconds", "age of the oldest record read and not yet done, by topic", topic=LAGGING),
    _gauge("assigned_partitions", "partitions this process reads", topic=CONSUMED),
    _gauge(
        "paused_partitions",
        "partitions not read for now: the role is full, or their records cannot be decoded fast enough",
        topic=CONSUMED,
        reason=("role_full", "decoding"),
    ),
    _counter("rebalances", "partitions given and taken", topic=CONSUMED, kind=("assigned", "revoked", "lost")),
    _counter("commits", "commits of next offsets", topic=CONSUMED, result=("ok", "error")),
    _counter("kafka_client_errors", "errors a Kafka client told", client=CLIENTS, code=CLIENT_ERRORS),
    _gauge("brokers_up", "brokers the client has a connection to", client=CLIENTS),
    _counter("produced_records", "appends by what became of them", topic=TOPICS, result=("ok", "error", "too_large")),
    _seconds("produce_duration", "from an append until all in-sync replicas had it", CALL_SECONDS, topic=AWAITED),
)

GROUPS: Mapping[str, tuple[Metric, ...]] = {
    "The process": PROCESS,
    "Requests": FLOW,
    "The ledger": LEDGER,
    "Lines": LINE,
    "Calls of Sendblue": SENDBLUE,
    "Before a text goes": CONTENT,
    "Callbacks and delivery": DELIVERY,
    "Kafka": KAFKA,
}
CATALOGUE = tuple(row for rows in GROUPS.values() for row in rows)
