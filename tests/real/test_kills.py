"""Kill -9 at random, lost replies, an offset reset: no text twice, no request lost.

The simulator is a process of its own that is never killed and counts texts; the events are read by somebody else's
client. ``KILLS``, ``REQUESTS`` and ``SEED`` in the environment make it longer, or repeat a run.
"""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.real.site import Site, until
from tests.real.stack.brokers import _free_ports
from tests.real.upstream import Downstream, Upstream

KILLS = int(os.environ.get("KILLS", "20"))
REQUESTS = int(os.environ.get("REQUESTS", "2000"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(10**6))))
CONTACTS = 300
SETTLE_S = 240.0


@pytest.fixture
def site(tmp_path: Path, bootstrap: str, registry_url: str) -> Iterator[Site]:
    """Ten lines, topics applied, the simulator losing three replies in a hundred."""
    one = Site(tmp_path, bootstrap, registry_url, lines=10)
    applied = one.command("topics", "apply")
    assert applied.returncode == 0, applied.stderr
    one.start_simulator("--lose-reply", "0.03", "--latency", "0.02", "--seed", str(SEED))
    until(lambda: "simulator on" in one.log("simulator"), 30)
    try:
        yield one
    finally:
        one.close()


class Replicas:
    """Two connectors, each with its own ingress, killed and started again."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.ports = dict(zip("PQ", _free_ports(2), strict=True))
        self.running = {name: self._start(name) for name in "PQ"}
        self.kills = 0

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self.running[name].kill()
        self.running[name].wait()
        self.kills += 1

    def start(self, name: str) -> None:
        """Start it again."""
        self.running[name] = self._start(name)

    def _start(self, name: str) -> "subprocess.Popen[bytes]":
        port = self.ports[name]
        return self.site.start_connector(name, callbacks={"port": port, "public_url": f"http://127.0.0.1:{port}"})


def reset_offsets(site: Site) -> None:
    """Commit offset 0 for router and sender, as a careless operator would."""
    kafka = site.base["kafka"]
    admin = AdminClient({"bootstrap.servers": kafka["bootstrap_servers"], "log_level": 0})
    for role, topic, partitions in (("router", "requests", 4), ("sender", "dispatch", 10)):
        places = [TopicPartition(f"{kafka['topic_prefix']}.{topic}", p, 0) for p in range(partitions)]
        group = f"{kafka['group_prefix']}-test-{role}"

        def done(group: str = group, places: list[TopicPartition] = places) -> bool:
            try:
                asked = ConsumerGroupTopicPartitions(group, places)
                admin.alter_consumer_group_offsets([asked])[group].result(10)
            except Exception:  # noqa: BLE001 - the group is not empty yet
                return False
            return True

        until(done, 60)


def test_no_kill_texts_twice_or_loses_a_request(site: Site) -> None:
    """Texts doubled 0, requests without exactly one end 0, contacts that saw two lines 0, two in flight 0."""
    chance = random.Random(SEED)
    upstream, replicas = Upstream(site), Replicas(site)
    until(lambda: all("connector.ready" in site.log(name) for name in "PQ"), 60)
    began, sent = time.monotonic(), 0
    for kill in range(KILLS):
        for n in range(sent, (kill + 1) * REQUESTS // KILLS):
            upstream.send(f"r{n}", f"+1{202 + n % 3}55501{n % (CONTACTS // 3):02d}")
        sent = (kill + 1) * REQUESTS // KILLS
        upstream.flush()
        posts = site.record()["posts"]
        until(lambda seen=posts: site.record()["posts"] > seen + chance.randrange(40), 90)  # type: ignore[misc]
        victim = chance.choice("PQ")
        replicas.kill(victim)
        if kill == KILLS // 2:
            replicas.kill("Q" if victim == "P" else "P")
            reset_offsets(site)
            replicas.start("Q" if victim == "P" else "P")
        replicas.start(victim)
    downstream = Downstream(site)

    def settled() -> bool:
        downstream.read(1.0)
        return len(downstream.finals.keys() | downstream.parked) == REQUESTS

    try:
        until(settled, SETTLE_S)
        downstream.read(5.0)
    finally:
        truth = site.record()
        print(  # noqa: T201 - the figures of the run
            f"\nseed {SEED}: {REQUESTS} requests, {replicas.kills} kills, {time.monotonic() - began:.0f} s, "
            f"{truth['posts']} posts, {truth['texts']} texts, {truth['duplicate_texts']} doubled, "
            f"{REQUESTS - len(downstream.finals.keys() | downstream.parked)} lost, "
            f"{len(downstream.parked)} parked, {downstream.events} events"
        )
        downstream.close()

    many = {request: ends for request, ends in downstream.finals.items() if len(ends) != 1}
    assert truth["duplicate_texts"] == 0
    assert many == {}
    assert truth["contacts_two_lines"] == 0
    assert truth["overlapping_contacts"] == 0
    assert len(downstream.finals.keys() | downstream.parked) == REQUESTS
