"""Metrics: bounded labels, every series born at 0, the catalogue as served."""

import random
import re
from typing import get_args

import pytest
from prometheus_client import generate_latest

from connector.core import facts, sights
from connector.observability.catalogue import CATALOGUE, MAX_LINES, Metric
from connector.observability.metrics import Metrics
from tests.observability.examples import EXAMPLES, Example, odd

HISTOGRAM = re.compile(r"_seconds_(bucket|sum|count)")
COUNTED_PART = re.compile(r"_seconds_(sum|count)$")


def series(metrics: Metrics) -> list[str]:
    return [line for line in generate_latest(metrics.registry).decode().splitlines() if not line.startswith("#")]


def test_no_input_adds_a_series() -> None:
    """Facts of every kind, each text in them a random one, thousands of times: the same series as at the start."""
    metrics, chance = Metrics(["line-1", "line-2"]), random.Random(1)
    before = {line.rsplit(" ", 1)[0] for line in series(metrics)}

    for _ in range(100):
        for fact in odd(f"+1202555{chance.randrange(10**4):04d}"):
            metrics(fact)

    assert {line.rsplit(" ", 1)[0] for line in series(metrics)} == before


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: type(one.fact).__name__)
def test_a_fact_moves_what_it_should_and_nothing_else(example: Example) -> None:
    """One of each kind, and each series that it moves, with its labels and to its value."""
    metrics = Metrics(["a"])
    before = set(series(metrics))
    metrics(example.fact)
    moved = {line for line in set(series(metrics)) - before if line.startswith("sendblue_") and "_bucket" not in line}

    assert sorted(example.moves) == sorted(moved)


def test_every_kind_of_fact_has_an_example() -> None:
    """A new fact or sight is not forgotten here, nor in the bound on series."""
    assert set(get_args(facts.Fact)) == {type(example.fact) for example in EXAMPLES}


def test_every_metric_is_moved_by_an_example() -> None:
    """No name of the catalogue stands at 0 for ever; what a process tells of itself at its start is no fact."""
    moved = {COUNTED_PART.sub("_seconds", line.partition("{")[0].split()[0]) for one in EXAMPLES for line in one.moves}

    assert {row.name for row in CATALOGUE if not row.info} == moved | {"sendblue_role"}


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
