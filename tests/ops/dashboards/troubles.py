"""What goes wrong while the dashboards are looked at, each thing once and for real, so that no panel is empty.

Each is waited for until Prometheus shows it; what Sendblue does otherwise is ended then.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connector.commands.operations import send
from connector.core.messages import SendRequest
from connector.demo import NAMES, Demo
from connector.kafka.clients import ClientSettings
from connector.kafka.producer import KafkaProducer
from connector.settings import Settings
from connector.simulator.broker import CLIENT
from connector.simulator.faults import Fault, Outage
from connector.wiring.installation import clients_of
from tests.ops.dashboards.prometheus import Prometheus

LATER_MS = 30 * 60 * 1000
NOBODY = "127.0.0.1:1"


async def suffered(demo: Demo, prometheus: Prometheus) -> None:
    """All of them, one after the other."""
    faults = demo.simulator.faults
    await _limited(demo)
    await prometheus.shows("sendblue_line_new_contacts_limit > 0")
    faults.late_error = 1.0
    await prometheus.shows("sum(sendblue_status_errors_total) > 0")
    faults.late_error = 0.0
    faults.queued.append(Fault.TOO_MANY)
    await prometheus.shows('sendblue_line_waits_total{code="RATE_LIMITED"} > 0')
    faults.outage = Outage.UNAVAILABLE
    await prometheus.shows('sum(sendblue_line_state{state=~"breaker|account"}) > 0')
    faults.outage = Outage.NONE
    await send(_settings(demo), _scheduled(), 0.0, lambda _: None)
    await prometheus.shows('sendblue_deferrals_total{reason="SCHEDULED"} > 0')
    async with _producer(clients_of(_settings(demo)), demo) as producer:
        await producer.send(NAMES.requests, key=b"k", value=b"no Avro")
    await prometheus.shows("sum(increase(sendblue_requests_refused_total[$__rate_interval])) > 0")
    await prometheus.shows("sum(sendblue_dead_letters_total) > 0")
    async with _producer(ClientSettings(NOBODY), demo):
        await prometheus.shows('sum(rate(sendblue_kafka_client_errors_total{client="producer"}[$__rate_interval])) > 0')


async def _limited(demo: Demo) -> None:
    """Sendblue counts new contacts from now on, and is asked about them."""
    account = demo.simulator.account
    assert isinstance(account.settings.line_limits, dict)
    account.settings.line_limits.update(dict.fromkeys(account.settings.lines, (1_000, 5_000)))
    assert demo.connector is not None
    assert demo.connector.parts is not None
    assert demo.connector.parts.known.watch is not None
    await demo.connector.parts.known.watch.read()


def _settings(demo: Demo) -> Settings:
    """The demo's, as a client of its broker needs them."""
    assert demo.connector is not None
    settings = demo.connector.settings
    kafka = settings.kafka.model_copy(update={"client": {**settings.kafka.client, **CLIENT}})
    return settings.model_copy(update={"kafka": kafka})


def _scheduled() -> SendRequest:
    at_ms = time.time_ns() // 1_000_000 + LATER_MS
    return SendRequest("later-1", number="+12065550123", content="Hello, later", send_at_ms=at_ms)


@asynccontextmanager
async def _producer(clients: ClientSettings, demo: Demo) -> AsyncIterator[KafkaProducer]:
    """One more client of the process, whose errors are counted with those of the others."""
    assert demo.metrics is not None
    producer = KafkaProducer(clients, asyncio.get_running_loop(), demo.metrics)
    try:
        yield producer
    finally:
        await producer.close()
