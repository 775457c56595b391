"""Chaos needs brokers of its own, behind proxies; where there is no Java, it is left out, and a line says so.

Where ``CI`` is set, that is a failure, unless there is a Kafka of somebody else (``KAFKA_BOOTSTRAP``).
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.stack import Stack
from tests.real.stack import jars

WHY_NOT = jars.missing_tools()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the brokers."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was left out."""
    if WHY_NOT:
        terminalreporter.write_line(f"LEFT OUT: chaos on real brokers ({WHY_NOT})")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Three brokers behind proxies, and a registry."""
    if WHY_NOT and not (os.environ.get("CI") and not os.environ.get("KAFKA_BOOTSTRAP")):
        pytest.skip(WHY_NOT)
    with Stack() as one:
        yield one
