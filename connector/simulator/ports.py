"""Ports on loopback for what must be told its port before it starts.

They lie below those that Linux hands out by itself: between the choice and the start, which for a JVM are seconds
apart, no connection takes them, and no server that has its port chosen. What is ugly: two who choose in the same moment
can choose alike, with one chance in thousands.
"""

import itertools
import random
import socket
from collections.abc import Sequence

PORTS = range(16_000, 32_000)


def free_ports(count: int, among: Sequence[int] = PORTS) -> list[int]:
    """So many that nobody listens on, no two alike; held together until all are known."""
    held = list(itertools.islice(filter(None, map(_held, random.SystemRandom().sample(among, len(among)))), count))
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


def _held(port: int) -> socket.socket | None:
    one = socket.socket()
    try:
        one.bind(("127.0.0.1", port))
    except OSError:
        one.close()
        return None
    return one
