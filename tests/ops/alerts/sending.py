"""Sendblue, its lines and its callbacks.

A line that another replica works is 0 in this one: lines are summed, or their largest value is taken. ``other`` stands
for all lines beyond the first 50; their queues and states cannot be set beside each other, so it is not asked to move.
"""

from tests.ops.alerts.rows import SITE, Alert, Severity, events, over, too_many

PAGE, TICKET = Severity

SENDING = (
    Alert(
        "SendblueCredentialsRefused",
        PAGE,
        f"{over('min', 'sendblue_credentials_valid')} == 0",
        "1m",
        "Sendblue refuses the account's keys; nothing is sent",
        "Valid keys: {{ $value | humanize }} (1: yes, 0: no). Requests wait, and expire.",
    ),
    Alert(
        "SendblueAccountStopped",
        PAGE,
        f"""{over("max", 'sendblue_breakers{of="account",state=~"open|half_open"}')} > 0"""
        f" and {over('min', 'sendblue_credentials_valid')} == 1",
        "5m",
        "calls of Sendblue fail; nothing is sent",
        "{{ $value | humanize }} breaker of the account has not closed for 5 minutes; the keys are good.",
    ),
    Alert(
        "SendblueLineBlocked",
        PAGE,
        f"""{over("max", 'sendblue_line_state{state=~"breaker|ledger|stopped"}', "line, state")} > 0""",
        "10m",
        "line {{ $labels.line }} does not send: {{ $labels.state }}",
        "{{ $value | humanize }} line called {{ $labels.line }} is in state {{ $labels.state }} for 10 minutes.",
    ),
    Alert(
        "SendblueLineStalled",
        PAGE,
        f"""{over("sum", 'sendblue_line_queue_records{line!="other"}', "line")} > 0"""
        f""" and {over("max", 'sendblue_line_state{line!="other",state="ready"}', "line")} > 0"""
        f""" and {events('line_posts_total{line!="other"}', "20m", "line")} == 0"""
        f""" unless on ({SITE}) {over("max", 'sendblue_pauses{scope="tag"}')} > 0""",
        "5m",
        "line {{ $labels.line }} is ready, has work and does none",
        "{{ $value | humanize }} records wait, and no call was made for 20 minutes.",
    ),
    Alert(
        "SendblueLineQueueLong",
        TICKET,
        f"{over('max', 'sendblue_line_drain_seconds', 'line')} > 14400",
        "15m",
        "line {{ $labels.line }} has more than it can send",
        "At its pace the queue takes {{ $value | humanizeDuration }}.",
    ),
    Alert(
        "SendbluePausedForLong",
        TICKET,
        f"{over('max', 'sendblue_pause_oldest_seconds')} > 86400",
        "15m",
        "something has been paused for more than a day",
        "The oldest pause was ordered {{ $value | humanizeDuration }} ago; what waits for it expires.",
    ),
    Alert(
        "SendblueRateLimited",
        TICKET,
        too_many(events('line_waits_total{code="429"}', "30m"), events("line_posts_total", "30m"), 0.05, 20),
        "10m",
        "lines are faster than Sendblue allows",
        "{{ $value | humanizePercentage }} of the calls of the last 30 minutes were answered with 429.",
    ),
    Alert(
        "SendblueWebhookSilence",
        TICKET,
        f"""{events('posts_total{outcome="submitted"}', "2h")} >= 20"""
        f""" and {events('callbacks_total{result=~"accepted|repeated"}', "2h")} == 0""",
        "10m",
        "texts go out, and no callback comes",
        "{{ $value | humanize }} texts went out in 2 hours, and 0 callbacks came.",
    ),
    Alert(
        "SendblueCallbacksForged",
        TICKET,
        too_many(
            events('callbacks_total{result=~"forged|unreadable"}', "1h"), events("callbacks_total", "1h"), 0.05, 20
        ),
        "5m",
        "callbacks come with tokens that are not ours, or cannot be read",
        "{{ $value | humanizePercentage }} of the callbacks of the last hour.",
    ),
    Alert(
        "SendblueRepliesRefused",
        TICKET,
        too_many(
            events('account_webhooks_total{result="forged"}', "1h"), events("account_webhooks_total", "1h"), 0.05, 20
        ),
        "0s",
        "account webhooks come with a secret that is not ours",
        "{{ $value | humanizePercentage }} of the account webhooks of the last hour: replies may be lost.",
    ),
)
