"""From Kafka to Sendblue: calls, delays, ends, doubt, and what waits on the way; its lines are in ``lines``."""

from tests.ops.dashboards.content import CONTENT
from tests.ops.dashboards.frame import Dashboard, Section
from tests.ops.dashboards.lines import LINES
from tests.ops.dashboards.panels import Kind, Panel, Query, quantiles
from tests.ops.dashboards.queries import SHOWN, increase, least, quantile, rate, seen, summed, worst

DELAY = "sendblue_message_delay_seconds"
POST = "sendblue_post_duration_seconds"
CALL = "sendblue_api_request_duration_seconds"


CALLS = Section(
    "Calls of Sendblue",
    (
        Panel(
            "Calls by operation",
            "reqps",
            "Every call of Sendblue: sends, looks at the message list, look-ups of statuses.",
            "sends fall to 0 while requests wait.",
            "SendblueConsumerStalled",
            (Query(rate("sendblue_api_requests_total", "operation"), "{{operation}}"),),
        ),
        Panel(
            "Calls by HTTP status",
            "reqps",
            "What Sendblue answered. not_written: the connection failed before the request was on it, so nothing was "
            "sent; no_answer: it may have been.",
            "anything but 2xx for minutes.",
            "SendblueAccountStopped SendblueCredentialsRefused",
            (Query(seen(rate("sendblue_api_requests_total", "code")), "{{code}}"),),
            stacked=True,
        ),
        Panel(
            "Duration of calls, p95",
            "s",
            "How long 95 of 100 calls take at most, by operation.",
            "near the deadline of a call (20 s unless set otherwise): what runs into it is in doubt.",
            "SendblueInDoubtHigh",
            (Query(quantile(0.95, CALL, "operation"), "{{operation}}"),),
        ),
        Panel(
            "Sends by outcome",
            "reqps",
            "Calls of a send endpoint by what their answer means; unknown: in doubt until somebody proves it.",
            "unknown or rejected grow.",
            "SendblueInDoubtHigh",
            (Query(rate("sendblue_posts_total", "outcome"), "{{outcome}}"),),
            stacked=True,
        ),
        Panel(
            "Codes of sends",
            "reqps",
            "What Sendblue's answers complain of, and our own words for calls without an answer; ok is no code.",
            "one code takes most: docs/operators.md says what it means and what helps.",
            "SendblueInDoubtHigh SendblueRateLimited",
            (Query(seen(rate("sendblue_post_codes_total", "code")), "{{code}}"),),
        ),
        Panel(
            "Duration of sends",
            "s",
            "How long one call of a send endpoint takes. Points lead to traces.",
            "p99 above 10 s.",
            "SendblueInDoubtHigh",
            quantiles(POST, exemplars=True),
        ),
    ),
)

DELAYS = Section(
    "From the request's time until Sendblue accepted it",
    (
        Panel(
            "Delays",
            "s",
            "How many requests took how long, waiting for their line included.",
            "the cloud climbs above 30 s.",
            "SendblueFreshBudgetBurn",
            (Query(rate(f"{DELAY}_bucket", "le"), "{{le}}"),),
            Kind.HEATMAP,
            width=12,
        ),
        Panel(
            "Quantiles of delays",
            "s",
            "The same as quantiles. Points lead to traces.",
            "p99 above 30 s for longer than a burst of requests explains.",
            "SendblueFreshBudgetBurn",
            quantiles(DELAY, exemplars=True),
            width=12,
        ),
    ),
)

ENDS = Section(
    "Ends",
    (
        Panel(
            "Requests by end",
            "reqps",
            "How requests ended; PARKED is no end.",
            "REJECTED, EXPIRED or DROPPED grow.",
            "SendblueAcceptedBudgetBurn",
            (Query(rate("sendblue_messages_total", "end"), "{{end}}"),),
            stacked=True,
            width=6,
        ),
        Panel(
            "Refused by the router",
            "short",
            "Requests that are faulty in themselves, in the time shown, by what must be true and is not.",
            "any: a producer writes what can never be sent. docs/producers.md lists the codes.",
            "SendblueDeadLetters",
            (Query(seen(increase("sendblue_requests_refused_total", "code", over="$__rate_interval")), "{{code}}"),),
            width=6,
        ),
        Panel(
            "Dead letters",
            "short",
            "Records put on the dead-letter topic, by code.",
            "any that nobody expects.",
            "SendblueDeadLetters",
            (Query(seen(increase("sendblue_dead_letters_total", "code", over="$__rate_interval")), "{{code}}"),),
            width=6,
        ),
        Panel(
            "Appends tried again",
            "ops",
            "Appends that were not acknowledged, by what was to be written.",
            "above 0 for minutes. dead_letter and event hold back the offsets of their requests.",
            "SendblueWritesFailing SendblueDeadLetterWritesFailing",
            (Query(rate("sendblue_publish_failures_total", "what"), "{{what}}"),),
            width=6,
        ),
    ),
)

