"""Metrics: bounded labels, every series born at 0, the catalogue as served."""

import random
import re

import pytest
from prometheus_client import generate_latest

from connector.core import content_facts, edge_facts, facts, sights
from connector.observability.catalogue import CATALOGUE, MAX_LINES, Metric
from connector.observability.metrics import Metrics

HISTOGRAM = re.compile(r"_seconds_(bucket|sum|count)")


def series(metrics: Metrics) -> list[str]:
    return [line for line in generate_latest(metrics.registry).decode().splitlines() if not line.startswith("#")]


def test_no_input_adds_a_series() -> None:
    """10,000 random codes, lines, statuses, services and errors: the same series as at the start."""
    metrics, chance = Metrics(["line-1", "line-2"]), random.Random(1)
    before = {line.rsplit(" ", 1)[0] for line in series(metrics)}

    for _ in range(2_000):
        odd = f"+1202555{chance.randrange(10**4):04d}"
        for fact in (
            facts.PostAnswered(odd, odd, odd, 0.1),
            facts.RequestRefused(odd),
            facts.RequestRouted(odd),
            facts.RequestDeferred(odd, odd, odd),
            facts.CallbackAnswered("accepted", odd, odd, odd, 0.1),
            facts.AccountWebhookAnswered(odd, odd, 0.1),
            facts.MessageSettled(odd, odd, odd, odd, odd, odd, 1.0),
        ):
            metrics(fact)

    assert {line.rsplit(" ", 1)[0] for line in series(metrics)} == before


def test_every_fact_is_counted() -> None:
    """One of each kind moves what it should."""
    metrics = Metrics(["a"])

    for fact in (
        facts.RequestRouted("a"),
        facts.VerdictSeen("granted"),
        facts.PostAnswered("a", "submitted", "ok", 0.2),
        facts.AttemptInDoubt("a"),
        facts.LineWaits("a", "429"),
        facts.MessageSettled("SUBMITTED", "", "a", "r", "x", "o", 0.3),
        facts.DeadLettered("4000"),
        facts.AlarmRaised("SECOND_SUBMITTED"),
        facts.CallbackAnswered("accepted", "SENT", "SMS", "10001", 0.01),
        facts.AccountWebhookAnswered("receive", "accepted", 0.01),
        facts.AccountWebhookAnswered("pigeon", "forged", 0.01),
        facts.RequestScheduled("a"),
        facts.RequestDeferred("a", "1h", "SCHEDULED"),
        facts.DelayEnded("1h", "a"),
        facts.PublishFailedOnce("dead_letter"),
        facts.CallbackAnswered("accepted", "DELIVERED", "iMessage", "", 0.01, 2.0, downgraded=True),
        facts.StatusSwept("list", downgraded=True),
        content_facts.ServiceAsked("other"),
        content_facts.MediaAsked("large"),
        edge_facts.RecordsRead("requests", 5),
        edge_facts.Rebalanced("dispatch", "assigned", 3),
        edge_facts.Committed("dispatch", "error"),
        edge_facts.ClientFailed("producer", "_TRANSPORT"),
        edge_facts.Produced("events", "ok", 0.02),
        edge_facts.ApiCalled("list", "429", 0.1),
        edge_facts.WebhookAnswered("status_callback", "200", 0.01, 1_700_000_000_000),
        edge_facts.LoopTurned(0.02),
        sights.ParkedSeen(3),
        sights.LagSeen("requests", 7, 1.5),
        sights.LedgerSeen(1, 2, 4),
    ):
        metrics(fact)
    served = "\n".join(series(metrics))

    for line in (
        'sendblue_requests_routed_total{line="a"} 1.0',
        'sendblue_posts_total{outcome="submitted"} 1.0',
        'sendblue_messages_total{end="SUBMITTED"} 1.0',
        "sendblue_message_delay_seconds_count 1.0",
        'sendblue_statuses_total{service="SMS",status="SENT"} 1.0',
        'sendblue_status_errors_total{code="10001"} 1.0',
        'sendblue_alarms_total{alarm="SECOND_SUBMITTED"} 1.0',
        'sendblue_account_webhooks_total{result="accepted",type="receive"} 1.0',
        'sendblue_account_webhooks_total{result="forged",type="other"} 1.0',
        "sendblue_scheduled_total 1.0",
        'sendblue_deferrals_total{delay="1h",reason="SCHEDULED"} 1.0',
        'sendblue_delays_ended_total{delay="1h"} 1.0',
        "sendblue_parked 3.0",
        'sendblue_line_posts_total{line="a"} 1.0',
        'sendblue_publish_failures_total{what="dead_letter"} 1.0',
        'sendblue_delivery_errors_total{kind="carrier"} 1.0',
        'sendblue_delivery_duration_seconds_sum{service="iMessage"} 2.0',
        "sendblue_downgraded_total 2.0",
        'sendblue_statuses_swept_total{by="list"} 1.0',
        'sendblue_service_look_ups_total{result="other"} 1.0',
        'sendblue_media_uploads_total{result="large"} 1.0',
        'sendblue_records_read_total{topic="requests"} 5.0',
        'sendblue_rebalances_total{kind="assigned",topic="dispatch"} 3.0',
        'sendblue_commits_total{result="error",topic="dispatch"} 1.0',
        'sendblue_kafka_client_errors_total{client="producer",code="_TRANSPORT"} 1.0',
        'sendblue_produced_records_total{result="ok",topic="events"} 1.0',
        'sendblue_produce_duration_seconds_count{topic="events"} 1.0',
        'sendblue_api_requests_total{code="429",operation="list"} 1.0',
        'sendblue_webhook_requests_total{code="200",type="status_callback"} 1.0',
        'sendblue_webhook_last_received_timestamp_seconds{type="status_callback"} 1.7e+09',
        'sendblue_event_loop_lag_seconds_bucket{le="0.025"} 1.0',
        'sendblue_lag_records{topic="requests"} 7.0',
        "sendblue_attempts_open 4.0",
    ):
        assert line in served


