"""The processes, and their Kafka.

Every series exists from the start, also those of topics and clients that a process has nothing to do with, and
``other``: what would be 0 for ever is left out.
"""

from tests.ops.alerts.rows import JOB, SITE, Alert, Severity, events, over

COMPONENT = "app_kubernetes_io_component"
"""What the chart calls the pods of one role, or of all of them; no such label elsewhere."""
PAGE, TICKET = Severity
LATE = 'sendblue_lag_seconds{topic="requests"}'


def _differ(metric: str, labels: str, among: str = "") -> str:
    """More than one set of these labels within an installation, or among processes of the same roles."""
    return f"{over('count', over('count', metric, f'{among}{labels}'), among.rstrip(', '))} > 1"


HAD = over("count", "max_over_time(sendblue_role[1h]) == 1", "role")
READY = over("max", f"sendblue_role == 1 and on ({SITE}, instance) sendblue_ready == 1", "role")
"""Processes that had a role within the hour, and roles of which one is ready now."""


def _late(severity: Severity, seconds: int) -> Alert:
    return Alert(
        "SendblueRequestsLate",
        severity,
        f"{over('max', LATE)} > {seconds}",
        "5m",
        "requests are late on their way to their line",
        "The oldest request read and not yet routed is {{ $value | humanizeDuration }} old.",
    )


def _taken(how: str) -> str:
    """How often partitions were taken: the counter counts each of them, and never comes back to what it was."""
    return over("sum", f"changes(sendblue_rebalances_total{{kind{how}}}[30m])", "instance, topic")


PROCESSES = (
    Alert(
        "SendblueDown",
        PAGE,
        f"{over('sum', f'up{{{JOB}}}', COMPONENT)} == 0 or absent(up{{{JOB}}})",
        "5m",
        "no process of the connector, or of one of its components, can be reached",
        "For 5 minutes no target is up: {{ $value | humanize }} (0: none of those there are; 1: there is no target).",
    ),
    Alert(
        "SendblueNoneReady",
        PAGE,
        f"{HAD} unless {READY}",
        "10m",
        "no process with the role {{ $labels.role }} is ready",
        "{{ $value | humanize }} processes had this role within the hour; none has been ready for 10 minutes.",
    ),
    Alert(
        "SendblueNotReady",
        TICKET,
        f"sendblue_ready == 0 and on ({SITE}) {over('max', 'sendblue_ready')} == 1",
        "15m",
        "{{ $labels.instance }} is not ready",
        "Ready: {{ $value | humanize }} (1: yes, 0: no) for 15 minutes. Others are.",
    ),
    Alert(
        "SendblueRestarting",
        TICKET,
        f"changes(process_start_time_seconds{{{JOB}}}[1h]) > 3",
        "0s",
        "{{ $labels.instance }} begins anew again and again",
        "{{ $value | humanize }} starts in the last hour.",
    ),
    Alert(
        "SendblueEventLoopLag",
        TICKET,
        "histogram_quantile(0.99, "
        + over("sum", "rate(sendblue_event_loop_lag_seconds_bucket[5m])", "instance, le")
        + ") > 1",
        "10m",
        "the event loop of {{ $labels.instance }} is late",
        "One turn in a hundred is {{ $value | humanizeDuration }} late or more.",
    ),
    Alert(
        "SendblueSettingsDiffer",
        TICKET,
        _differ("sendblue_config_info", "hash", "roles, "),
        "1h",
        "replicas run with different settings",
        "{{ $value | humanize }} different settings for an hour.",
    ),
    Alert(
        "SendblueVersionsDiffer",
        TICKET,
        _differ("sendblue_build_info", "version, revision"),
        "1h",
        "different versions run beside each other",
        "{{ $value | humanize }} versions for an hour.",
    ),
)


def _expiring(severity: Severity, days: int) -> Alert:
    left = f"{over('min', 'sendblue_tls_certificate_not_after_timestamp_seconds > 0')} - time()"
    return Alert(
        "SendblueCertificateExpires",
        severity,
        f"{left} < {days * 86_400}",
        "10m",
        "the certificate of the callbacks' port runs out; then no callback and no reply comes",
        "It is good for {{ $value | humanizeDuration }} more.",
    )


CERTIFICATES = (_expiring(TICKET, 14), _expiring(PAGE, 2))

KAFKA = (
    Alert(
        "SendblueLedgerLag",
        PAGE,
        f"{over('max', 'sendblue_ledger_lag_records', 'instance')} > 100",
        "10m",
        "{{ $labels.instance }} is behind on the ledger and grants nothing",
        "{{ $value | humanize }} records of the ledger are not yet read.",
    ),
    Alert(
        "SendblueTopicNotRead",
        PAGE,
        f"""{over("sum", 'sendblue_assigned_partitions{topic!="other"}', "topic")} == 0""",
        "10m",
        "nobody reads the topic {{ $labels.topic }}",
        "{{ $value | humanize }} partitions of it are assigned for 10 minutes.",
    ),
    Alert(
        "SendblueConsumerStalled",
        PAGE,
        f"""{over("sum", 'sendblue_lag_records{topic="requests"}')} > 0"""
        f""" and {events('records_read_total{topic="requests"}', "10m")} == 0""",
        "5m",
        "requests wait and none is read",
        "{{ $value | humanize }} records wait; 0 were read in 10 minutes.",
    ),
    _late(TICKET, 300),
    _late(PAGE, 900),
    Alert(
        "SendblueDelaysLate",
        TICKET,
        f"""{over("max", 'sendblue_lag_seconds{topic="delay.1m"}', "topic")} > 660"""
        f""" or {over("max", 'sendblue_lag_seconds{topic="delay.1h"}', "topic")} > 4200""",
        "5m",
        "{{ $labels.topic }} gives its records back late",
        "Its oldest record is {{ $value | humanizeDuration }} old.",
    ),
    Alert(
        "SendblueWritesFailing",
        PAGE,
        f"""{events('publish_failures_total{what!="dead_letter"}', "10m", "what")} >= 3""",
        "5m",
        "Kafka does not take what must be written",
        "{{ $value | humanize }} tries to write {{ $labels.what }} failed in 10 minutes; the partition stands still.",
    ),
    Alert(
        "SendblueDeadLetterWritesFailing",
        PAGE,
        f"""{events('publish_failures_total{what="dead_letter"}', "10m")} >= 3""",
        "2m",
        "the dead-letter topic takes nothing",
        "{{ $value | humanize }} tries failed in 10 minutes; the partition stands still.",
    ),
    Alert(
        "SendblueRecordTooLarge",
        PAGE,
        f"""{events('produced_records_total{result="too_large",topic!="dlq"}', "15m", "topic")} >= 1""",
        "0s",
        "{{ $labels.topic }} does not take a record for its size",
        "{{ $value | humanize }} tries failed in 15 minutes; only a larger max.message.bytes of the topic mends it.",
    ),
    Alert(
        "SendblueRebalanceStorm",
        TICKET,
        f"""{_taken('=~"revoked|lost"')} > 8 or {_taken('="lost"')} > 2""",
        "0s",
        "partitions of {{ $labels.topic }} come and go",
        "{{ $value | humanize }} times {{ $labels.instance }} was taken some in 30 minutes.",
    ),
    Alert(
        "SendblueBrokersUnreachable",
        TICKET,
        "sendblue_brokers_up == 0 and max_over_time(sendblue_brokers_up[6h]) > 0",
        "10m",
        "{{ $labels.client }} of {{ $labels.instance }} reaches no broker",
        "{{ $value | humanize }} brokers are connected for 10 minutes.",
    ),
)
