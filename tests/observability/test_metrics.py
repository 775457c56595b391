"""Metrics: bounded labels, every series born at 0, the catalogue as served."""

import random

import pytest
from prometheus_client import generate_latest

from connector.core import facts, sights
from connector.observability.catalogue import CATALOGUE
from connector.observability.metrics import Metrics


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
        facts.RequestScheduled("a"),
        facts.RequestDeferred("a", "1h", "SCHEDULED"),
        facts.DelayEnded("1h", "a"),
        sights.ParkedSeen(3),
        sights.LagSeen("requests", 7, 1.5),
        sights.LedgerSeen(1, 2, 4),
    ):
        metrics(fact)
    served = "\n".join(series(metrics))

    for line in (
        'sendblue_requests_routed_total{line="a"} 1.0',
        'sendblue_posts_total{code="ok",outcome="submitted"} 1.0',
        'sendblue_messages_total{end="SUBMITTED"} 1.0',
        "sendblue_message_delay_seconds_count 1.0",
        'sendblue_statuses_total{service="SMS",status="SENT"} 1.0',
        'sendblue_status_errors_total{code="10001"} 1.0',
        'sendblue_alarms_total{alarm="SECOND_SUBMITTED"} 1.0',
        'sendblue_scheduled_total{line="a"} 1.0',
        'sendblue_deferrals_total{delay="1h",reason="SCHEDULED"} 1.0',
        'sendblue_delays_ended_total{delay="1h"} 1.0',
        "sendblue_parked 3.0",
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
