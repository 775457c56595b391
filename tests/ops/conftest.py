"""What the image and the evaluation stack are tested with: an image, a broker, a registry, the simulator."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector import __version__
from tests.ops import engine, machine
from tests.real.site import HANG_S, Site, until
from tests.real.stack.brokers import Brokers
from tests.real.stack.registry import RealRegistry

LINES = 10
REVISION, CREATED = "0123456789abcdef0123456789abcdef01234567", "2026-01-02T03:04:05Z"
"""What our image is told of the commit it is made from, and of when it was made."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line each what could not run here, and why; what can be installed is a failure instead."""
    left_out = [report.longrepr for report in terminalreporter.stats.get("skipped", ())]
    for why in sorted({str(told[-1]).removeprefix("Skipped: ") for told in left_out if isinstance(told, tuple)}):
        terminalreporter.write_line(f"CANNOT RUN HERE: {why}")


@pytest.fixture(scope="session")
def containers_run() -> None:
    """Containers can be built and run on this machine; layers are copied where they cannot be laid over each other."""
    if why := machine.refusal():
        pytest.skip(f"the image: {why}")
    if not machine.layered():
        os.environ.update(machine.copying(engine.ROOT / ".cache" / "containers"))


@pytest.fixture(scope="session")
def base(containers_run: None) -> str:
    """The image ours begins with."""
    return engine.base_image()


@pytest.fixture(scope="session")
def image(base: str) -> str:
    """Our image, built once a session."""
    told = {"VERSION": __version__, "REVISION": REVISION, "CREATED": CREATED}
    options = [part for name, value in told.items() for part in ("--build-arg", f"{name}={value}")]
    return engine.build(base, "localhost/kafka-sendblue:ops", *options)


@pytest.fixture(scope="session")
def outside() -> Iterator[tuple[str, str]]:
    """A broker and a registry."""
    with Brokers(1) as brokers, RealRegistry() as registry:
        yield brokers.bootstrap, registry.url


@pytest.fixture
def site(tmp_path: Path, outside: tuple[str, str]) -> Iterator[Site]:
    """Topics and schemas applied, the simulator at work; its calls take long enough to be under way at any time."""
    one = Site(tmp_path, *outside, lines=LINES)
    one.base["observability"] |= {"health_port": one.health_port, "metrics_port": one.metrics_port}
    one.base["shutdown"] = {"endpoint_drain_s": 1}  # it goes on sending for so long after SIGTERM
    one.start_simulator("--latency", "0.2")
    for command in (("topics", "apply"), ("schemas", "register")):
        done = one.command(*command)
        assert done.returncode == 0, done.stderr
    until(lambda: "simulator on" in one.log("simulator"), HANG_S)
    try:
        yield one
    finally:
        one.close()
