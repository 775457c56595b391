"""What a connector or a command finds around it: broker, registry and Sendblue, all of them local."""

import contextlib
from collections.abc import AsyncIterator

from connector.demo_plan import DemoPlan
from connector.kafka.topics import TopicNames, wanted
from connector.settings import Settings
from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.broker import CLIENT, EmbeddedBroker
from connector.simulator.registry import embedded_registry
from connector.simulator.server import running


@contextlib.asynccontextmanager
async def installed(lines: int = 1) -> AsyncIterator[Settings]:
    """Broker, registry and Sendblue, and the settings of a connector among them."""
    async with installed_with(lines) as (settings, _):
        yield settings


@contextlib.asynccontextmanager
async def installed_with(lines: int = 1) -> AsyncIterator[tuple[Settings, EmbeddedBroker]]:
    """The same, with the broker to break."""
    plan = DemoPlan(lines=lines)
    with EmbeddedBroker({spec.name: spec.partitions for spec in wanted(TopicNames(), 2 * lines, 1, 1)}) as broker:
        async with embedded_registry() as registry:
            numbers = tuple(line.number for line in plan.settings("x:1", registry, "http://127.0.0.1").lines)
            async with running(Simulator(SimulatorSettings(numbers))) as api:
                settings = plan.settings(broker.bootstrap, registry, api)
                kafka = settings.kafka.model_copy(update={"client": CLIENT})
                yield settings.model_copy(update={"kafka": kafka}), broker
