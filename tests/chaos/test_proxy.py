"""The network between: what is held arrives late, even from a sender that has left; what is cut is cut."""

import socket
from collections.abc import Iterator

import pytest

from tests.chaos.proxy import CUT, KEEP_CALLS, Network, Proxy

WITHIN_S = 120.0


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Listens; a connection waits in its queue until it is taken."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        one.settimeout(WITHIN_S)
        yield one


@pytest.fixture
def proxy(server: socket.socket) -> Iterator[Proxy]:
    """In front of the server."""
    with Network() as network:
        yield network.proxy([server.getsockname()[1]])


def call(proxy: Proxy, text: bytes) -> socket.socket:
    """Connect and say something."""
    client = socket.create_connection(("127.0.0.1", proxy.port), WITHIN_S)
    client.sendall(text)
    return client


def heard(server: socket.socket) -> bytes:
    """What the next connection says before it ends."""
    connection, _ = server.accept()
    with connection:
        connection.settimeout(WITHIN_S)
        said = b""
        while more := connection.recv(1000):
            said += more
        return said


def test_what_passes_arrives(server: socket.socket, proxy: Proxy) -> None:
    """Without a rule nothing is changed."""
    call(proxy, b"POST one").close()

    assert heard(server) == b"POST one"


def test_a_held_call_arrives_late_though_its_sender_has_left(server: socket.socket, proxy: Proxy) -> None:
    """Calls of another era pass it meanwhile; released, it arrives whole."""
    proxy.impose(KEEP_CALLS, "long")
    proxy.era = "long"
    call(proxy, b"POST held").close()
    while not proxy.did["held"]:
        proxy.release("nobody")
    proxy.era = ""
    call(proxy, b"POST later").close()
    first = heard(server)
    proxy.release("long")

    assert (first, heard(server)) == (b"POST later", b"POST held")


def test_a_cut_connection_ends_and_none_begins(server: socket.socket, proxy: Proxy) -> None:
    """Both sides see it; the counts say that it happened."""
    with call(proxy, b"POST one") as client:
        connection, _ = server.accept()
        proxy.impose(CUT)
        ended = client.recv(10)
        connection.close()
    with call(proxy, b"POST two") as refused:
        told = refused.recv(10)

    assert (ended, told) == (b"", b"")
    assert proxy.did["cut"] + proxy.did["refused"] == 2
