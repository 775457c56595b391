"""Three real brokers, a real registry, one connector process, the simulator apart: latency when idle, and rate.

    python -m benchmarks.real

Needs Java 17 and Maven, as ``tests/real`` does. *Idle*: 20 requests a second, one after the other, from the producer's
call to the POST as the simulator read it. *Rate*: 1,500 requests at once over 200 lines without a gap. CPU is read from
/proc for each process apart, since all of them share the machine.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec

from benchmarks.noise import quantile
from tests.real.site import Site, until
from tests.real.stack.brokers import Brokers
from tests.real.stack.registry import RealRegistry
from tests.real.upstream import Upstream

IDLE_REQUESTS, IDLE_GAP_S = 400, 0.05
RATE_REQUESTS, LINES, REPETITIONS = 1_500, 200, 3
WARM_UP, SETTLE_S, WAIT_S = 200, 3.0, 200.0
CONTACTS = 9_000
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class _Stage:
    """A site, its processes by name, and the brokers'."""

    def __init__(self, site: Site, brokers: Brokers, *options: str) -> None:
        self.site, self.upstream = site, Upstream(site)
        simulator = site.start_simulator(*options)
        until(lambda: "simulator on" in site.log("simulator"), 60)
        connector = site.start_connector()
        until(lambda: "connector.ready" in site.log("connector"), 60)
        self._pids = {
            "connector": [connector.pid],
            "simulator": [simulator.pid],
            "brokers": [process.pid for process in brokers._processes.values()],
        }
        self.sent = 0

    def cpu_s(self) -> dict[str, float]:
        """Seconds of CPU so far, by name."""
        return {name: sum(map(_cpu_s, pids)) for name, pids in self._pids.items()}

    def send(self) -> None:
        """One request, to a contact of its own."""
        n = self.sent % CONTACTS
        self.upstream.send(f"r{self.sent}", f"+1{201 + n // 100}55501{n % 100:02d}")
        self.sent += 1

    def settle(self) -> None:
        """Until the simulator has accepted them all; it may be too busy to say so."""

        def all_there() -> bool:
            try:
                return int(self.site.record()["texts"]) >= self.sent
            except httpx2.TransportError:
                return False

        self.upstream.flush()
        until(all_there, WAIT_S)


def main() -> None:
    """Measure and print."""
    with Brokers(3) as brokers, RealRegistry() as registry, tempfile.TemporaryDirectory() as folder:
        for measure, lines in ((_idle, 10), (_rate, LINES)):
            with _site(Path(folder), brokers, registry, lines) as site:
                measure(site, brokers)


@contextmanager
def _site(folder: Path, brokers: Brokers, registry: RealRegistry, lines: int) -> Iterator[Site]:
    home = folder / str(lines)
    home.mkdir()
    site = Site(home, brokers.bootstrap, registry.url, gap_s=0.0)
    site.numbers = [f"+1{303 + n // 100}55501{n % 100:02d}" for n in range(lines)]
    site.base["lines"] = [
        {"alias": f"line-{n}", "number": number, "gap_s": 0.0} for n, number in enumerate(site.numbers)
    ]
    applied = site.command("topics", "apply")
    assert applied.returncode == 0, applied.stderr
    try:
        yield site
    finally:
        site.close()


def _idle(site: Site, brokers: Brokers) -> None:
    file = site.folder / "posts.jsonl"
    stage, sent = _Stage(site, brokers, "--record", str(file)), dict[str, float]()
    _warm_up(stage)
    began, before = time.monotonic(), stage.cpu_s()
    for n in range(IDLE_REQUESTS):
        time.sleep(max(began + n * IDLE_GAP_S - time.monotonic(), 0.0))
        sent[f"r{stage.sent}"] = time.time()
        stage.send()
    stage.settle()
    spent = _spent(before, stage.cpu_s())
    posts = map(msgspec.json.decode, file.read_bytes().splitlines())
    ms = [(post["at"] - sent[post["request"]]) * 1000 for post in posts if post["request"] in sent]
    print(
        f"idle, request to POST  p50 {quantile(ms, 0.5):.1f} ms  p99 {quantile(ms, 0.99):.1f}  greatest {max(ms):.1f}"
    )
    print(f"                       CPU of a second: {_shares(spent, time.monotonic() - began)}")


def _rate(site: Site, brokers: Brokers) -> None:
    stage = _Stage(site, brokers)
    _warm_up(stage)
    for _ in range(REPETITIONS):
        began, before = time.monotonic(), stage.cpu_s()
        for _ in range(RATE_REQUESTS):
            stage.send()
        stage.settle()
        seconds, spent = time.monotonic() - began, _spent(before, stage.cpu_s())
        each = "  ".join(f"{name} {cpu / RATE_REQUESTS * 1e6:.0f}" for name, cpu in spent.items())
        print(f"rate, {LINES} lines        {RATE_REQUESTS / seconds:.0f} messages/s   CPU us a message: {each}")


def _warm_up(stage: _Stage) -> None:
    """The first messages pay for imports, connections and the brokers' compilers."""
    for _ in range(WARM_UP):
        stage.send()
    stage.settle()
    time.sleep(SETTLE_S)


def _spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after[name] - cpu for name, cpu in before.items()}


def _shares(spent: Mapping[str, float], seconds: float) -> str:
    return "  ".join(f"{name} {cpu / seconds:.1%}" for name, cpu in spent.items())


def _cpu_s(pid: int) -> float:
    """User and system time of a process, all threads."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) * TICK_S


if __name__ == "__main__":
    main()
