"""The truth about requests: the server breaks off at every byte of the request.

The oracle: only a refusal that the server has sent whole may say REJECTED or UNSENT; and no call, however it ends,
reaches the server twice.
"""

import asyncio
import socket

import pytest

from connector.core.messages import SendRequest
from connector.core.outcomes import (
    Answer,
    Classified,
    Failure,
    OutboundMessage,
    Rejected,
    Scope,
    Unknown,
    Unsent,
    Wait,
    Window,
    classify,
)
from connector.sendblue.client import Limits, SendblueClient
from connector.sendblue.credentials import Credentials
from tests.sendblue.peers import CONTACT, LINE, Connection, End, Server, client_of, message, reply, talking_to

REFUSAL = reply(400, b'{"status":"ERROR","message":"no"}')
NOT_CONNECTED = Unsent("CONNECT", Scope.LINE, Wait(Window.BACKOFF))
HASTY = Limits(deadline_s=1.0)
"""Only for servers that never answer. On a slow day it is over before a connection stands: UNSENT, as it should be."""
PATIENT = Limits(deadline_s=120, connect_s=100)
AT_ONCE = 32
"""Calls at once, each with its own server."""


async def one_call(
    read: int, answer: bytes, end: End, limits: Limits, pooled: bool = False
) -> tuple[Classified, int, int]:
    """What a call comes to, and how many POSTs and connections the server saw."""

    async def play(connection: Connection) -> None:
        await connection.read_exactly(read)
        await connection.send(answer)
        await connection.end(end)

    async with talking_to(play, limits, pooled) as (client, server):
        found = classify(await client.send(message()))
        return found, server.posts, len(server.connections)


async def at_every_byte(
    answer: bytes, end: End, limits: Limits, step: int = 1, pooled: bool = False
) -> list[tuple[Classified, int, int]]:
    free = asyncio.Semaphore(AT_ONCE)

    async def case(read: int) -> tuple[Classified, int, int]:
        async with free:
            return await one_call(read, answer, end, limits, pooled)

    return await asyncio.gather(*(case(read) for read in range(1, await request_length() + 1, step)))


async def request_length() -> int:
    """How many bytes the request of this suite has on the wire."""

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(REFUSAL)

    async with talking_to(play) as (client, server):
        await client.send(message())
        return len(server.connections[0].received)


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("end", [End.FIN, End.RST])
async def test_a_request_cut_at_any_byte_is_in_doubt(end: End, pooled: bool) -> None:
    """What the server has read is not what has left us: without an answer it is never UNSENT."""
    cases = await at_every_byte(b"", end, PATIENT, pooled=pooled)

    assert {found for found, _, _ in cases} == {Unknown("NO_ANSWER")}
    assert {connections for _, _, connections in cases} == {1}
    assert {posts for _, posts, _ in cases} == {0, 1}


@pytest.mark.parametrize("end", [End.FIN, End.RST])
async def test_a_connection_closed_at_once_is_in_doubt_unless_it_never_stood(end: End) -> None:
    """The server accepts and breaks off without reading: we have written by then, or there was no connection yet."""
    found, posts, _ = await one_call(0, b"", end, Limits())

    assert found in (Unknown("NO_ANSWER"), NOT_CONNECTED)
    assert posts == 0


async def test_a_server_that_stops_reading_is_in_doubt() -> None:
    """Silence at any byte of the request ends with the deadline, in doubt."""
    cases = await at_every_byte(b"", End.HANG, HASTY, step=7)

    assert {found for found, posts, _ in cases if posts} <= {Unknown("NO_ANSWER")}
    assert {found for found, _, _ in cases} <= {Unknown("NO_ANSWER"), NOT_CONNECTED}
    assert max(posts for _, posts, _ in cases) <= 1


@pytest.mark.parametrize("end", [End.FIN, End.HANG])
async def test_a_refusal_before_the_request_is_whole_may_be_believed(end: End) -> None:
    """A server may refuse what it has only begun to read. If the whole refusal arrives it counts, else in doubt."""
    cases = await at_every_byte(REFUSAL, end, PATIENT)

    assert {type(found) for found, _, _ in cases} <= {Rejected, Unknown}
    assert Rejected in {type(found) for found, _, _ in cases}
    assert {connections for _, _, connections in cases} == {1}


