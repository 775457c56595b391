"""A real Kafka and a real registry for every test in this folder, once a session.

Found in this order: ``KAFKA_BOOTSTRAP`` with ``SCHEMA_REGISTRY_URL``; Java 17 with Maven. With neither, these tests are
left out, and a line at the end says so; where ``CI`` is set, that is a failure.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.stack import jars
from tests.real.stack.brokers import Brokers
from tests.real.stack.registry import RealRegistry

GIVEN = os.environ.get("KAFKA_BOOTSTRAP"), os.environ.get("SCHEMA_REGISTRY_URL")
WHY_NOT = None if all(GIVEN) else jars.missing_tools()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, and leave it out where there is no Kafka to be had."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.kafka)
            if WHY_NOT and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=WHY_NOT))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was left out."""
    if WHY_NOT:
        terminalreporter.write_line(f"LEFT OUT: the tests against a real Kafka ({WHY_NOT}, or set KAFKA_BOOTSTRAP)")


@pytest.fixture(scope="session")
def brokers() -> Iterator[Brokers]:
    """Three brokers of our own, replication factor 3, two in sync."""
    with Brokers(3) as three:
        yield three


@pytest.fixture(scope="session")
def bootstrap(request: pytest.FixtureRequest) -> str:
    """Where Kafka is."""
    return GIVEN[0] if all(GIVEN) and GIVEN[0] else str(request.getfixturevalue("brokers").bootstrap)


@pytest.fixture(scope="session")
def registry() -> Iterator[RealRegistry]:
    """A registry of our own."""
    with RealRegistry() as one:
        yield one


@pytest.fixture(scope="session")
def registry_url(request: pytest.FixtureRequest) -> str:
    """Where the registry is."""
    return GIVEN[1] if all(GIVEN) and GIVEN[1] else str(request.getfixturevalue("registry").url)
