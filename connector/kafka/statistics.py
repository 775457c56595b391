"""What a client of librdkafka tells of itself, in its own threads: errors, and now and then its statistics.

The statistics are one large JSON text, a megabyte where a thousand partitions are read; so they come seldom, and
nothing is read of them but the brokers' states. A bootstrap address and the group's coordinator are no brokers of their
own: their id is below zero.
"""

from collections.abc import Callable
from functools import partial

import msgspec
from confluent_kafka import KafkaError

from connector.core.edge_facts import ClientFailed
from connector.core.facts import Observer
from connector.core.sights import BrokersSeen

EVERY_MS = 15_000


class _Broker(msgspec.Struct):
    nodeid: int
    state: str


class _Statistics(msgspec.Struct):
    brokers: dict[str, _Broker]


_decode = msgspec.json.Decoder(_Statistics).decode


def listening(
    client: str, observe: Observer, failed: Callable[[KafkaError], None] = lambda _: None
) -> dict[str, object]:
    """The settings that make a client talk. ``observe`` is called in the client's threads; ``failed`` hears errors."""
    return {
        "statistics.interval.ms": EVERY_MS,
        "stats_cb": partial(_statistics, client, observe),
        "error_cb": partial(_error, client, observe, failed),
    }


def brokers_up(statistics: str) -> int:
    """Brokers with a connection. Raises msgspec.DecodeError for what is no statistics."""
    return sum(broker.state == "UP" and broker.nodeid >= 0 for broker in _decode(statistics).brokers.values())


def _statistics(client: str, observe: Observer, text: str) -> None:
    observe(BrokersSeen(client, brokers_up(text)))


def _error(client: str, observe: Observer, failed: Callable[[KafkaError], None], error: KafkaError) -> None:
    observe(ClientFailed(client, error.name()))
    failed(error)
