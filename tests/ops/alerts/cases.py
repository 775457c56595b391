"""For each alert a story in which it fires, and one, as near as can be, in which it must not.

A story is a set of series with a value each minute, in promtool's short form: ``5x60`` stays, ``0+5x60`` grows. Series
say their labels without the job and the instance, which are added. Silent is what is just below the bound, what has
another reason that has its own alert, and what is there in every process from the start.
"""

from collections.abc import Mapping
from typing import NamedTuple

Series = Mapping[str, str]
LONG = "x400"  # minutes; longer windows have what there is
SETTLED = "390m"


class Case(NamedTuple):
    """``at``: when the alert is looked for, in both stories. ``severity``: the one of two that is meant; all."""

    alert: str
    at: str
    fires: Series
    silent: Series
    severity: str = ""


def _counts(name: str, label: str, value: str, *others: str) -> Case:
    """One count is one too many; of other kinds there may be any number."""
    series = f"sendblue_{name}"
    fires = {f'{series}{{{label}="{value}"}}': "0x10 1x50"}
    return Case("", "20m", fires, {f'{series}{{{label}="{other}"}}': "0+1x60" for other in others})


def _share(alert: str, part: str, whole: str, much: str, little: str) -> list[Case]:
    """``whole`` grows by 10 a minute; ``much`` is too much of it, ``little`` is not, nor are all of two events."""
    fires = {part: f"0+{much}x140", whole: "0+10x140"}
    return [
        Case(alert, "130m", fires, {part: f"0+{little}x140", whole: "0+10x140"}),
        Case(alert, "130m", fires, {part: "0x119 1x20", whole: "0x119 1x20"}),
    ]


def _burns(alert: str, valid: str, part: str, *, good: bool) -> list[Case]:
    """Everything fails; within the budget; and everything, but too little of it to say so."""
    all_bad = {valid: f"0+10{LONG}", part: f"0{LONG}" if good else f"0+10{LONG}"}
    none_bad = {valid: f"0+10{LONG}", part: f"0+10{LONG}" if good else f"0{LONG}"}
    scarce = {valid: "0x380 1x20", part: "0x400" if good else "0x380 1x20"}
    return [Case(alert, SETTLED, all_bad, silent) for silent in (none_bad, scarce)]


MESSAGES = "sendblue_messages_total"
DELAY = "sendblue_message_delay_seconds"
HOOK = "sendblue_webhook_request"
POSTS = 'sendblue_posts_total{outcome="submitted"}'
LATE = 'sendblue_lag_seconds{topic="requests"}'
QUEUE = 'sendblue_line_queue_records{line="a"}'
READY = 'sendblue_line_state{line="a",state="ready"}'
CALLS = 'sendblue_line_posts_total{line="a"}'
FAILURES = "sendblue_publish_failures_total"

