"""The stories of the processes and of their Kafka."""

from connector.observability.catalogue import ROLES
from tests.ops.alerts.case import Case
from tests.ops.alerts.running import COMPONENT

LATE = 'sendblue_lag_seconds{topic="requests"}'
FAILURES = "sendblue_publish_failures_total"
PRODUCED = "sendblue_produced_records_total"
EVERY_ROLE = " ".join(ROLES)


def _at(metric: str, release: str, component: str, instance: str, **labels: str) -> str:
    """A series of a pod of the chart."""
    told = {
        "namespace": "texts",
        "app_kubernetes_io_instance": release,
        COMPONENT: component,
        "instance": instance,
        **labels,
    }
    return metric + "{" + ",".join(f'{name}="{value}"' for name, value in told.items()) + "}"


def _runs(instance: str, roles: str, ready: str, release: str = "one", lasts: str = "1x200") -> dict[str, str]:
    """A process with these roles, and whether it is ready."""
    component = "single" if " " in roles else roles
    has = {
        _at("sendblue_role", release, component, instance, role=role): lasts if role in roles.split() else "0x200"
        for role in ROLES
    }
    return has | {_at("sendblue_ready", release, component, instance): ready}


DOWN = (
    Case("SendblueDown", "10m", {"up": "0x20"}, {"up": "1x20"}),
    Case("SendblueDown", "20m", {"up": "1x9 _x20"}, {"up": "1x20 _x20"}),
    Case(  # two releases; one of them is down, or one pod of it
        "SendblueDown",
        "10m",
        {_at("up", "one", "single", "a"): "1x20", _at("up", "two", "single", "b"): "0x20"},
        {
            _at("up", "one", "single", "a"): "1x20",
            _at("up", "two", "single", "b"): "0x20",
            _at("up", "two", "single", "c"): "1x20",
        },
    ),
    Case(  # one component of a release that is split
        "SendblueDown",
        "10m",
        {_at("up", "one", "sender", "a"): "1x20", _at("up", "one", "ingress", "b"): "0x20"},
        {_at("up", "one", "sender", "a"): "1x20", _at("up", "one", "ingress", "b"): "0x3 1x20"},
    ),
)

READY = (
    Case(  # the only ingress is not ready
        "SendblueNoneReady",
        "20m",
        _runs("a", "sender", "1x200") | _runs("b", "ingress", "0x200"),
        _runs("a", "sender", "1x200") | _runs("b", "ingress", "0x200") | _runs("c", "ingress", "1x200"),
    ),
    Case(  # a release with none of its roles beside one with all
        "SendblueNoneReady",
        "20m",
        _runs("a", EVERY_ROLE, "1x200") | _runs("b", "reconciler", "0x200", "two"),
        _runs("a", EVERY_ROLE, "1x200") | _runs("b", EVERY_ROLE, "0x9 1x200", "two"),
    ),
    Case(  # its pods are gone, with what they told; or its work is that of others now
        "SendblueNoneReady",
        "50m",
        _runs("a", "sender", "1x200") | _runs("b", "ingress", "1x30 stale", lasts="1x30 stale"),
        _runs("a", EVERY_ROLE, "1x200") | _runs("b", "ingress", "1x30 stale", lasts="1x30 stale"),
    ),
)

STORM = (
    Case(  # taken and given back between two scrapes: how many there are never changes
        "SendblueRebalanceStorm",
        "30m",
        {
            'sendblue_rebalances_total{topic="requests",kind="revoked"}': "0x5 2+2x12 26x30",
            'sendblue_assigned_partitions{topic="requests"}': "4x60",
        },
        {
            'sendblue_rebalances_total{topic="requests",kind="revoked"}': "0x5 40x9 80x30",
            'sendblue_rebalances_total{topic="requests",kind="assigned"}': "0+2x60",
        },
    ),
    Case(  # taken for dead, again and again
        "SendblueRebalanceStorm",
        "30m",
        {'sendblue_rebalances_total{topic="dispatch",kind="lost"}': "0x5 4x5 8x5 12x30"},
        {
            'sendblue_rebalances_total{topic="dispatch",kind="lost"}': "0x5 4x5 8x30",
            'sendblue_rebalances_total{topic="requests",kind="revoked"}': "0x5 4x5 8x5 12x30",
        },
    ),
)

NOT_AFTER = "sendblue_tls_certificate_not_after_timestamp_seconds"
EXPIRES = (  # the stories begin at the second 0
    Case("SendblueCertificateExpires", "20m", {NOT_AFTER: "1200000x30"}, {NOT_AFTER: "1220000x30"}, "ticket"),
    Case("SendblueCertificateExpires", "20m", {NOT_AFTER: "170000x30"}, {NOT_AFTER: "180000x30"}, "page"),
    Case("SendblueCertificateExpires", "20m", {NOT_AFTER: "300x30"}, {NOT_AFTER: "0x30"}, "page"),
)

