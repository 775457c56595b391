"""Our own transport, where the tests of whole calls do not reach: what is on a connection before the next request."""

import asyncio
import socket
from collections.abc import AsyncIterator
from itertools import chain, repeat
from typing import Any

import httpx2
import pytest

from connector.core.outcomes import Failure, Submitted, classify
from connector.sendblue.answering import MAX_HEAD, Answering
from connector.sendblue.client import Limits, SendblueClient
from connector.sendblue.credentials import Credentials
from connector.sendblue.direct import _Connection
from connector.sendblue.reading import failed
from connector.sendblue.wire import NotIdle
from tests.sendblue.peers import ACCEPTED, HANDLE, Connection, Server, client_of, message, reply, talking_to

REQUEST = httpx2.Request("POST", "http://127.0.0.1/", content=b"body")


class Wire(asyncio.Transport):
    """The near end of a pair of sockets; what is written stays here, ``left`` bytes of it unsent."""

    def __init__(self, near: socket.socket) -> None:
        super().__init__({"socket": near})
        self.written: list[Any] = []
        self.left = 0
        self.aborted = False

    def write(self, data: Any) -> None:
        self.written.append(data)

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
async def far() -> AsyncIterator[tuple[_Connection, Wire, socket.socket]]:
    """A connection, its wire, and the far end."""
    near, other = socket.socketpair()
    with near, other:
        wire, connection = Wire(near), _Connection(("http", "127.0.0.1", None))
        connection.connection_made(wire)
        yield connection, wire, other


async def exchanged(connection: _Connection, answer: bytes = ACCEPTED) -> bool:
    """One exchange; whether another may follow it."""
    answering = await connection.write(REQUEST)
    connection.data_received(answer)
    await answering.head()
    return connection.end_exchange()


async def test_nothing_is_written_behind_an_unread_answer(far: tuple[_Connection, Wire, socket.socket]) -> None:
    """Bytes that have come and are not read yet: the write is called off, and that is proof that nothing left."""
    connection, wire, other = far
    assert await exchanged(connection)
    other.send(b"H")

    with pytest.raises(NotIdle) as caught:
        await connection.write(REQUEST)

    assert len(wire.written) == 1
    assert failed(caught.value, written_after_s=0.1).failure is Failure.NOT_WRITTEN


async def test_a_server_that_speaks_first_gets_nothing(far: tuple[_Connection, Wire, socket.socket]) -> None:
    """What it says would be taken for the answer."""
    connection, wire, _ = far
    connection.data_received(ACCEPTED)

    with pytest.raises(NotIdle):
        await connection.write(REQUEST)

    assert (wire.written, wire.aborted) == ([], True)


async def test_a_fresh_connection_may_have_something_to_read(far: tuple[_Connection, Wire, socket.socket]) -> None:
    """TLS sends tickets before the first request: that is no answer, and no reason to give up."""
    connection, wire, other = far
    other.send(b"ticket")

    assert await exchanged(connection)
    assert len(wire.written) == 1


async def test_a_request_that_has_not_left_whole_is_the_last(far: tuple[_Connection, Wire, socket.socket]) -> None:
    """Its answer came early; the next request would stand behind its rest."""
    connection, wire, _ = far
    wire.left = 1

    assert not await exchanged(connection)


