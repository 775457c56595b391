"""Ports for those who must be told theirs before they start."""

import socket

from connector.simulator.ports import free_ports


def test_a_port_that_is_taken_is_nobodys() -> None:
    """It is passed over."""
    first, second = free_ports(2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        found = free_ports(2, (first, second))

    assert [second] == found


def test_no_two_are_alike() -> None:
    """Those that are asked for together, however many."""
    found = free_ports(50)

    assert len(set(found)) == 50
