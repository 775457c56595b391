"""Connections that are used again: at most one POST per call, and every call judged by its own answer."""

import asyncio

import httpcore2
import pytest

from connector.core.outcomes import Failure, Submitted, Unknown, classify
from connector.sendblue.client import Limits
from connector.sendblue.reading import failed
from connector.sendblue.wire import NotIdle, Responses, WatchedStream
from tests.sendblue.peers import ACCEPTED, HANDLE, Connection, End, message, reply, talking_to

STRAY = reply(429, b"{}", b"Retry-After: 9")


async def test_a_connection_is_used_again() -> None:
    """Two calls, one connection: a handshake per text would cost more than the text."""

    async def play(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.send(ACCEPTED)

    async with talking_to(play) as (client, server):
        found = [classify(await client.send(message())) for _ in range(3)]

    assert found == [Submitted(HANDLE)] * 3
    assert (len(server.connections), server.posts) == (1, 3)


async def test_a_connection_that_the_server_has_closed_is_replaced() -> None:
    """Closed while idle: the next call gets a fresh connection, and goes out once."""
    closed = asyncio.Event()

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(ACCEPTED)
        await connection.end(End.FIN)
        closed.set()

    async with talking_to(play) as (client, server):
        for _ in range(2):
            assert classify(await client.send(message())) == Submitted(HANDLE)
            await closed.wait()
            closed.clear()

    assert [bytes(connection.received).count(b"POST /") for connection in server.connections] == [1, 1]


@pytest.mark.parametrize("end", [End.FIN, End.RST])
@pytest.mark.parametrize("part", [1, 40, None], ids=["first-byte", "head", "whole"])
async def test_a_server_that_closes_on_the_second_request_leaves_it_in_doubt(part: int | None, end: End) -> None:
    """The race of keep-alive: the request may have been read before the end, so it is not sent again."""

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(ACCEPTED)
        if part is None:
            await connection.read_request()
        else:
            await connection.read_exactly(len(connection.received) + part)
        await connection.end(end)

    async with talking_to(play) as (client, server):
        first, second = [classify(await client.send(message())) for _ in range(2)]

    assert (first, second) == (Submitted(HANDLE), Unknown("NO_ANSWER"))
    assert len(server.connections) == 1


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("extra", range(1, len(STRAY) + 1))
async def test_what_follows_an_answer_is_not_the_next_answer(extra: int, pooled: bool) -> None:
    """A server that sends more than it announced: its surplus, however much of it, judges no other message.

    The library below hands a stray 429 to the next call, even before the server has read that call's request.
    """

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(ACCEPTED + STRAY[:extra])
        await connection.end(End.HANG)

    async with talking_to(play, pooled=pooled) as (client, server):
        found = [classify(await client.send(message())) for _ in range(2)]

    assert found == [Submitted(HANDLE)] * 2
    assert [bytes(connection.received).count(b"POST /") for connection in server.connections] == [1, 1]


async def test_an_answer_that_nobody_asked_for_ends_the_connection() -> None:
    """It comes while the connection is idle (a proxy's 408, say): the next call goes elsewhere."""
    go_on, sent = asyncio.Event(), asyncio.Event()

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(ACCEPTED)
        await go_on.wait()
        await connection.send(STRAY)
        sent.set()
        await connection.end(End.HANG)

    async with talking_to(play) as (client, server):
        first = classify(await client.send(message()))
        go_on.set()
        await sent.wait()
        second = classify(await client.send(message()))

    assert first == second == Submitted(HANDLE)
    assert len(server.connections) == 2


async def test_more_calls_at_once_get_more_pools() -> None:
    """130 in flight: nobody waits for a connection, and nobody's request waits in a queue."""
    calls = 130
    everyone = asyncio.Barrier(calls)

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await everyone.wait()
        await connection.send(ACCEPTED)

    async with talking_to(play, Limits(in_flight=calls)) as (client, server):
        answers = await asyncio.gather(*(client.send(message()) for _ in range(calls)))

    assert {classify(answer) for answer in answers} == {Submitted(HANDLE)}
    assert server.posts == calls


class Wire(httpcore2.AsyncNetworkStream):
    """A connection in memory: gives out what it holds, remembers what is written, and may have something waiting."""

    def __init__(self, *arriving: bytes) -> None:
        self.arriving = list(arriving)
        self.written: list[bytes] = []
        self.readable = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore2's interface
        return self.arriving.pop(0)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore2's interface
        self.written.append(buffer)

    async def aclose(self) -> None:
        self.arriving.clear()

    def get_extra_info(self, info: str) -> object:
        return self.readable if info == "is_readable" else None


async def test_nothing_is_written_behind_an_unread_answer() -> None:
    """If bytes wait on a kept-alive connection at the moment of the write, it is called off: not one byte leaves."""
    wire = Wire(ACCEPTED)
    stream = WatchedStream(wire)
    await stream.write(b"first")
    await stream.read(65_536)
    wire.readable = True

    with pytest.raises(NotIdle):
        await stream.write(b"second")

    assert wire.written == [b"first"]


async def test_a_fresh_connection_may_have_something_to_read() -> None:
    """TLS sends tickets before the first request: that is no answer, and no reason to give up."""
    wire = Wire()
    wire.readable = True
    stream = WatchedStream(wire)
    await stream.write(b"head")
    await stream.write(b"body")

    assert wire.written == [b"head", b"body"]


@pytest.mark.parametrize(
    ("read", "idle"),
    [
        ((ACCEPTED,), True),
        ((ACCEPTED[:20], ACCEPTED[20:]), True),
        ((b"HTTP/1.1 100 Continue\r\n\r\n" + ACCEPTED,), True),
        ((b"HTTP/1.1 204 X\r\n\r\n",), True),
        ((ACCEPTED[:-1],), False),
        ((ACCEPTED + b"H",), False),
        ((ACCEPTED, b"H"), False),
        ((ACCEPTED + ACCEPTED,), False),
        ((b"HTTP/1.1 100 Continue\r\n\r\n",), False),
        ((b"HTTP/1.1 200 X\r\n\r\n{}",), False),
        ((b"garbage", ACCEPTED), False),
        ((b"",), False),
    ],
)
def test_exactly_one_answer(read: tuple[bytes, ...], idle: bool) -> None:
    """One whole response, with or without a 1xx before it, and nothing after it; in any pieces."""
    responses = Responses()
    for data in read:
        responses.feed(data)

    assert responses.exactly_one is idle


async def test_a_connection_that_was_not_idle_is_proof_that_nothing_was_written() -> None:
    """The stray answer arrives between the choice of the connection and the write: nothing left, and it counts so."""
    wire = Wire(ACCEPTED)
    host = [("Host", "127.0.0.1")]

    async def surprise(event: str, info: object) -> None:
        wire.readable = event == "http11.send_request_headers.started"

    async with httpcore2.AsyncConnectionPool(network_backend=_Only(WatchedStream(wire))) as pool:
        await pool.request("GET", "http://127.0.0.1/", headers=host)
        written = list(wire.written)
        with pytest.raises(NotIdle) as caught:
            await pool.request("GET", "http://127.0.0.1/", headers=host, extensions={"trace": surprise})

    assert wire.written == written
    assert failed(caught.value, written_after_s=0.1).failure is Failure.NOT_WRITTEN


class _Only(httpcore2.AsyncNetworkBackend):
    """Connects to one connection in memory, whatever is asked for."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream

    async def connect_tcp(self, *_: object, **__: object) -> httpcore2.AsyncNetworkStream:
        return self._stream