async def test_a_request_broken_off_is_the_last(far: tuple[_Connection, Wire, socket.socket]) -> None:
    """Answered whole before its body was: what the server reads next it would take for the rest."""
    connection, _, _ = far

    class Broken(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"half"
            connection.data_received(ACCEPTED)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await connection.write(httpx2.Request("POST", "http://127.0.0.1/", stream=Broken()))

    assert not connection.end_exchange()


@pytest.mark.parametrize(
    ("read", "followed"),
    [
        ((ACCEPTED,), True),
        ((ACCEPTED[:20], ACCEPTED[20:]), True),
        ((b"HTTP/1.1 100 Continue\r\nx: y\r\n\r\n" + ACCEPTED,), True),
        ((reply(202, b'{"message_handle":"h-1"}', b"Connection: close"),), False),
        ((ACCEPTED.replace(b"1.1", b"1.0"),), False),
        ((ACCEPTED + b"H",), False),
        ((ACCEPTED + ACCEPTED,), False),
        ((ACCEPTED, b"H"), False),
    ],
)
async def test_an_answer_and_whether_another_may_follow(read: tuple[bytes, ...], followed: bool) -> None:
    """One whole answer is what it is, whatever comes before or after it; only with nothing after it may one follow."""
    answering = Answering()
    for data in read:
        answering.feed(data)
    await answering.head()

    assert (answering.status, await answering.chunk()) == (202, b'{"message_handle":"h-1"}')
    assert await answering.chunk() == b""
    assert b"x" not in dict(answering.headers)
    assert answering.may_be_followed is followed


async def test_trailers_are_no_headers() -> None:
    """A Date behind the body is not the Date of the head."""
    answering = Answering()
    answering.feed(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nDate: x\r\n\r\n")
    await answering.head()

    assert dict(answering.headers) == {b"Transfer-Encoding": b"chunked"}


async def test_a_head_without_end_is_no_answer() -> None:
    """A server must not fill our memory."""
    answering = Answering()
    answering.feed(b"HTTP/1.1 200 X\r\nx: " + b"y" * MAX_HEAD)

    with pytest.raises(httpx2.RemoteProtocolError):
        await answering.head()


async def test_a_connection_idle_for_too_long_is_not_used_again() -> None:
    """Each reuse risks meeting a server that is just closing it."""

    async def play(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.send(ACCEPTED)

    async with talking_to(play, Limits(keepalive_s=1e-9)) as (client, server):
        found = [classify(await client.send(message())) for _ in range(2)]

    assert found == [Submitted(HANDLE)] * 2
    assert [connection.received.count(b"POST /") for connection in server.connections] == [1, 1]


async def test_the_pace_counts_from_the_end_of_a_write() -> None:
    """A process that stood still between look and write has written later than it looked."""
    ticks = chain([100.0, 100.0, 101.0], repeat(103.0))  # call, gate, write, its end

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(ACCEPTED)

    async with (
        Server(play) as server,
        SendblueClient(server.url, lambda: Credentials("id", "secret"), mono=lambda: next(ticks)) as client,
    ):
        answer = await client.send(message())

    assert answer.written_after_s == 3.0


async def test_every_address_of_a_host_is_tried() -> None:
    """The server listens on one of localhost's addresses, whichever comes first."""

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(ACCEPTED)

    async with (
        talking_to(play) as (_, server),
        client_of(server.url.replace("127.0.0.1", "localhost")) as client,
    ):
        found = classify(await client.send(message()))

    assert found == Submitted(HANDLE)


async def in_parts(content: bytes) -> AsyncIterator[bytes]:
    """A file as it is read."""
    for at in range(0, len(content), 65_536):
        yield content[at : at + 65_536]


async def test_a_file_goes_out_in_parts() -> None:
    """More than the buffers between us hold."""
    content = bytes(range(256)) * 8_192

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(reply(200, b'{"media_url":"https://files.example.com/1"}'))

    async with talking_to(play) as (client, server):
        uploaded = await client.upload_file("picture.png", in_parts(content), len(content))

    assert uploaded.media_url == "https://files.example.com/1"
    assert content in bytes(server.connections[0].received)


@pytest.mark.parametrize("told", [3, 9])
async def test_a_body_of_another_length_than_its_head_says_is_the_last(
    far: tuple[_Connection, Wire, socket.socket], told: int
) -> None:
    """Nothing is written beyond that length, and nothing behind it: it would be read, and answered, as a request."""
    connection, wire, _ = far
    headers = {"content-length": str(told)}
    request = httpx2.Request("POST", "http://127.0.0.1/", headers=headers, content=in_parts(b"GET / "))

    with pytest.raises(httpx2.WriteError):
        await connection.write(request)
    connection.data_received(ACCEPTED)

    assert len(b"".join(wire.written).partition(b"\r\n\r\n")[2]) <= told
    assert not connection.end_exchange()
