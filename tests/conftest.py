"""What all tests share."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A deadline, or a bound on how long inputs take, would be an assertion on wall-clock time, and machines are shared.
# The same inputs each time: what a change breaks is the change's. New ones: --hypothesis-profile=roaming.
ROAMING = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False)
settings.register_profile("roaming", ROAMING)
settings.register_profile("same", ROAMING, derandomize=True)
settings.load_profile("same")

# Servers of tests are on this machine, and no proxy that its environment names knows them.
NO_PROXY = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, (NO_PROXY, "127.0.0.1", "localhost")))

# What the machine's owner has set for a connector or for OpenTelemetry is not for those of the tests.
for name in [name for name in os.environ if name.startswith(("SENDBLUE_", "OTEL_"))]:
    del os.environ[name]

HERE = Path(__file__).parent
UNCOUNTED = {
    *("simulation", "core/test_model_check.py", "simulator/test_listing.py"),
    *("test_breakers.py", "test_delays.py", "test_fuses.py", "test_new_contacts.py", "test_parked_looks.py"),
    *("test_demo.py", "test_live_metrics.py", "test_opt_out_commands.py", "test_operators_commands.py"),
    *("test_pauses.py", "test_quiet_hours.py"),
}
"""Long stories: to count the lines of core they run through takes three to five times as long as they do. All other
tests together must reach these lines."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long stories out of the count."""
    for item in items:
        test = item.path.relative_to(HERE)
        if not UNCOUNTED.isdisjoint((test.as_posix(), test.parts[0])):
            item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command that a test runs sets logging up, onto a stream that is closed when that test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