WAITS = Section(
    "What waits",
    (
        Panel(
            "Records not done",
            "short",
            "Records not yet done, by topic, of the partitions that are read.",
            "requests or dispatch grow without a break.",
            "SendblueConsumerStalled SendblueRequestsLate",
            (Query(summed("sendblue_lag_records", "topic"), "{{topic}}"),),
        ),
        Panel(
            "Oldest record not done",
            "s",
            "Age of the oldest record read and not yet done, by topic.",
            "requests or dispatch above 300 s; above 900 s somebody should be called.",
            "SendblueRequestsLate SendblueDelaysLate",
            (Query(worst("sendblue_lag_seconds", "topic"), "{{topic}}"),),
        ),
        Panel(
            "Routed to lines",
            "reqps",
            "Requests put on their line's partition; other: lines beyond the first 50.",
            "one line gets most: its contacts are too many.",
            "SendblueLineQueueLong",
            (Query(rate("sendblue_requests_routed_total", "line"), "{{line}}"),),
        ),
        Panel(
            "Deferred, by reason",
            "ops",
            "Hops into a delay topic by why the record had to wait. SCHEDULED is what producers asked for.",
            "LEDGER, SUSPECTED or IN_DOUBT grow.",
            "SendblueDelaysLate SendblueLedgerLag",
            (Query(seen(rate("sendblue_deferrals_total", "reason")), "{{reason}}"),),
            stacked=True,
        ),
        Panel(
            "Into delay topics and back",
            "ops",
            "Hops into each delay topic, and records it gave back to their lines.",
            "into stays above back for longer than the topic's delay, though nothing new is scheduled.",
            "SendblueDelaysLate",
            (
                Query(rate("sendblue_deferrals_total", "delay"), "into {{delay}}"),
                Query(rate("sendblue_delays_ended_total", "delay"), "back from {{delay}}"),
            ),
        ),
        Panel(
            "Scheduled ahead",
            "reqps",
            "Requests seen with a send_at ahead.",
            "nothing in itself: a burst of them comes due later.",
            "SendblueLineQueueLong",
            (Query(rate("sendblue_scheduled_total"), "scheduled"),),
        ),
    ),
)

DOUBT = Section(
    "Doubt and the ledger",
    (
        Panel(
            "Keys",
            "bool_yes_no",
            "Whether Sendblue takes the account's keys.",
            "no: nothing is sent until there are new ones.",
            "SendblueCredentialsRefused",
            (Query(least("sendblue_credentials_valid")),),
            Kind.NUMBER,
            width=4,
            green_from=1,
        ),
        Panel(
            "Alarms",
            "short",
            "What must never happen, in the time shown.",
            "any: stop sending and look.",
            "SendblueTextedTwice SendblueDigestsDiffer SendblueTextAfterItsEnd",
            (Query(increase("sendblue_alarms_total", over=SHOWN)),),
            Kind.NUMBER,
            width=4,
            red_from=0.5,
        ),
        Panel(
            "Calls in doubt, by line",
            "reqps",
            "Calls of which it was unknown whether the text went out.",
            "grows: connections break, or Sendblue answers too late.",
            "SendblueInDoubtHigh",
            (Query(rate("sendblue_in_doubt_total", "line"), "{{line}}"),),
        ),
        Panel(
            "Doubt settled, by what",
            "reqps",
            "What ended the doubt. parked: nothing did, and a person must.",
            "parked above 0, or list far above callback: callbacks do not arrive.",
            "SendblueParkedWaiting SendblueWebhookSilence",
            (Query(rate("sendblue_doubts_settled_total", "by"), "{{by}}"),),
            stacked=True,
        ),
        Panel(
            "Looks at the message list",
            "reqps",
            "Looks at Sendblue's list for a call in doubt, by what its rows proved.",
            "ambiguous: several messages with the same text to the same contact.",
            "SendblueInDoubtHigh",
            (Query(rate("sendblue_doubt_looks_total", "result"), "{{result}}"),),
        ),
        Panel(
            "Open attempts and parked requests",
            "short",
            "Attempts that are in flight or in doubt, as the ledger knows them, and requests that wait for a person.",
            "open ones stay high while nothing is sent; any parked one waits for somebody to decide.",
            "SendblueInDoubtHigh SendblueParkedWaiting",
            (
                Query(worst("sendblue_attempts_open"), "open attempts"),
                Query(worst("sendblue_parked"), "parked"),
            ),
        ),
        Panel(
            "Verdicts",
            "ops",
            "What the ledger said to proposals. duplicate: another replica, or an earlier life, had proposed it.",
            "timeout: the ledger's partition answers too slowly to send.",
            "SendblueLedgerLag SendblueWritesFailing",
            (Query(rate("sendblue_ledger_verdicts_total", "verdict"), "{{verdict}}"),),
            stacked=True,
        ),
        Panel(
            "Ledger not read",
            "short",
            "Records of the ledger that a replica has not read, of each replica.",
            "above 100 for minutes; above 1000 the replica is not ready.",
            "SendblueLedgerLag",
            (Query(worst("sendblue_ledger_lag_records", "instance"), "{{instance}}"),),
            width=12,
        ),
        Panel(
            "Requests remembered",
            "short",
            "Requests of the last 72 h that each replica remembers, at about 118 bytes each.",
            "replicas differ for long; or memory near its limit.",
            "SendblueDigestsDiffer",
            (Query(worst("sendblue_ledger_requests", "instance"), "{{instance}}"),),
            width=12,
        ),
    ),
)

DASHBOARD = Dashboard(
    "outbound",
    "kafka-sendblue: Kafka to Sendblue",
    "Calls, delays, ends, lines, doubt",
    (CALLS, DELAYS, ENDS, LINES, WAITS, CONTENT, DOUBT),
)