RUNNING = (
    *EXPIRES,
    *DOWN,
    *READY,
    *STORM,
    Case(
        "SendblueNotReady",
        "30m",
        {"sendblue_ready": "1x40", 'sendblue_ready{instance="b"}': "0x40"},
        {"sendblue_ready": "0x40"},
    ),
    Case(
        "SendblueRestarting",
        "60m",
        {"process_start_time_seconds": "1x9 2x9 3x9 4x9 5x9 6x90"},
        {"process_start_time_seconds": "1x9 2x9 3x90"},
    ),
    Case(
        "SendblueEventLoopLag",
        "30m",
        {
            'sendblue_event_loop_lag_seconds_bucket{le="1.0"}': "0+90x40",
            'sendblue_event_loop_lag_seconds_bucket{le="5.0"}': "0+120x40",
            'sendblue_event_loop_lag_seconds_bucket{le="+Inf"}': "0+120x40",
        },
        {
            'sendblue_event_loop_lag_seconds_bucket{le="1.0"}': "0+120x40",
            'sendblue_event_loop_lag_seconds_bucket{le="5.0"}': "0+120x40",
            'sendblue_event_loop_lag_seconds_bucket{le="+Inf"}': "0+120x40",
        },
    ),
    Case(
        "SendblueSettingsDiffer",
        "90m",
        {
            'sendblue_config_info{hash="1",roles="router",instance="a"}': "1x99",
            'sendblue_config_info{hash="2",roles="router",instance="b"}': "1x99",
        },
        {
            'sendblue_config_info{hash="1",roles="router",instance="a"}': "1x99",
            'sendblue_config_info{hash="2",roles="sender",instance="b"}': "1x99",
            'sendblue_config_info{hash="3",roles="router",instance="c"}': "1x30",
        },
    ),
    Case(
        "SendblueVersionsDiffer",
        "90m",
        {
            'sendblue_build_info{version="1",instance="a"}': "1x99",
            'sendblue_build_info{version="2",instance="b"}': "1x99",
        },
        {
            'sendblue_build_info{version="1",instance="a"}': "1x99",
            'sendblue_build_info{version="2",instance="b"}': "1x30",
        },
    ),
    Case(
        "SendblueLedgerLag",
        "20m",
        {"sendblue_ledger_lag_records": "500x30"},
        {"sendblue_ledger_lag_records": "5000x6 50x3 5000x5 0x20"},
    ),
    Case(
        "SendblueTopicNotRead",
        "20m",
        {
            'sendblue_assigned_partitions{topic="dispatch"}': "0x30",
            'sendblue_assigned_partitions{topic="requests"}': "4x30",
        },
        {
            'sendblue_assigned_partitions{topic="dispatch",instance="a"}': "0x30",
            'sendblue_assigned_partitions{topic="dispatch",instance="b"}': "4x30",
            'sendblue_assigned_partitions{topic="other"}': "0x30",
        },
    ),
    Case(
        "SendblueConsumerStalled",
        "30m",
        {'sendblue_lag_records{topic="requests"}': "9x40", 'sendblue_records_read_total{topic="requests"}': "5x40"},
        {'sendblue_lag_records{topic="requests"}': "9x40", 'sendblue_records_read_total{topic="requests"}': "0+1x40"},
    ),
    Case("SendblueRequestsLate", "20m", {LATE: "400x30"}, {LATE: "250x30"}, "ticket"),
    Case("SendblueRequestsLate", "20m", {LATE: "1000x30"}, {LATE: "800x30"}, "page"),
    Case(
        "SendblueDelaysLate",
        "20m",
        {'sendblue_lag_seconds{topic="delay.1m"}': "700x30"},
        {'sendblue_lag_seconds{topic="delay.1m"}': "600x30", 'sendblue_lag_seconds{topic="delay.1h"}': "3700x30"},
    ),
    Case(
        "SendblueDelaysLate",
        "20m",
        {'sendblue_lag_seconds{topic="delay.1h"}': "4300x30"},
        {'sendblue_lag_seconds{topic="dispatch"}': "9000x30"},
    ),
    Case(
        "SendblueWritesFailing",
        "20m",
        {f'{FAILURES}{{what="event"}}': "0+1x30"},
        {f'{FAILURES}{{what="dead_letter"}}': "0+1x30"},
    ),
    Case(
        "SendblueWritesFailing",
        "20m",
        {f'{FAILURES}{{what="event"}}': "0+1x30"},
        {f'{FAILURES}{{what="event"}}': "0x5 1x25"},
    ),
    Case(  # a topic of the dead letters says so itself; other failures pass
        "SendblueRecordTooLarge",
        "30m",
        {f'{PRODUCED}{{topic="events",result="too_large"}}': "0+1x40"},
        {
            f'{PRODUCED}{{topic="dlq",result="too_large"}}': "0+1x40",
            f'{PRODUCED}{{topic="events",result="error"}}': "0+1x40",
        },
    ),
    Case(
        "SendblueDeadLetterWritesFailing",
        "20m",
        {f'{FAILURES}{{what="dead_letter"}}': "0+1x30"},
        {f'{FAILURES}{{what="event"}}': "0+1x30"},
    ),
    Case(
        "SendblueBrokersUnreachable",
        "30m",
        {'sendblue_brokers_up{client="producer"}': "3x9 0x30"},
        {'sendblue_brokers_up{client="producer"}': "3x40", 'sendblue_brokers_up{client="parked"}': "0x40"},
    ),
)
