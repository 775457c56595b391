"""A real schema registry (Apicurio, with Confluent's interface) on loopback, in memory."""

import signal
import subprocess
import tempfile
import time
from typing import Self

import httpx2

from connector.simulator.ports import free_ports
from tests.real.stack import jars

START_S = 300.0


class RealRegistry:
    """``with RealRegistry() as registry: registry.url``."""

    def __init__(self) -> None:
        self._port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self._port}/apis/ccompat/v7"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        home = jars.registry()
        jar = next(home.glob("*-runner.jar"))
        options = {"http.host": "127.0.0.1", "http.port": self._port, "http.access-log.enabled": "false"}
        self._process = subprocess.Popen(
            [
                "java",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                *(f"-Dquarkus.{name}={value}" for name, value in options.items()),
                "-jar",
                str(jar),
            ],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=tempfile.TemporaryFile(),
            stderr=subprocess.STDOUT,
        )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _wait(self) -> None:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            try:
                if httpx2.get(f"{self.url}/subjects", timeout=2, trust_env=False).is_success:
                    return
            except httpx2.TransportError:
                time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"the schema registry did not come up within {START_S:g} s")
