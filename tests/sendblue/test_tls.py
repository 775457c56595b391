"""The truth about TLS: a failed handshake is proof that nothing left; after it, the same doubt as without."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connector.core.outcomes import Failure, Submitted, Unknown, classify
from connector.sendblue.client import SendblueClient
from connector.sendblue.credentials import Credentials
from tests import certificates
from tests.sendblue.peers import ACCEPTED, HANDLE, Connection, End, Server, message

STEP = 23
"""Every so many bytes of what the TLS server sends: the handshake is long, and its bytes are much alike."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key, good for a day."""
    pair = certificates.make(tmp_path_factory.mktemp("tls"))
    pem = pair.cert.with_suffix(".pem")
    pem.write_bytes(pair.key.read_bytes() + pair.cert.read_bytes())
    return pem


def client_of(url: str, trust: ssl.SSLContext) -> SendblueClient:
    return SendblueClient(url.replace("http:", "https:"), lambda: Credentials("id", "secret"), ssl_context=trust)


@asynccontextmanager
async def tls_server(certificate: Path, posts: list[bytes]) -> AsyncIterator[int]:
    """Accepts every message over TLS; gives its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        posts.append(await reader.readexactly(length))
        writer.write(ACCEPTED)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Relay:
    """Passes bytes on to a port, and cuts the connection after so many bytes have come back from there."""

    def __init__(self, port: int, cut: int) -> None:
        self._port = port
        self._cut = cut
        self.passed = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
        outward = asyncio.create_task(self._forward(reader, inner_writer))
        while self.passed < self._cut and (data := await inner_reader.read(self._cut - self.passed)):
            self.passed += len(data)
            writer.write(data)
        writer.close()
        await outward

    @staticmethod
    async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()


async def cut_after(cut: int, certificate: Path) -> tuple[object, int, int]:
    """What a call comes to, how many POSTs the server read, and how many bytes came back."""
    posts: list[bytes] = []
    trust = ssl.create_default_context(cafile=str(certificate))
    async with tls_server(certificate, posts) as port:
        relay = Relay(port, cut)
        outer = await asyncio.start_server(relay, "127.0.0.1", 0)
        async with client_of(f"https://127.0.0.1:{outer.sockets[0].getsockname()[1]}", trust) as client:
            answer = await client.send(message())
        outer.close()
    return classify(answer), len(posts), relay.passed


async def test_a_tls_connection_cut_anywhere_never_hides_a_message(certificate: Path) -> None:
    """Whatever part of handshake and answer came through: a message that the server has read is never UNSENT."""
    whole, read, length = await cut_after(1_000_000, certificate)
    cases = [await cut_after(cut, certificate) for cut in range(0, length, STEP)]
    seen = [found for found, posts, _ in cases if posts]

    assert (whole, read) == (Submitted(HANDLE), 1)
    assert seen
    assert set(seen) <= {Unknown("NO_ANSWER"), Submitted(HANDLE)}
    assert {getattr(found, "code", "") for found, posts, _ in cases if not posts} <= {"CONNECT", ""}
    assert {posts for _, posts, _ in cases} == {0, 1}


@pytest.mark.parametrize("end", End)
async def test_a_server_that_speaks_no_tls_gets_nothing(end: End) -> None:
    """No handshake, no byte of the request: UNSENT, and no number or text on an open wire."""

    async def play(connection: Connection) -> None:
        await connection.read_exactly(1)
        await connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await connection.end(End.FIN if end is End.HANG else end)

    trust = ssl.create_default_context()
    async with Server(play) as server, client_of(server.url, trust) as client:
        answer = await client.send(message())

        assert answer.failure is Failure.NOT_WRITTEN
        assert b"POST" not in server.connections[0].received


async def test_a_certificate_that_nobody_vouches_for_is_unsent(certificate: Path) -> None:
    """The server is not the one we mean: it learns nothing."""
    posts: list[bytes] = []
    trust = ssl.create_default_context()
    async with tls_server(certificate, posts) as port, client_of(f"https://127.0.0.1:{port}", trust) as client:
        answer = await client.send(message())

    assert (answer.failure, answer.failure_name) == (Failure.NOT_WRITTEN, "ConnectError")
    assert posts == []
