"""What must never happen, and what the objectives do not see: parked requests, doubts, dead letters."""

from tests.ops.alerts.rows import Alert, Severity, events, over, too_many

PAGE, TICKET = Severity

PROMISES = (
    Alert(
        "SendblueTextedTwice",
        PAGE,
        f"""{events('audit_findings_total{finding="duplicate"}', "1h")} > 0"""
        f""" or {events('alarms_total{alarm="SECOND_SUBMITTED"}', "1h")} > 0""",
        "0s",
        "a request may have been texted twice",
        "{{ $value | humanize }} findings of a second text in the last hour, over all replicas.",
    ),
    Alert(
        "SendblueDigestsDiffer",
        PAGE,
        f"""{events('alarms_total{alarm="DIGEST_DIFFERS"}', "1h")} > 0""",
        "0s",
        "replicas read the same ledger and disagree",
        "{{ $value | humanize }} digests in the last hour were not what their reader came to.",
    ),
    Alert(
        "SendblueTextAfterItsEnd",
        PAGE,
        f"""{events('alarms_total{alarm="SUBMITTED_AFTER_END"}', "1h")} > 0""",
        "0s",
        "a text went out that was said not to",
        "{{ $value | humanize }} proofs in the last hour, over all replicas, of a text whose request had another end.",
    ),
    Alert(
        "SendblueAuditFindings",
        TICKET,
        f"""{events('audit_findings_total{finding=~"missing|foreign"}', "1h", "finding")} > 0""",
        "0s",
        "Sendblue's list and the ledger do not say the same",
        "{{ $value | humanize }} messages in the last hour are {{ $labels.finding }}.",
    ),
    Alert(
        "SendblueParkedWaiting",
        TICKET,
        f"{over('sum', 'sendblue_parked')} > 0",
        "15m",
        "parked requests wait for a person",
        "{{ $value | humanize }} requests are parked; each is dropped 71 hours after its time.",
    ),
    Alert(
        "SendblueInDoubtHigh",
        TICKET,
        too_many(
            events("in_doubt_total", "30m"), events("posts_total", "30m"), 0.05, 5, events("in_doubt_total", "30m")
        ),
        "5m",
        "many calls end with an unknown fate",
        "The fate of {{ $value | humanizePercentage }} of the calls of the last 30 minutes was unknown.",
    ),
    Alert(
        "SendblueDeadLetters",
        TICKET,
        too_many(
            events("dead_letters_total", "1h"),
            events('records_read_total{topic="requests"}', "1h"),
            0.02,
            5,
            events("dead_letters_total", "1h"),
        ),
        "5m",
        "many requests become dead letters",
        "{{ $value | humanizePercentage }} as many dead letters as requests in the last hour.",
    ),
    Alert(
        "SendblueDeliveryErrors",
        TICKET,
        too_many(
            events('statuses_total{status=~"ERROR|DECLINED"}', "1h"),
            events('posts_total{outcome="submitted"}', "1h"),
            0.1,
            20,
        ),
        "10m",
        "many texts are not delivered",
        "{{ $value | humanizePercentage }} as many failed deliveries as texts accepted in the last hour.",
    ),
    Alert(
        "SendblueStatusTimeouts",
        TICKET,
        f"{events('status_timeouts_total', '6h', 'line')} >= 5",
        "0s",
        "nobody knows what became of some texts",
        "{{ $value | humanize }} texts of line {{ $labels.line }} were given up in 6 hours, each after a day.",
    ),
)