def test_a_port_that_is_taken_is_named() -> None:
    """In a sentence, for the command line prints it as it is."""
    first, second = Metrics(()), Metrics(())
    port = first.serve("127.0.0.1", 0)

    with pytest.raises(OSError, match=f"cannot listen on port {port} for metrics"):
        second.serve("127.0.0.1", port)


def test_names_and_units() -> None:
    """Prefix, ``_total`` on counters alone, base units."""
    for row in CATALOGUE:
        assert row.name.startswith("sendblue_")
        assert row.name.endswith("_total") == (row.kind.__name__ == "Counter")
        assert row.help


def test_a_topics_lag_is_what_it_is_now() -> None:
    """A gauge of the whole topic: the last word counts, and topics do not touch each other."""
    metrics = Metrics()
    for fact in (
        sights.LagSeen("requests", 9, 3.0),
        sights.LagSeen("dispatch", 2, 1.0),
        sights.LagSeen("requests", 0, 0.0),
    ):
        metrics(fact)
    served = series(metrics)

    assert 'sendblue_lag_records{topic="requests"} 0.0' in served
    assert 'sendblue_lag_seconds{topic="requests"} 0.0' in served
    assert 'sendblue_lag_records{topic="dispatch"} 2.0' in served


def test_a_send_that_is_no_success_tells_its_code() -> None:
    """Outcome and code apart: together they would be most of all series, and nobody asks for both."""
    metrics = Metrics(["a"])
    metrics(facts.PostAnswered("a", "unsent", "429", 0.1))
    metrics(facts.PostAnswered("a", "submitted", "ok", 0.1))
    served = series(metrics)

    assert 'sendblue_posts_total{outcome="unsent"} 1.0' in served
    assert [line for line in served if line.startswith("sendblue_post_codes") and not line.endswith(" 0.0")] == [
        'sendblue_post_codes_total{code="429"} 1.0'
    ]


@pytest.mark.parametrize(("lines", "most"), [(5, 1_800), (50, 3_100), (1_000, 3_100)])
def test_a_process_has_few_series(lines: int, most: int) -> None:
    """However many lines there are; docs/watching.md says how many of them there are now."""
    assert len(series(Metrics(f"line-{n}" for n in range(lines)))) < most


def test_every_series_is_there_from_the_start() -> None:
    """At 0, but for what tells something by being there, for keys not refused yet, for what Sendblue has not told."""
    metrics = Metrics(["a"], {"build": {"version": "1.2.3"}, "config": {"hash": "abc", "roles": "router"}})
    ours = [line for line in series(metrics) if line.startswith("sendblue_")]
    not_nought = [line for line in ours if not line.endswith((" 0.0", " NaN"))]
    not_told = {line.partition("{")[0] for line in ours if line.endswith(" NaN")}

    assert not_nought == [
        'sendblue_build_info{librdkafka="",python="",revision="",version="1.2.3"} 1.0',
        'sendblue_config_info{hash="abc",roles="router"} 1.0',
        'sendblue_role{role="router"} 1.0',
        "sendblue_credentials_valid 1.0",
    ]
    assert not_told == {f"sendblue_line_new_contacts_{name}" for name in ("limit", "used", "left")}
    assert {row.name for row in CATALOGUE if row.kind.__name__ != "Histogram"} == {
        line.partition("{")[0].partition(" ")[0] for line in ours if not HISTOGRAM.search(line)
    }


@pytest.mark.parametrize("row", [row for row in CATALOGUE if row.buckets], ids=lambda row: row.name)
def test_the_objectives_thresholds_are_edges(row: Metric) -> None:
    """1 s and 30 s: what an objective counts must be a bucket of its own."""
    assert {1.0, 30.0} <= set(row.buckets)
    assert list(row.buckets) == sorted(set(row.buckets))


def test_the_number_of_series_is_bounded() -> None:
    """With a thousand lines no more than with fifty, and few enough for any Prometheus."""
    few, many = (len(series(Metrics(f"line-{n}" for n in range(count)))) for count in (MAX_LINES, 1_000))

    assert few == many
    assert many < 3_100


def test_the_process_tells_of_itself() -> None:
    """CPU, memory, files and garbage collection, by the client library's own collectors."""
    names = {line.partition("{")[0].partition(" ")[0] for line in series(Metrics())}

    assert {"process_resident_memory_bytes", "process_open_fds", "python_gc_collections_total"} <= names
