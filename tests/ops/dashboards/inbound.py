"""From Sendblue to Kafka: callbacks, statuses, and what no callback told."""

from tests.ops.dashboards.frame import Dashboard, Section
from tests.ops.dashboards.opt_outs import OPT_OUTS
from tests.ops.dashboards.panels import Kind, Panel, Query, quantiles
from tests.ops.dashboards.queries import increase, quantile, rate, seen, summed, worst

WEBHOOK = "sendblue_webhook_request_duration_seconds"
NOT_AFTER = "sendblue_tls_certificate_not_after_timestamp_seconds"
LAST = "sendblue_webhook_last_received_timestamp_seconds"


INGRESS = Section(
    "The ingress",
    (
        Panel(
            "Since the last callback",
            "s",
            "How long ago the last genuine callback came to any replica.",
            "longer than the way out was quiet: Sendblue cannot reach the ingress. Statuses are then swept, minutes "
            "later.",
            "SendblueWebhookSilence",
            (Query("time() - (" + seen(worst(LAST, where='type="status_callback"')) + ")"),),
            Kind.NUMBER,
            width=6,
            red_from=3600,
        ),
        Panel(
            "Requests by HTTP status",
            "reqps",
            "What the ingress answered.",
            "5xx: Kafka does not acknowledge, and Sendblue tries again; 401: forged, or a signing key is gone.",
            "SendblueIngressBudgetBurn SendblueCallbacksForged",
            (Query(seen(rate("sendblue_webhook_requests_total", "code")), "{{code}}"),),
            stacked=True,
            width=6,
        ),
        Panel(
            "Duration of answers",
            "s",
            "Until the ingress had answered.",
            "p99 above 1 s.",
            "SendblueIngressSlowBudgetBurn",
            quantiles(WEBHOOK),
            width=6,
        ),
        Panel(
            "Certificate runs out in",
            "s",
            "How long the certificate is good that the ingress serves; 0: it serves none, or its time is over.",
            "below 14 days: it was not renewed, or what is new cannot be used.",
            "SendblueCertificateExpires",
            (
                Query(
                    f"clamp_min({worst(NOT_AFTER, 'instance')} - time(), 0)",
                    "{{instance}}",
                ),
            ),
            width=6,
        ),
        Panel(
            "Requests at work",
            "short",
            "Requests the ingress works on, of each replica.",
            "climbs and stays: appends to Kafka wait.",
            "SendblueIngressSlowBudgetBurn",
            (Query(summed("sendblue_webhook_in_flight", "instance"), "{{instance}}"),),
            width=6,
        ),
        Panel(
            "Callbacks by result",
            "reqps",
            "repeated: told before; unreadable: not what Sendblue documents; forged: no valid token; refused: not "
            "taken now.",
            "forged or unreadable above 0 for minutes.",
            "SendblueCallbacksForged",
            (Query(rate("sendblue_callbacks_total", "result"), "{{result}}"),),
            stacked=True,
            width=6,
        ),
        Panel(
            "Until the event was durable",
            "s",
            "From a callback's arrival until all in-sync replicas had its event.",
            "p99 above 1 s: brokers are slow.",
            "SendblueIngressSlowBudgetBurn",
            quantiles("sendblue_callback_duration_seconds"),
            width=6,
        ),
        Panel(
            "Events appended",
            "ops",
            "Appends to the events topic by what became of them.",
            "error above 0.",
            "SendblueWritesFailing",
            (Query(rate("sendblue_produced_records_total", "result", 'topic="events"'), "{{result}}"),),
            width=6,
        ),
        Panel(
            "Duration of appends of events, p95",
            "s",
            "From an append until all in-sync replicas had it.",
            "above 1 s.",
            "SendblueIngressSlowBudgetBurn",
            (Query(quantile(0.95, "sendblue_produce_duration_seconds", where='topic="events"'), "events"),),
            width=6,
        ),
    ),
)

ACCOUNT = Section(
    "What the account is told",
    (
        Panel(
            "Replies, and what else happened",
            "reqps",
            "Account webhooks that became a record, by type: receive is what contacts write.",
            "receive stays at 0 although people answer: `kafka-sendblue webhooks plan` says what is not registered.",
            "SendblueRepliesSilent SendblueRepliesRefused",
            (Query(rate("sendblue_account_webhooks_total", "type", 'result="accepted"'), "{{type}}"),),
            stacked=True,
        ),
        Panel(
            "Account webhooks by result",
            "reqps",
            "forged: no secret of ours; repeated: told before; unreadable: a dead letter now; refused: not taken now.",
            "forged and nothing accepted: Sendblue has another secret than the connector, and replies are lost.",
            "SendblueRepliesRefused SendblueOptOutsNotHeard",
            (Query(rate("sendblue_account_webhooks_total", "result"), "{{result}}"),),
            stacked=True,
        ),
    ),
)