CASES = (
    _counts("audit_findings_total", "finding", "duplicate", "missing", "foreign")._replace(alert="SendblueTextedTwice"),
    _counts("alarms_total", "alarm", "SECOND_SUBMITTED", "DIGEST_DIFFERS")._replace(alert="SendblueTextedTwice"),
    _counts("alarms_total", "alarm", "DIGEST_DIFFERS", "SECOND_SUBMITTED")._replace(alert="SendblueDigestsDiffer"),
    _counts("alarms_total", "alarm", "SUBMITTED_AFTER_END", "DIGEST_DIFFERS")._replace(alert="SendblueTextAfterItsEnd"),
    _counts("audit_findings_total", "finding", "foreign", "duplicate")._replace(alert="SendblueAuditFindings"),
    Case("SendblueParkedWaiting", "20m", {"sendblue_parked": "1x30"}, {"sendblue_parked": "1x10 0x20"}),
    *_share("SendblueInDoubtHigh", 'sendblue_in_doubt_total{line="a"}', POSTS, "1", "0.3"),
    *_share(
        "SendblueDeadLetters",
        'sendblue_dead_letters_total{code="4002"}',
        'sendblue_records_read_total{topic="requests"}',
        "1",
        "0.1",
    ),
    *_share("SendblueDeliveryErrors", 'sendblue_statuses_total{status="ERROR"}', POSTS, "2", "0.5"),
    Case(
        "SendblueStatusTimeouts",
        "300m",
        {'sendblue_status_timeouts_total{line="a"}': "0x60 10x300"},
        {'sendblue_status_timeouts_total{line="a"}': "0x60 1x300"},
    ),
    Case(
        "SendblueCredentialsRefused",
        "10m",
        {"sendblue_credentials_valid": "1x4 0x10"},
        {"sendblue_credentials_valid": "1x20"},
    ),
    Case(
        "SendblueAccountStopped",
        "15m",
        {'sendblue_breakers{of="account",state="open"}': "1x20", "sendblue_credentials_valid": "1x20"},
        {'sendblue_breakers{of="account",state="open"}': "1x20", "sendblue_credentials_valid": "0x20"},
    ),
    Case(
        "SendblueAccountStopped",
        "15m",
        {'sendblue_breakers{of="account",state="half_open"}': "1x20", "sendblue_credentials_valid": "1x20"},
        {'sendblue_breakers{of="line",state="open"}': "3x20", "sendblue_credentials_valid": "1x20"},
    ),
    Case(
        "SendblueLineBlocked",
        "20m",
        {'sendblue_line_state{line="a",state="breaker"}': "1x30"},
        {
            'sendblue_line_state{line="a",state="backoff"}': "1x30",
            'sendblue_line_state{line="b",state="account"}': "1x30",
            'sendblue_line_state{line="d",state="new_contacts"}': "1x30",
            'sendblue_line_state{line="c",state="breaker"}': "1x3 0x2 1x3 0x2 1x3 0x2 1x3 0x20",
        },
    ),
    Case(
        "SendblueLineStalled",
        "40m",
        {QUEUE: "5x60", READY: "1x60", CALLS: "7x60"},
        {QUEUE: "5x60", READY: "1x60", CALLS: "0+1x60"},
    ),
    Case(
        "SendblueLineStalled",
        "40m",
        {QUEUE: "5x60", READY: "1x60", CALLS: "7x60"},
        {QUEUE: "5x60", READY: "0x60", CALLS: "7x60"},
    ),
    Case(
        "SendblueLineStalled",
        "40m",
        {QUEUE: "5x60", READY: "1x60", CALLS: "7x60", 'sendblue_pauses{scope="line"}': "1x60"},
        {QUEUE: "5x60", READY: "1x60", CALLS: "7x60", 'sendblue_pauses{scope="tag"}': "1x60"},
    ),
    Case(
        "SendbluePausedForLong",
        "30m",
        {"sendblue_pause_oldest_seconds": "90000x40"},
        {"sendblue_pause_oldest_seconds": "80000x40"},
    ),
    Case(
        "SendblueLineQueueLong",
        "30m",
        {'sendblue_line_drain_seconds{line="a"}': "20000x40"},
        {'sendblue_line_drain_seconds{line="a"}': "14000x40"},
    ),
    *_share("SendblueRateLimited", 'sendblue_line_waits_total{code="429"}', CALLS, "1", "0.3"),
    Case(
        "SendblueWebhookSilence",
        "150m",
        {
            POSTS: "0+1x160",
            'sendblue_callbacks_total{result="accepted"}': "9x160",
            'sendblue_callbacks_total{result="forged"}': "0+1x160",
        },
        {POSTS: "0+1x160", 'sendblue_callbacks_total{result="accepted"}': "9x100 10x60"},
    ),
    Case(
        "SendblueWebhookSilence",
        "150m",
        {POSTS: "0+1x160", 'sendblue_callbacks_total{result="accepted"}': "0x160"},
        {POSTS: "0+0.1x160", 'sendblue_callbacks_total{result="accepted"}': "0x160"},
    ),
    *_share(
        "SendblueCallbacksForged",
        'sendblue_callbacks_total{result="forged"}',
        'sendblue_callbacks_total{result="accepted"}',
        "1",
        "0.3",
    ),
    *_share(
        "SendblueRepliesRefused",
        'sendblue_account_webhooks_total{type="receive",result="forged"}',
        'sendblue_account_webhooks_total{type="receive",result="accepted"}',
        "1",
        "0.3",
    ),
    Case("SendblueDown", "10m", {"up": "0x20"}, {"up": "1x20"}),
    Case(
        "SendblueNoneReady",
        "20m",
        {"sendblue_ready": "0x30"},
        {"sendblue_ready": "1x30", 'sendblue_ready{instance="b"}': "0x30"},
    ),
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
    Case(
        "SendblueDeadLetterWritesFailing",
        "20m",
        {f'{FAILURES}{{what="dead_letter"}}': "0+1x30"},
        {f'{FAILURES}{{what="event"}}': "0+1x30"},
    ),
    Case(
        "SendblueRebalanceStorm",
        "30m",
        {'sendblue_assigned_partitions{topic="requests"}': "1 2 1 2 1 2 1 2 1 2 1 2 1x30"},
        {'sendblue_assigned_partitions{topic="requests"}': "1 2 1 2 1x40"},
    ),
    Case(
        "SendblueBrokersUnreachable",
        "30m",
        {'sendblue_brokers_up{client="producer"}': "3x9 0x30"},
        {'sendblue_brokers_up{client="producer"}': "3x40", 'sendblue_brokers_up{client="parked"}': "0x40"},
    ),
    *_burns("SendblueAcceptedBudgetBurn", f'{MESSAGES}{{end="SUBMITTED"}}', f'{MESSAGES}{{end="EXPIRED"}}', good=False),
    *_burns("SendblueFreshBudgetBurn", f"{DELAY}_count", f'{DELAY}_bucket{{le="30.0"}}', good=True),
    *_burns("SendblueIngressBudgetBurn", f'{HOOK}s_total{{code="200"}}', f'{HOOK}s_total{{code="503"}}', good=False),
    *_burns(
        "SendblueIngressSlowBudgetBurn",
        f"{HOOK}_duration_seconds_count",
        f'{HOOK}_duration_seconds_bucket{{le="1.0"}}',
        good=True,
    ),
)
