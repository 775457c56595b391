"""Sendblue, its lines and its callbacks.

A line that another replica works is 0 in this one: lines are summed, or their largest value is taken. ``other`` stands
for all lines beyond the first 50: of theirs a process tells the worst.
"""

from tests.ops.alerts.rows import Alert, Severity, events, over, too_many

PAGE, TICKET = Severity


def _mostly(part: str, whole: str) -> str:
    """Every fifth of what was asked, and five of them at least."""
    failed = events(part, "30m")
    return too_many(failed, events(whole, "30m"), 0.2, 5, failed)


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
        f"{over('max', 'sendblue_line_idle_seconds', 'line')} > 1200",
        "5m",
        "line {{ $labels.line }} is ready, has work and does none",
        "For {{ $value | humanizeDuration }} nothing held it back, and no call was made.",
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
        "SendblueFuseBlown",
        TICKET,
        f"""{events('fuses_blown_total{fuse!="other"}', "1h", "fuse")} > 0""",
        "0s",
        "an upstream asks for too much: {{ $labels.fuse }}",
        "{{ $value | humanize }} contacts or texts blew this fuse in the last hour.",
    ),
    Alert(
        "SendblueLookUpsUnanswered",
        TICKET,
        _mostly('service_look_ups_total{result="no_answer"}', "service_look_ups_total"),
        "10m",
        "Sendblue does not say who has iMessage",
        "{{ $value | humanizePercentage }} of the look-ups of the last 30 minutes had no answer.",
    ),
    Alert(
        "SendblueUploadsFailing",
        TICKET,
        _mostly('media_uploads_total{result=~"no_answer|not_taken"}', "media_uploads_total"),
        "10m",
        "files do not get to Sendblue",
        "{{ $value | humanizePercentage }} of the uploads of the last 30 minutes failed.",
    ),
)
