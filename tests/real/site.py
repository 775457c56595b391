"""One installation on a real Kafka: its settings file, its topics, its processes, and the simulator apart from them."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx2

from connector.settings import Settings, load
from connector.simulator.ports import free_ports

ANSWER_S = 60.0
HANG_S = 240.0  # whatever is waited for, not having come by then is a hang; nothing is measured by it
LINES = [f"+130355501{n:02d}" for n in range(100)]


class Site:
    """``lines``: how many of LINES; ``gap_s``: of each; the topics have a prefix of their own."""

    def __init__(self, folder: Path, bootstrap: str, registry_url: str, lines: int = 2, gap_s: float = 0.05) -> None:
        self.folder = folder
        self.api_port, self.public_port, self.health_port, self.metrics_port = free_ports(4)
        self.numbers = LINES[:lines]
        self.replication = min(len(bootstrap.split(",")), 3)
        self.base: dict[str, Any] = {
            "name": "test",
            "kafka": {
                "bootstrap_servers": bootstrap,
                "topic_prefix": f"t{uuid.uuid4().hex[:8]}",
                "group_prefix": f"g{uuid.uuid4().hex[:8]}",
                "replication_factor": self.replication,
                "partitions": 4,
                "client": {"session.timeout.ms": "6000"},
            },
            "registry": {"url": registry_url},
            "sendblue": {
                "base_url": f"http://127.0.0.1:{self.api_port}",
                "api_key_id": "demo-key",
                "api_secret_key": "demo-secret",
                "deadline_s": 5,
            },
            "lines": [
                {"alias": f"line-{n}", "number": number, "gap_s": gap_s} for n, number in enumerate(self.numbers)
            ],
            "ledger": {"hash_key": "sixteen bytes or more"},
            "in_doubt": {"park_after_s": 60},
            "callbacks": {
                "host": "127.0.0.1",
                "port": self.public_port,
                "public_url": f"http://127.0.0.1:{self.public_port}",
                "keys": {"k1": "a signing key for the tests"},
            },
            "observability": {"host": "127.0.0.1", "health_port": 0, "metrics_port": 0},
            "shutdown": {"endpoint_drain_s": 0},
            "fuses": {"contact_per_minute": 0, "contact_per_hour": 0},  # a load asks for more than a person may get
            "unsafe_dev": self.replication < 3,
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    def config(self, name: str = "connector", **changes: Any) -> Path:
        """Write a settings file; the changes replace whole parts' values."""
        tree = {
            key: {**value, **changes.pop(key, {})} if isinstance(value, dict) else value
            for key, value in self.base.items()
        }
        path = self.folder / f"{name}.yaml"
        path.write_text(json.dumps({**tree, **changes}))  # JSON is YAML
        return path

    def settings(self) -> Settings:
        """The same as the program reads it."""
        return load(self.config())

    def command(self, *arguments: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "connector", *arguments, "--config", str(config or self.config())],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def start(self, *arguments: str, name: str) -> subprocess.Popen[bytes]:
        """Start a long-running command; its output goes to a file of that name."""
        with (self.folder / f"{name}.log").open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "connector", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._processes.append(process)
        return process

    def start_simulator(self, *options: str) -> subprocess.Popen[bytes]:
        """The oracle, a process of its own that nobody kills."""
        lines = [part for number in self.numbers for part in ("--line", number)]
        return self.start("simulate", "--port", str(self.api_port), *lines, *options, name="simulator")

    def start_connector(self, name: str = "connector", **changes: Any) -> subprocess.Popen[bytes]:
        """One replica with all roles."""
        return self.start("run", "--config", str(self.config(name, **changes)), name=name)

    def record(self) -> dict[str, Any]:
        """What the simulator saw."""
        answer = httpx2.get(f"http://127.0.0.1:{self.api_port}/_sim/record", trust_env=False, timeout=ANSWER_S)
        totals: dict[str, Any] = answer.json()
        return totals

    def log(self, name: str) -> str:
        """What a process wrote."""
        return (self.folder / f"{name}.log").read_text()

    def start_watched(self) -> subprocess.Popen[bytes]:
        """One replica whose health and metrics have ports that are known."""
        return self.start_connector(observability={"health_port": self.health_port, "metrics_port": self.metrics_port})

    def readyz(self) -> tuple[int, str]:
        """What a load balancer sees."""
        answer = httpx2.get(f"http://127.0.0.1:{self.health_port}/readyz", trust_env=False, timeout=ANSWER_S)
        return answer.status_code, answer.text

    def metric(self, series: str) -> float:
        """One series of the connector's metrics, by its whole name."""
        text = httpx2.get(f"http://127.0.0.1:{self.metrics_port}/metrics", trust_env=False, timeout=ANSWER_S).text
        return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{series} "))

    def close(self) -> None:
        """Kill what still runs."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()


def until(true: Callable[[], bool], within_s: float, processes: Sequence[subprocess.Popen[bytes]] = ()) -> None:
    """Ask again until the condition holds; a process that ended meanwhile is an error at once.

    ``within_s``: what an idle machine needs at most; a busy one gets HANG_S at least.
    """
    end = time.monotonic() + max(within_s, HANG_S)
    while not true():
        assert all(process.poll() is None for process in processes), "a process ended"
        assert time.monotonic() < end, f"not within {max(within_s, HANG_S):g} s"
        time.sleep(0.1)