@pytest.mark.parametrize("end", [End.FIN, End.RST])
async def test_half_a_refusal_of_half_a_request_is_in_doubt(end: End) -> None:
    """Both broken off: nothing is proved."""
    cases = await at_every_byte(REFUSAL[:-1], end, PATIENT)

    assert {found for found, _, _ in cases} == {Unknown("NO_ANSWER")}


async def test_a_request_stuck_in_the_socket_is_in_doubt() -> None:
    """A text too large for the buffers between us, a server that reads ten bytes: part of it has left."""
    large = OutboundMessage(SendRequest("r-1", number=CONTACT, content="x" * 8_000_000), LINE)

    async def play(connection: Connection) -> None:
        await connection.read_exactly(10)
        await connection.end(End.HANG)

    async with talking_to(play, Limits(deadline_s=2.0)) as (client, server):
        found = classify(await client.send(large))

    assert found == Unknown("NO_ANSWER")
    assert len(server.connections) == 1


async def test_a_closed_port_is_unsent() -> None:
    """Nobody listens: not a byte has left."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with client_of(f"http://127.0.0.1:{port}") as client:
        answer = await client.send(message())

    assert answer == Answer(failure=Failure.NOT_WRITTEN, failure_name="ConnectError")
    assert classify(answer) == NOT_CONNECTED


async def test_a_connection_that_is_ready_too_late_is_not_written_to() -> None:
    """Its caller says "not any more", its lease being over: connected, but not a byte is written."""
    async with Server(lambda connection: connection.end(End.HANG)) as server, client_of(server.url) as client:
        answer = await client.send(message(), may_write=lambda: None)

        assert (answer.failure, answer.failure_name) == (Failure.NOT_WRITTEN, "TooLate")
        assert classify(answer) == NOT_CONNECTED
        assert server.posts == 0


async def test_a_connection_that_is_there_is_held_up_until_its_turn() -> None:
    """Not a byte leaves before the caller says "now"; it is asked again after each wait, and never after the write."""
    told: list[tuple[float, int]] = []
    waits = iter([0.001, 0.002, 0.0])

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(reply(202, b"{}"))

    async with Server(play) as server, client_of(server.url) as client:

        def may_write() -> float:
            told.append((wait_s := next(waits), server.posts))
            return wait_s

        await client.send(message(), may_write=may_write)

        assert told == [(0.001, 0), (0.002, 0), (0.0, 0)]
        assert server.posts == 1


async def test_a_call_whose_deadline_passes_while_it_waits_for_its_turn_has_not_been_written() -> None:
    """It is unsent, not in doubt."""
    limits = Limits(deadline_s=0.05)
    async with (
        Server(lambda connection: connection.end(End.HANG)) as server,
        SendblueClient(server.url, lambda: Credentials("id", "secret"), limits=limits) as client,
    ):
        answer = await client.send(message(), may_write=lambda: 3600.0)

        assert classify(answer) == NOT_CONNECTED
        assert server.posts == 0


async def test_no_free_connection_is_unsent() -> None:
    """More calls than connections: who gets none in time has written nothing, and the server sees none of it."""
    taken = asyncio.Barrier(65)

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await taken.wait()
        await connection.end(End.HANG)

    async with talking_to(play, Limits(in_flight=64, pool_s=0.2, deadline_s=60)) as (client, server):
        calls = [asyncio.create_task(client.send(message())) for _ in range(64)]
        await taken.wait()
        found = classify(await client.send(message()))
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

        assert found == NOT_CONNECTED
        assert server.posts == 64


async def test_a_cancelled_call_is_not_an_answer() -> None:
    """Whoever is cancelled after the write learns nothing, and the connection is not used again."""
    arrived = asyncio.Event()

    async def play(connection: Connection) -> None:
        await connection.read_request()
        arrived.set()
        await connection.end(End.HANG)

    async with talking_to(play) as (client, server):
        for _ in range(2):
            call = asyncio.create_task(client.send(message()))
            await arrived.wait()
            arrived.clear()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

        assert [connection.received.count(b"POST /") for connection in server.connections] == [1, 1]


async def read_and_hang(connection: Connection) -> None:
    await connection.read_request()
    await connection.end(End.HANG)
