"""For each alert a story in which it fires, and one, as near as can be, in which it must not.

Silent is what is just below the bound, what has another reason that has its own alert, and what is there in every
process from the start. Here are those of promises and of sending; the others have modules of their own.
"""

from tests.ops.alerts.case import Case, counts, share
from tests.ops.alerts.cases_burns import BURNS
from tests.ops.alerts.cases_opt_outs import OPT_OUTS
from tests.ops.alerts.cases_running import RUNNING

POSTS = 'sendblue_posts_total{outcome="submitted"}'
CALLS = 'sendblue_line_posts_total{line="a"}'

CASES: tuple[Case, ...] = (
    counts("audit_findings_total", "finding", "duplicate", "missing", "foreign")._replace(alert="SendblueTextedTwice"),
    counts("alarms_total", "alarm", "SECOND_SUBMITTED", "DIGEST_DIFFERS")._replace(alert="SendblueTextedTwice"),
    counts("alarms_total", "alarm", "DIGEST_DIFFERS", "SECOND_SUBMITTED")._replace(alert="SendblueDigestsDiffer"),
    counts("alarms_total", "alarm", "SUBMITTED_AFTER_END", "DIGEST_DIFFERS")._replace(alert="SendblueTextAfterItsEnd"),
    counts("audit_findings_total", "finding", "foreign", "duplicate")._replace(alert="SendblueAuditFindings"),
    Case("SendblueParkedWaiting", "20m", {"sendblue_parked": "1x30"}, {"sendblue_parked": "1x10 0x20"}),
    *share("SendblueInDoubtHigh", 'sendblue_in_doubt_total{line="a"}', POSTS, "1", "0.3"),
    *share(
        "SendblueDeadLetters",
        'sendblue_dead_letters_total{code="4002"}',
        'sendblue_records_read_total{topic="requests"}',
        "1",
        "0.1",
    ),
    *share("SendblueDeliveryErrors", 'sendblue_statuses_total{status="ERROR"}', POSTS, "2", "0.5"),
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
        {'sendblue_line_idle_seconds{line="a"}': "0+60x60"},
        {'sendblue_line_idle_seconds{line="a"}': "0+60x19 0x2 0+60x22"},
    ),
    Case(  # one beyond the first 50
        "SendblueLineStalled",
        "40m",
        {'sendblue_line_idle_seconds{line="other"}': "0+60x60"},
        {'sendblue_line_idle_seconds{line="other"}': "1100x60", 'sendblue_line_queue_records{line="other"}': "9x60"},
    ),
    Case(
        "SendblueFuseBlown",
        "40m",
        {'sendblue_fuses_blown_total{fuse="same_text"}': "0x30 1x20"},
        {'sendblue_fuses_blown_total{fuse="same_text"}': "7x60", 'sendblue_pauses{scope="tag"}': "1x60"},
    ),
    Case(
        "SendblueFuseBlown",
        "40m",
        {'sendblue_fuses_blown_total{fuse="contact_rate"}': "0x30 1x20"},
        {'sendblue_deferrals_total{delay="1m",reason="TAG_PAUSED"}': "0+1x60"},
    ),
    *share(
        "SendblueLookUpsUnanswered",
        'sendblue_service_look_ups_total{result="no_answer"}',
        'sendblue_service_look_ups_total{result="imessage"}',
        "3",
        "1",
    ),
    *share(
        "SendblueUploadsFailing",
        'sendblue_media_uploads_total{result="not_taken"}',
        'sendblue_media_uploads_total{result="large"}',
        "3",
        "1",
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
    *share("SendblueRateLimited", 'sendblue_line_waits_total{code="429"}', CALLS, "1", "0.3"),
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
    *share(
        "SendblueCallbacksForged",
        'sendblue_callbacks_total{result="forged"}',
        'sendblue_callbacks_total{result="accepted"}',
        "1",
        "0.3",
    ),
    *OPT_OUTS,
    *RUNNING,
    *BURNS,
)
