"""A simulator, and the official SDK's client for it."""

from collections.abc import AsyncIterator

import pytest

from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.server import running
from tests.simulator.sdk_stage import LINE, Clock, Site, sdk


@pytest.fixture
def clock() -> Clock:
    """Whoever sets it sets the simulator's."""
    return Clock()


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Site]:
    """One line, fifteen new contacts an hour. Texts stay QUEUED: the models do not know ACCEPTED."""
    one = Simulator(SimulatorSettings((LINE,), step_s=3600.0, lag_s=60.0, new_contacts_hourly=15), clock=clock)
    async with running(one) as url, sdk(url) as client:
        yield one, client
