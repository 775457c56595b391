"""The replicas: processes that are started, killed, frozen and ended, and when each incarnation met its fate.

Callbacks come in through a balancer in front of all replicas, so the one that sent a text is seldom the one that hears
of it. Like any health check it takes a replica that does not answer out of its list.
"""

import itertools
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector.simulator.ports import free_ports
from tests.chaos.proxy import Proxy
from tests.chaos.stack import Stack
from tests.real.site import Site, until

READY_S = 300.0
STOP_S = 120.0
SOON = {
    "heartbeat.interval.ms": "500",
    "socket.timeout.ms": "3000",
    "linger.ms": "3",
    "topic.metadata.refresh.interval.ms": "2000",
}
"""A dead member's partitions move, and a dead broker is left, within seconds."""
STATIC_SESSION_MS = 10_000
"""A static member that is started again takes its place at once; one that is only slow is fenced, and has to end."""
PROTOCOLS = ("classic", "static", "consumer")
"""cooperative-sticky; the same with group.instance.id; KIP-848."""


@dataclass
class Life:
    """One incarnation of a replica. ``ended``: when it was killed or told to stop; ``how``: by what."""

    name: str
    log: Path
    process: "subprocess.Popen[bytes]"
    owner: str = ""
    ended: float | None = None
    gone: float | None = None
    how: str = ""
    frozen: list[tuple[float, float]] = field(default_factory=list)

    @property
    def is_frozen(self) -> bool:
        """Whether it is stopped now."""
        return bool(self.frozen) and self.frozen[-1][1] == float("inf")

    def look(self) -> bool:
        """Whether it has said that it is ready; learns its owner."""
        if self.owner:
            return True
        for line in self.log.read_text(errors="replace").splitlines():
            if '"connector.ready"' in line:
                self.owner = json.loads(line)["owner"]
        return bool(self.owner)


class Fleet:
    """``names``: the replicas that run at the beginning. ``changes``: of their settings."""

    def __init__(
        self, stack: Stack, site: Site, names: str, sendblue: Proxy, protocol: str = "classic", **changes: Any
    ) -> None:
        self._stack, self._site, self._sendblue = stack, site, sendblue
        self._protocol, self._changes = protocol, changes
        self._ports = dict(zip("PQRSTU", free_ports(6), strict=True))
        self.balancer = stack.network.proxy([])
        self._count = itertools.count()
        self.lives: list[Life] = []
        self.running: dict[str, Life] = {}
        for name in names:
            self.start(name)

    @property
    def kills(self) -> int:
        """kill -9 so far."""
        return sum(life.how == "kill" for life in self.lives)

    def start(self, name: str) -> Life:
        """Start a replica, or start it again."""
        run = f"{name}{next(self._count)}"
        process = self._site.start("run", "--config", str(self._config(name)), name=run)
        life = Life(name, self._site.folder / f"{run}.log", process)
        self.lives.append(life)
        self.running[name] = life
        self._aim()
        return life

    def ready(self) -> None:
        """Wait until all that run are ready; one that ends meanwhile is started again."""

        def true() -> bool:
            self.revive()
            return all(life.look() for life in list(self.running.values()))

        until(true, READY_S)

    def kill(self, name: str) -> None:
        """SIGKILL."""
        life = self._leaves(name, "kill")
        life.process.kill()
        life.process.wait()
        life.gone = time.time()

    def stop(self, name: str) -> None:
        """SIGTERM, and wait for a clean end."""
        life = self._leaves(name, "stop")
        life.process.terminate()
        code = life.process.wait(STOP_S)
        life.gone = time.time()
        assert code == 0, f"SIGTERM ended {name} with {code}"

    def freeze(self, name: str) -> None:
        """SIGSTOP."""
        life = self.running[name]
        os.kill(life.process.pid, signal.SIGSTOP)
        life.frozen.append((time.time(), float("inf")))
        self._aim()

    def is_stopped(self, name: str) -> bool:
        """Whether the kernel says so."""
        pid = self.running[name].process.pid
        until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T", READY_S)
        return True

    def thaw(self, name: str) -> None:
        """SIGCONT."""
        life = self.running[name]
        os.kill(life.process.pid, signal.SIGCONT)
        life.frozen[-1] = (life.frozen[-1][0], time.time())
        self._aim()

    def revive(self) -> None:
        """Start again what ended by itself, as a supervisor would, and count it as an end."""
        for name, life in list(self.running.items()):
            if self.running.get(name) is life and life.process.poll() is not None:
                life.how, life.ended, life.gone = f"exit {life.process.returncode}", time.time(), time.time()
                self.start(name)

    def close(self) -> None:
        """Look at all logs, then kill what still runs."""
        for life in self.lives:
            life.look()
            if life.process.poll() is None:
                life.process.kill()
                life.process.wait()

    def _leaves(self, name: str, how: str) -> Life:
        life = self.running.pop(name)
        life.how, life.ended = how, time.time()
        if how == "kill":
            self._aim()
        return life

    def _aim(self) -> None:
        """Callbacks go to whoever runs and is not frozen."""
        well = [name for name, life in self.running.items() if not life.is_frozen]
        self.balancer.aim([self._ports[name] for name in well])

    def _config(self, name: str) -> Path:
        session_ms = STATIC_SESSION_MS if self._protocol == "static" else self._stack.session_ms
        client = {**SOON, "session.timeout.ms": str(session_ms), "client.id": name}
        if self._protocol == "consumer":
            del client["session.timeout.ms"], client["heartbeat.interval.ms"]
        if self._protocol == "static":
            client["group.instance.id"] = name
        url = f"http://127.0.0.1:{self.balancer.port}"
        changes: dict[str, Any] = {
            "kafka": {
                "bootstrap_servers": self._stack.proxied,
                "client": client,
                "group_protocol": "consumer" if self._protocol == "consumer" else "classic",
            },
            "callbacks": {"port": self._ports[name], "public_url": url},
            **self._changes,
        }
        changes["sendblue"] = {"base_url": f"http://127.0.0.1:{self._sendblue.port}", **changes.get("sendblue", {})}
        return self._site.config(name, **changes)
