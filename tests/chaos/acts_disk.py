"""A broker whose disk is full.

The disk of the machine is left alone: no file of the broker's process may grow beyond a limit, so a write fails in it
as it does on a full disk, and it takes that log folder offline. A topic of the act's own, on this broker alone, is
filled until that happens. The broker lives on with its other folder; what was in the full one is taken over by others.

Two things of Kafka 4.4 are stepped around: a broker that cannot create a log at all does not take its folder offline,
so the ballast is there before the limit; and a topic deleted while its only folder is offline leaves every later
controller stumbling over it, so it is deleted when the broker is back.
"""

import random
import resource

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.chaos.stack import NODES
from tests.chaos.trial import WITHIN_S, Trial
from tests.real.site import until

MOST = 4 * 2**20
"""Bytes of a file. No file of a trial comes near it, so it is the ballast that meets the limit."""
PIECE = 512 * 1024
CANNOT = "this system cannot limit the files of another process"


def why_not() -> str | None:
    """Why there is no full disk to be had here; None where there is."""
    return None if hasattr(resource, "prlimit") else CANNOT


def disk_full(trial: Trial, chance: random.Random) -> str:
    """A log folder of a broker takes no more and goes offline; later the broker is started again, with room."""
    brokers, node = trial.stack.brokers, chance.choice(NODES)
    admin = AdminClient({"bootstrap.servers": trial.stack.bootstrap, "log_level": 0})
    ballast = f"{trial.site.base['kafka']['topic_prefix']}.ballast"
    admin.create_topics([NewTopic(ballast, 1, replica_assignment=[[node]])])[ballast].result(60)
    try:
        producer = Producer({"bootstrap.servers": trial.stack.bootstrap, "acks": 1, "log_level": 0})
        producer.produce(ballast, bytes(PIECE))
        assert producer.flush(WITHIN_S) == 0, "the ballast was not taken by a disk with room"
        brokers.fill(node, MOST)
        took = _write_until_full(admin, producer, ballast)
        lives, left = brokers.lives(node), _without(admin, trial, node)
        trial.wait_posts(20)
    finally:
        brokers.stop(node)
        brokers.start(node)
        brokers.wait()
        admin.delete_topics([ballast])[ballast].result(60)
    assert left, f"no partition had to leave broker {node}"
    trial.wait_posts(10)
    how = "lived on" if lives else "ended"
    return f"broker {node} took {took / 2**20:.1f} MiB and no more, {left} partitions left it, it {how}, then had room"


def _write_until_full(admin: AdminClient, producer: Producer, topic: str) -> int:
    """How many bytes were taken before the folder went offline, and this topic, which is nowhere else, with it."""
    took: list[object] = []
    for _ in range(3 * MOST // PIECE):
        producer.produce(topic, bytes(PIECE), on_delivery=lambda error, _: None if error else took.append(1))

    def offline() -> bool:
        producer.poll(0)
        places = admin.list_topics(topic, timeout=60).topics[topic].partitions
        return bool(places) and places[0].leader == -1

    until(offline, WITHIN_S)
    producer.purge()
    producer.flush(WITHIN_S)
    return (1 + len(took)) * PIECE


def _without(admin: AdminClient, trial: Trial, node: int) -> int:
    """How many partitions of the trial have this broker among their replicas and not in sync."""
    topics, prefix = admin.list_topics(timeout=60).topics, trial.site.base["kafka"]["topic_prefix"]
    places = [one for name, topic in topics.items() if name.startswith(prefix) for one in topic.partitions.values()]
    return sum(node in place.replicas and node not in place.isrs for place in places)
