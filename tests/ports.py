"""Ports on loopback for processes that must be told theirs before they start."""

import socket


def free_ports(count: int) -> list[int]:
    """So many that nobody listens on, no two alike; held together until all are known."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
