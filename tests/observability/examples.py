"""One of every kind of fact and sight, and each series of a process that it moves: those, and no others.

Of a histogram the sum and the number are named, not the buckets.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, NamedTuple

from connector.core import content_facts, edge_facts, facts
from tests.observability.sight_examples import SIGHTS


class Example(NamedTuple):
    """What happened, or how something stands; ``moves``: what a process with the line ``a`` then serves, sorted."""

    fact: facts.Fact
    moves: tuple[str, ...] = ()


EXAMPLES = (
    Example(facts.RequestRouted("a"), ('sendblue_requests_routed_total{line="a"} 1.0',)),
    Example(
        facts.RequestRefused("RECORD_TIME_MISSING"),
        ('sendblue_requests_refused_total{code="RECORD_TIME_MISSING"} 1.0',),
    ),
    Example(facts.VerdictSeen("granted"), ('sendblue_ledger_verdicts_total{verdict="granted"} 1.0',)),
    Example(
        facts.PostAnswered("a", "submitted", "ok", 0.25),
        (
            'sendblue_line_posts_total{line="a"} 1.0',
            "sendblue_post_duration_seconds_count 1.0",
            "sendblue_post_duration_seconds_sum 0.25",
            'sendblue_posts_total{outcome="submitted"} 1.0',
        ),
    ),
    Example(
        facts.PostAnswered("b", "unsent", "429", 0.25),
        (
            'sendblue_line_posts_total{line="other"} 1.0',
            'sendblue_post_codes_total{code="429"} 1.0',
            "sendblue_post_duration_seconds_count 1.0",
            "sendblue_post_duration_seconds_sum 0.25",
            'sendblue_posts_total{outcome="unsent"} 1.0',
        ),
    ),
    Example(facts.AttemptInDoubt("a"), ('sendblue_in_doubt_total{line="a"} 1.0',)),
    Example(facts.DoubtLooked("absent"), ('sendblue_doubt_looks_total{result="absent"} 1.0',)),
    Example(facts.DoubtSettled("list"), ('sendblue_doubts_settled_total{by="list"} 1.0',)),
    Example(facts.BreakerTurned("line", "opened", "a"), ('sendblue_breaker_turns_total{of="line",to="opened"} 1.0',)),
    Example(facts.LineWaits("a", "429"), ('sendblue_line_waits_total{code="429"} 1.0',)),
    Example(facts.RequestScheduled("a"), ("sendblue_scheduled_total 1.0",)),
    Example(
        facts.RequestDeferred("a", "1h", "SCHEDULED"), ('sendblue_deferrals_total{delay="1h",reason="SCHEDULED"} 1.0',)
    ),
    Example(
        facts.PauseOrdered("tag", "resumed", "", "ada", "over"),
        ('sendblue_pause_orders_total{of="tag",to="resumed"} 1.0',),
    ),
    Example(facts.FuseBlown("same_text", "a"), ('sendblue_fuses_blown_total{fuse="same_text"} 1.0',)),
    Example(facts.DelayEnded("1h", "a"), ('sendblue_delays_ended_total{delay="1h"} 1.0',)),
    Example(
        facts.MessageSettled("SUBMITTED", "", "a", "r", "x", "o", 0.5),
        (
            "sendblue_message_delay_seconds_count 1.0",
            "sendblue_message_delay_seconds_sum 0.5",
            'sendblue_messages_total{end="SUBMITTED"} 1.0',
        ),
    ),
    Example(
        facts.MessageSettled("EXPIRED", "", "a", "r", "x", "o", 0.5), ('sendblue_messages_total{end="EXPIRED"} 1.0',)
    ),
    Example(facts.DeadLettered("4000"), ('sendblue_dead_letters_total{code="4000"} 1.0',)),
    Example(facts.PublishStuck("event", 7)),
    Example(facts.StatusSwept("list"), ('sendblue_statuses_swept_total{by="list"} 1.0',)),
    Example(
        facts.StatusSwept("look_up", downgraded=True),
        (
            "sendblue_downgraded_total 1.0",
            'sendblue_statuses_swept_total{by="look_up"} 1.0',
        ),
    ),
    Example(facts.StatusLookedUp("same"), ('sendblue_status_look_ups_total{result="same"} 1.0',)),
    Example(facts.StatusTimedOut("a"), ('sendblue_status_timeouts_total{line="a"} 1.0',)),
    Example(facts.AuditFound("missing", "h"), ('sendblue_audit_findings_total{finding="missing"} 1.0',)),
    Example(
        facts.CallbackAnswered("accepted", "SENT", "SMS", "10001", 0.25),
        (
            "sendblue_callback_duration_seconds_count 1.0",
            "sendblue_callback_duration_seconds_sum 0.25",
            'sendblue_callbacks_total{result="accepted"} 1.0',
            'sendblue_delivery_errors_total{kind="carrier"} 1.0',
            'sendblue_status_errors_total{code="10001"} 1.0',
            'sendblue_statuses_total{service="SMS",status="SENT"} 1.0',
        ),
    ),
    Example(
        facts.CallbackAnswered("accepted", "DELIVERED", "iMessage", "", 0.25, 2.0, downgraded=True),
        (
            "sendblue_callback_duration_seconds_count 1.0",
            "sendblue_callback_duration_seconds_sum 0.25",
            'sendblue_callbacks_total{result="accepted"} 1.0',
            'sendblue_delivery_duration_seconds_count{service="iMessage"} 1.0',
            'sendblue_delivery_duration_seconds_sum{service="iMessage"} 2.0',
            "sendblue_downgraded_total 1.0",
            'sendblue_statuses_total{service="iMessage",status="DELIVERED"} 1.0',
        ),
    ),
    Example(facts.CallbackAnswered("forged", "", "", "", 0.25), ('sendblue_callbacks_total{result="forged"} 1.0',)),
    Example(
        facts.AccountWebhookAnswered("receive", "accepted", 0.25),
        ('sendblue_account_webhooks_total{result="accepted",type="receive"} 1.0',),
    ),
    Example(
        facts.AccountWebhookAnswered("pigeon", "forged", 0.25),
        ('sendblue_account_webhooks_total{result="forged",type="other"} 1.0',),
    ),
    Example(facts.AlarmRaised("SECOND_SUBMITTED"), ('sendblue_alarms_total{alarm="SECOND_SUBMITTED"} 1.0',)),
    Example(facts.PublishFailedOnce("dead_letter"), ('sendblue_publish_failures_total{what="dead_letter"} 1.0',)),
    Example(content_facts.ServiceAsked("other"), ('sendblue_service_look_ups_total{result="other"} 1.0',)),
    Example(content_facts.MediaAsked("large"), ('sendblue_media_uploads_total{result="large"} 1.0',)),
    Example(facts.OptOutHeard("out", "INBOUND"), ('sendblue_opt_out_words_total{source="INBOUND",word="out"} 1.0',)),
    Example(facts.OptOutWritten("dropped"), ('sendblue_opt_outs_written_total{result="dropped"} 1.0',)),
    Example(edge_facts.RecordsRead("requests", 5), ('sendblue_records_read_total{topic="requests"} 5.0',)),
    Example(
        edge_facts.Rebalanced("dispatch", "assigned", 3),
        ('sendblue_rebalances_total{kind="assigned",topic="dispatch"} 3.0',),
    ),
    Example(
        edge_facts.Committed("dispatch", "error"), ('sendblue_commits_total{result="error",topic="dispatch"} 1.0',)
    ),
    Example(
        edge_facts.ClientFailed("producer", "_TRANSPORT"),
        ('sendblue_kafka_client_errors_total{client="producer",code="_TRANSPORT"} 1.0',),
    ),
    Example(
        edge_facts.Produced("events", "ok", 0.25),
        (
            'sendblue_produce_duration_seconds_count{topic="events"} 1.0',
            'sendblue_produce_duration_seconds_sum{topic="events"} 0.25',
            'sendblue_produced_records_total{result="ok",topic="events"} 1.0',
        ),
    ),
    Example(
        edge_facts.Produced("events", "error", 0.25),
        ('sendblue_produced_records_total{result="error",topic="events"} 1.0',),
    ),
    Example(
        edge_facts.Produced("events", "too_large", 0.25),
        ('sendblue_produced_records_total{result="too_large",topic="events"} 1.0',),
    ),
    Example(
        edge_facts.ApiCalled("list", "429", 0.25),
        (
            'sendblue_api_request_duration_seconds_count{operation="list"} 1.0',
            'sendblue_api_request_duration_seconds_sum{operation="list"} 0.25',
            'sendblue_api_requests_total{code="429",operation="list"} 1.0',
        ),
    ),
    Example(
        edge_facts.WebhookAnswered("receive", "200", 0.25, 1_700_000_000_000),
        (
            'sendblue_webhook_last_received_timestamp_seconds{type="receive"} 1.7e+09',
            'sendblue_webhook_request_duration_seconds_count{type="receive"} 1.0',
            'sendblue_webhook_request_duration_seconds_sum{type="receive"} 0.25',
            'sendblue_webhook_requests_total{code="200",type="receive"} 1.0',
        ),
    ),
    Example(
        edge_facts.WebhookAnswered("receive", "401", 0.25, 1_700_000_000_000),
        (
            'sendblue_webhook_request_duration_seconds_count{type="receive"} 1.0',
            'sendblue_webhook_request_duration_seconds_sum{type="receive"} 0.25',
            'sendblue_webhook_requests_total{code="401",type="receive"} 1.0',
        ),
    ),
    Example(
        edge_facts.LoopTurned(0.25),
        (
            "sendblue_event_loop_lag_seconds_count 1.0",
            "sendblue_event_loop_lag_seconds_sum 0.25",
        ),
    ),
    *(Example(*one) for one in SIGHTS),
)


def odd(value: str) -> Iterator[facts.Fact]:
    """Every example with this in place of its texts: of each alone, and of all of them together."""
    one: Any  # replace() takes one kind at a time
    for one, _ in EXAMPLES:
        texts = [field.name for field in fields(one) if type(getattr(one, field.name)) is str]
        for names in (*([name] for name in texts), texts):
            yield replace(one, **dict.fromkeys(names, value))
