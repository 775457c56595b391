"""Metrics of a live run: the demo's broker, registry and Sendblue, and the whole connector between them."""

import asyncio
import random
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from connector.core.messages import Disposition
from connector.core.sights import LineState
from connector.demo import Demo, run
from connector.demo_plan import DemoPlan
from connector.observability.metrics import Metrics
from connector.observability.scrape import rendered
from connector.wiring.sampling import in_flight
from tests.observability.examples import odd

ENDS = tuple(str(end) for end in Disposition)


class Figures:
    """The figures of a process at one moment."""

    def __init__(self, metrics: Metrics) -> None:
        self._registry = metrics.registry

    def of(self, name: str, labels: Mapping[str, str] | None = None) -> float:
        """One series."""
        value = self._registry.get_sample_value(name, dict(labels or {}))
        assert value is not None, name
        return value

    @property
    def read(self) -> float:
        """Requests taken."""
        return self.of("sendblue_records_read_total", {"topic": "requests"})

    @property
    def ended(self) -> float:
        """Requests with a final disposition."""
        return sum(self.of("sendblue_messages_total", {"end": end}) for end in ENDS)


async def test_what_came_in_ended_or_is_in_flight() -> None:
    """Requests read = the sum of their ends + those in flight, at every moment in which none is between two topics.

    Lines are slow, so many are in flight all the time; replies get lost, so some are in doubt.
    """
    balances, stop = list[tuple[float, float, float]](), asyncio.Event()

    def look(demo: Demo) -> None:
        connector = demo.connector
        if connector is None or connector.parts is None or demo.metrics is None or not connector.ready.is_set():
            return
        parts, router = connector.parts, connector.parts.router
        dispatched = {i.name: i for i in parts.intakes}["dispatch"]
        produced = demo.metrics.registry.get_sample_value(
            "sendblue_produced_records_total", {"topic": "dispatch", "result": "ok"}
        )
        taken = demo.metrics.registry.get_sample_value("sendblue_records_read_total", {"topic": "dispatch"})
        if router is None or router.pending() or produced != taken or dispatched.behind().unread:
            return
        connector.sample()
        figures = Figures(demo.metrics)
        balances.append((figures.read, figures.ended, figures.of("sendblue_requests_in_flight")))
        assert in_flight(parts) == balances[-1][2]
        if len([one for one in balances if one[1] > 10]) >= 5:
            stop.set()

    report = await run(DemoPlan(seconds=600, gap_s=0.5, rate=20, seed=3), stop, look)

    assert report["duplicate_texts"] == 0
    assert len(balances) >= 5
    assert max(flying for _, _, flying in balances) > 10
    for read, ended, flying in balances:
        assert read == ended + flying


async def test_every_line_and_topic_and_the_process_show_how_they_stand() -> None:
    """Taken from a run while it goes on, and the page shows the same."""
    found, stop = dict[str, float](), asyncio.Event()
    pages: list[dict[str, object]] = []

    def look(demo: Demo) -> None:
        connector, metrics = demo.connector, demo.metrics
        if metrics is None or connector is None or demo.tally.settled < 30 or connector.parts is None:
            return
        connector.sample()
        figures = Figures(metrics)
        line = {"line": "line-0"}
        found["allowed"] = figures.of("sendblue_line_allowed_rate", line)
        found["posts"] = figures.of("sendblue_line_posts_total", line)
        found["queue"] = figures.of("sendblue_line_queue_records", line)
        found["oldest"] = figures.of("sendblue_line_oldest_seconds", line)
        found["lines"] = sum(figures.of("sendblue_lines", {"state": state}) for state in LineState)
        found["assigned"] = figures.of("sendblue_assigned_partitions", {"topic": "dispatch"})
        found["running"] = figures.of("sendblue_state", {"state": "running"})
        found["ready"] = figures.of("sendblue_ready")
        found["turns"] = figures.of("sendblue_event_loop_lag_seconds_count")
        found["calls"] = figures.of("sendblue_api_request_duration_seconds_count", {"operation": "send"})
        found["callbacks"] = figures.of("sendblue_webhook_requests_total", {"type": "status_callback", "code": "200"})
        pages.append(connector.status())
        stop.set()

    await run(DemoPlan(seconds=600, lines=3, gap_s=0.5, rate=20, seed=3), stop, look)
    exact = {name: found.pop(name) for name in ("allowed", "lines", "assigned", "running", "ready")}

    assert exact == {"allowed": 2.0, "lines": 3.0, "assigned": 6.0, "running": 1.0, "ready": 1.0}
    assert [name for name, value in found.items() if value <= 0] == []
    assert set(pages[0]) >= {"state", "versions", "requests", "ledger", "account", "errors", "lines", "topics"}
    assert "'parked': 0" in str(pages[0])
    assert "+1" not in str(pages[0])


async def test_numbers_handles_and_texts_add_no_series() -> None:
    """Hundreds of requests through the whole service, and ten thousand facts with odd values."""
    stop, shapes = asyncio.Event(), list[set[str]]()

    def look(demo: Demo) -> None:
        connector, metrics = demo.connector, demo.metrics
        if connector is None or metrics is None or not connector.ready.is_set():
            return
        if not shapes:
            shapes.append(_series(metrics))
        if demo.tally.settled >= 500:
            _odd(metrics)
            shapes.append(_series(metrics))
            stop.set()

    await run(DemoPlan(seconds=600, lines=10, gap_s=0.0, rate=400, seed=3), stop, look)

    assert len(shapes) > 1
    assert shapes[0] == shapes[-1]
    assert not [one for one in shapes[-1] if "5550" in one or "+1" in one or "demo-3" in one]


def _series(metrics: Metrics) -> set[str]:
    families = text_string_to_metric_families(rendered(metrics.registry, "")[1].decode())
    return {f"{sample.name}{sample.labels}" for family in families for sample in family.samples}


def _odd(metrics: Metrics) -> None:
    chance = random.Random(1)
    for _ in range(100):
        for fact in odd(f"+1202555{chance.randrange(10**4):04d}"):
            metrics(fact)
