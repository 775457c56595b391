"""Three (or one) real Kafka brokers in KRaft mode on loopback, each a process that can be killed by its number."""

import base64
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from connector.simulator.ports import free_ports
from tests.real.stack import jars

START_S = 300.0  # a shared machine starts three brokers in 5 to 20 seconds; one that is overloaded needed 70
STOP_S = 120.0
JVM = ("-Xmx256m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xss512k")
LOGGING = """status=error
appender.f.type=File
appender.f.name=F
appender.f.fileName=${sys:kafka.log.file}
appender.f.layout.type=PatternLayout
appender.f.layout.pattern=%d %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.f.ref=F
"""
SETTINGS = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "INTERNAL",
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT",
    "offsets.topic.num.partitions": 3,
    "group.initial.rebalance.delay.ms": 0,
    "auto.create.topics.enable": "false",
    "num.network.threads": 2,
    "num.io.threads": 4,
    "log.cleaner.dedupe.buffer.size": 2097152,
    "log.initial.task.delay.ms": 500,
    "group.consumer.min.heartbeat.interval.ms": 500,
    "group.consumer.heartbeat.interval.ms": 500,
    "group.consumer.min.session.timeout.ms": 3000,
    "group.consumer.session.timeout.ms": 6000,
    "group.min.session.timeout.ms": 1000,
    "broker.heartbeat.interval.ms": 500,
    "broker.session.timeout.ms": 3000,
    "replica.lag.time.max.ms": 5000,
    "controller.quorum.election.timeout.ms": 1000,
    "controller.quorum.fetch.timeout.ms": 2000,
}


class Brokers:
    """``with Brokers(3) as brokers: brokers.bootstrap``. Nodes are numbered from 1.

    ``advertised``: a port for each node, of a proxy in front of its listener ``proxied(node)``. Clients that begin at
    one of these ports stay behind the proxies. ``disks``: folders for the logs of each node, which lives
    while one of them takes what it writes.
    """

    def __init__(self, count: int = 3, advertised: Sequence[int] = (), disks: int = 1) -> None:
        self.count, self._disks = count, disks
        self.folder = Path(tempfile.mkdtemp(prefix="kafka-"))
        self._ports = {node: free_ports(4) for node in range(1, count + 1)}
        self._advertised = dict(zip(self._ports, advertised, strict=False))
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.bootstrap = ",".join(f"127.0.0.1:{ports[0]}" for ports in self._ports.values())

    def __enter__(self) -> Self:
        try:
            self._format()
            for node in self._ports:
                self.start(node)
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for node in list(self._processes):
            self.kill(node)
        shutil.rmtree(self.folder, ignore_errors=True)

    def proxied(self, node: int) -> int:
        """The port of the listener behind a node's proxy."""
        return self._ports[node][3]

    def start(self, node: int) -> None:
        """Start a node, again too."""
        home = self.folder / f"n{node}"
        with (home / "stdout.log").open("ab") as out:
            self._processes[node] = subprocess.Popen(
                self._java("kafka.Kafka", str(home / "server.properties"), log=home / "server.log"),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def kill(self, node: int) -> None:
        """SIGKILL, and wait for the end."""
        process = self._processes.pop(node)
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()

    def stop(self, node: int) -> None:
        """SIGTERM, and wait for the end."""
        process = self._processes.pop(node)
        process.terminate()
        process.wait(STOP_S)

    def freeze(self, node: int) -> None:
        """SIGSTOP."""
        self._processes[node].send_signal(signal.SIGSTOP)

    def thaw(self, node: int) -> None:
        """SIGCONT."""
        self._processes[node].send_signal(signal.SIGCONT)

    def fill(self, node: int, most: int) -> None:
        """From now on no file of this process may grow beyond so many bytes: to it, that is a full disk.

        A process that is started later is free of it.
        """
        resource.prlimit(self._processes[node].pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def lives(self, node: int) -> bool:
        """Whether its process has not ended."""
        return self._processes[node].poll() is None

    def _format(self) -> None:
        (self.folder / "log4j2.properties").write_text(LOGGING)
        cluster = _id()
        voters = ",".join(f"{node}@127.0.0.1:{ports[1]}" for node, ports in self._ports.items())
        for node, (client, controller, internal, proxied) in self._ports.items():
            home = self.folder / f"n{node}"
            home.mkdir()
            replicas = min(self.count, 3)
            own = {
                "node.id": node,
                "controller.quorum.voters": voters,
                "listeners": f"CLIENT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller},"
                f"INTERNAL://127.0.0.1:{internal},PROXIED://127.0.0.1:{proxied}",
                "advertised.listeners": f"CLIENT://127.0.0.1:{client},INTERNAL://127.0.0.1:{internal},"
                f"PROXIED://127.0.0.1:{self._advertised.get(node, proxied)}",
                "metadata.log.dir": home / "metadata",
                "log.dirs": ",".join(str(home / f"log-{disk}") for disk in range(self._disks)),
                "default.replication.factor": replicas,
                "min.insync.replicas": 2 if replicas == 3 else 1,
                "offsets.topic.replication.factor": replicas,
                "transaction.state.log.replication.factor": replicas,
                "transaction.state.log.min.isr": 1,
            }
            lines = [f"{name}={value}" for name, value in {**SETTINGS, **own}.items()]
            (home / "server.properties").write_text("\n".join(lines))
        first = str(self.folder / "n1" / "server.properties")
        tool = self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", first)
        subprocess.run(tool, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        for node in range(2, self.count + 1):
            self._format_like_the_first(node)

    def _format_like_the_first(self, node: int) -> None:
        """A copy, with a number and ids of its own: the tool takes seconds, and says the same for every node."""
        for told in (self.folder / "n1").glob("*/meta.properties"):
            home = self.folder / f"n{node}" / told.parent.name
            shutil.copytree(told.parent, home)
            lines = [line for line in told.read_text().splitlines() if not line.startswith(("node.id", "directory.id"))]
            own = [f"node.id={node}", f"directory.id={_id()}"]
            (home / "meta.properties").write_text("\n".join([*lines, *own, ""]))

    def _java(self, main: str, *arguments: str, log: Path | None = None) -> list[str]:
        return [
            "java",
            *JVM,
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
            f"-Dkafka.log.file={log or self.folder / 'tool.log'}",
            "-cp",
            os.pathsep.join(sorted(map(str, jars.kafka().glob("*.jar")))),
            main,
            *arguments,
        ]

    def wait(self) -> None:
        """Until every broker is in the cluster's metadata, and every partition has all its replicas in sync."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if dead := [node for node, process in self._processes.items() if process.poll() is not None]:
                raise RuntimeError(f"broker {dead} ended: {(self.folder / f'n{dead[0]}' / 'stdout.log').read_text()}")
            try:
                seen = admin.list_topics(timeout=2)
                partitions = [place for topic in seen.topics.values() for place in topic.partitions.values()]
                whole = all(len(place.isrs) == len(place.replicas) for place in partitions)
                if len(seen.brokers) == self.count and whole:
                    return
                time.sleep(0.1)
            except KafkaException:
                continue
        raise RuntimeError(f"the brokers did not come up within {START_S:g} s")


def _id() -> str:
    """A new one, as Kafka writes them."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