DELIVERY = Section(
    "Delivery",
    (
        Panel(
            "Statuses",
            "mps",
            "Statuses that callbacks told. Most messages pass several before DELIVERED.",
            "ERROR or DECLINED grow, or DELIVERED falls behind SENT.",
            "SendblueDeliveryErrors",
            (Query(rate("sendblue_statuses_total", "status"), "{{status}}"),),
            stacked=True,
        ),
        Panel(
            "Delivered by service",
            "mps",
            "DELIVERED by iMessage, SMS and RCS.",
            "one service stops.",
            "SendblueDeliveryErrors",
            (Query(rate("sendblue_statuses_total", "service", 'status="DELIVERED"'), "{{service}}"),),
            stacked=True,
        ),
        Panel(
            "Sent as SMS instead",
            "mps",
            "Messages that ended, or were sent, as SMS because the person has no iMessage.",
            "rises at once for all lines: a line may have lost iMessage.",
            "SendblueDeliveryErrors",
            (Query(rate("sendblue_downgraded_total"), "downgraded"),),
        ),
        Panel(
            "Until delivered, p95",
            "s",
            "From the message's creation to DELIVERED, by service.",
            "minutes for a service that takes seconds.",
            "SendblueDeliveryErrors",
            (Query(quantile(0.95, "sendblue_delivery_duration_seconds", "service"), "{{service}}"),),
        ),
        Panel(
            "Error codes of statuses",
            "short",
            "Codes that came with statuses.",
            "one code takes most: docs/operators.md says what it means.",
            "SendblueDeliveryErrors",
            (Query(seen(increase("sendblue_status_errors_total", "code", over="$__rate_interval")), "{{code}}"),),
        ),
        Panel(
            "Errors by kind",
            "short",
            "The same codes by whose error it is: the request's, the recipient's, a rate, the carrier's, Sendblue's.",
            "upstream or carrier: not ours, tell Sendblue; unknown_code: a code this program does not know.",
            "SendblueDeliveryErrors",
            (Query(increase("sendblue_delivery_errors_total", "kind", over="$__rate_interval"), "{{kind}}"),),
        ),
    ),
)

UNTOLD = Section(
    "What no callback told",
    (
        Panel(
            "Messages without a last status",
            "short",
            "Messages that were accepted and not yet delivered or failed, as the reconciler knows them.",
            "grows although texts are sent evenly.",
            "SendblueStatusTimeouts SendblueSweepBehind",
            (Query(worst("sendblue_messages_outstanding"), "outstanding"),),
        ),
        Panel(
            "Sweep behind",
            "s",
            "Age of the newest message change the sweep has seen; without any change a quarter of an hour at most.",
            "above 1800 s: Sendblue's list gives no answer, or is not read.",
            "SendblueSweepBehind",
            (Query(worst("sendblue_sweep_behind_seconds"), "behind"),),
        ),
        Panel(
            "Statuses swept",
            "mps",
            "Statuses that no callback brought, by how they were found.",
            "a great part of all statuses: callbacks get lost on their way.",
            "SendblueWebhookSilence",
            (Query(rate("sendblue_statuses_swept_total", "by"), "{{by}}"),),
        ),
        Panel(
            "Look-ups",
            "reqps",
            "Look-ups of single messages by what they said.",
            "no_answer or unknown grow.",
            "SendblueStatusTimeouts",
            (Query(rate("sendblue_status_look_ups_total", "result"), "{{result}}"),),
        ),
        Panel(
            "Given up after a day",
            "short",
            "Messages that had no last status after a day, by line.",
            "any: whether the person got it is unknown.",
            "SendblueStatusTimeouts",
            (Query(increase("sendblue_status_timeouts_total", "line", over="$__rate_interval"), "{{line}}"),),
        ),
        Panel(
            "Audit",
            "short",
            "Messages in Sendblue's list that are not ours, ours that are missing there, and texts that are there "
            "twice, in the time shown.",
            "duplicate: a person may have got a text twice; foreign: something else sends by our lines.",
            "SendblueTextedTwice SendblueAuditFindings",
            (Query(increase("sendblue_audit_findings_total", "finding"), "{{finding}}"),),
            Kind.NUMBER,
            red_from=0.5,
        ),
    ),
)

DASHBOARD = Dashboard(
    "inbound",
    "kafka-sendblue: Sendblue to Kafka",
    "Callbacks, statuses, and what no callback told",
    (INGRESS, ACCOUNT, DELIVERY, UNTOLD, OPT_OUTS),
)
