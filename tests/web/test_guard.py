"""Hostile connections: what does not come in time or grows too large is refused, what is honest passes."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from connector.web.callbacks import callbacks_app
from connector.web.guard import MAX_HEAD, GuardedProtocol
from tests.web.peers import HANG_S, HOST, PATH, Role, ask, guarded, post, status_of

LINE = f"POST {PATH} HTTP/1.1\r\nHost: here\r\n".encode()


class Impatient(GuardedProtocol):
    """The same with a deadline that a test can wait for."""

    receive_s = 0.1


class ByHand(GuardedProtocol):
    """Its deadline passes when a test says so: a slow machine does not make a caller slow."""

    receive_s = 3600.0

    def run_out(self) -> None:
        """So long has passed, if anybody counts."""
        if self._deadline is not None:
            self._too_slow()


class Narrow(GuardedProtocol):
    """A small bound of the whole request, and a deadline that no test sees."""

    receive_s = 3600.0
    max_request = 64 * 1024


def by_hand() -> tuple[list[ByHand], Callable[..., GuardedProtocol]]:
    """The connections that were made, and what makes them."""
    made = list[ByHand]()

    def make(*args: Any) -> GuardedProtocol:
        made.append(ByHand(*args))
        return made[-1]

    return made, make


def padded(size: int) -> bytes:
    """A header line of so many bytes."""
    return b"X-Pad: " + b"a" * (size - 9) + b"\r\n"


async def test_an_honest_request_passes() -> None:
    """The guard changes nothing for a callback."""
    role = Role()
    async with guarded(callbacks_app(role.accept)) as port:
        reply = await ask(port, post(b'{"status": "SENT"}'))

    assert status_of(reply) == 200
    assert role.asked == [("k1.payload.mac", b'{"status": "SENT"}')]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n\r\n",
        b"POST /v1/call",
        LINE + b"X-Half: ",
        LINE + b"Content-Length: 10\r\n\r\n",
        LINE + b"Content-Length: 10\r\n\r\nhalf",
        LINE + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhal",
        LINE + b"Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: ",
    ],
    ids=["nothing", "empty lines", "half a line", "half a head", "no body", "half a body", "half a chunk", "trailer"],
)
async def test_what_does_not_come_in_time_is_cut_off(sent: bytes) -> None:
    """The connection ends without a word, and nobody is asked."""
    role = Role()
    async with guarded(callbacks_app(role.accept), Impatient) as port:
        reply = await ask(port, sent)

    assert reply == b""
    assert role.asked == []


async def test_dripping_does_not_put_the_deadline_off() -> None:
    """It counts from the first byte, so a byte now and then gains no time."""
    role = Role()
    async with guarded(callbacks_app(role.accept), Impatient) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(LINE + b"X-Slow: ")
        closed = asyncio.create_task(_rest(reader))
        async with asyncio.timeout(HANG_S):
            while not closed.done():
                writer.write(b"a")
                await asyncio.wait([closed], timeout=Impatient.receive_s / 5)
        writer.close()

    assert closed.result() == b""
    assert role.asked == []


async def test_the_answer_may_take_longer_than_the_request() -> None:
    """The deadline ends with the last byte of the request; our own slowness is not the caller's."""
    role = Role()
    role.gate.clear()
    made, make = by_hand()
    async with guarded(callbacks_app(role.accept), make) as port:
        asked = asyncio.create_task(ask(port, post()))
        await role.entered.wait()
        made[0].run_out()
        role.gate.set()
        reply = await asked

    assert status_of(reply) == 200


async def test_a_kept_connection_is_not_cut_between_requests() -> None:
    """Idle time between requests is uvicorn's keep-alive, not the deadline."""
    role, (made, make) = Role(), by_hand()
    async with guarded(callbacks_app(role.accept), make) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(LINE + b"Content-Length: 2\r\n\r\n{}")
        await reader.readuntil(b"\r\n\r\n")
        made[0].run_out()
        writer.write(post())
        second = await asyncio.wait_for(reader.read(), HANG_S)
        writer.close()

    assert status_of(second) == 200
    assert len(role.asked) == 2


@pytest.mark.parametrize("size", [MAX_HEAD + 1, 70_000, 1_000_000, 20_000_000])
@pytest.mark.parametrize("ended", [b"", b"\r\n"], ids=["endless", "complete"])
async def test_a_head_too_large_is_refused(size: int, ended: bytes) -> None:
    """431 or, where the client is still sending, a reset; never an application that is asked."""
    role = Role()
    async with guarded(callbacks_app(role.accept)) as port:
        reply = await ask(port, LINE + padded(size) + ended)

    assert status_of(reply) in ({431} if size < 70_000 else {431, 0})
    assert role.asked == []


async def test_many_small_headers_are_a_large_head() -> None:
    """The bound is on the sum."""
    role = Role()
    async with guarded(callbacks_app(role.accept)) as port:
        reply = await ask(port, LINE + b"A: b\r\n" * 5_000 + b"\r\n")

    assert status_of(reply) == 431
    assert role.asked == []


async def test_a_head_at_the_bound_passes() -> None:
    """16 KiB, its line and Connection and Content-Length included."""
    role = Role()
    bare = len(post(b"")) - len("POST  HTTP/1.1\r\n") - len("\r\n")
    async with guarded(callbacks_app(role.accept)) as port:
        fits = await ask(port, post(b"", extra=padded(MAX_HEAD - bare)))
        too_large = await ask(port, post(b"", extra=padded(MAX_HEAD - bare + 64)))

    assert (status_of(fits), status_of(too_large)) == (200, 431)


@pytest.mark.parametrize("filler", [b"1;" + b"x" * 1000 + b"\r\na\r\n", b"1\r\na\r\n"], ids=["extensions", "tiny"])
async def test_a_request_that_never_ends_is_cut_off(filler: bytes) -> None:
    """What is on the wire is bounded too: chunk extensions are no body."""
    role = Role()
    endless = LINE + b"Transfer-Encoding: chunked\r\n\r\n" + filler * (2 * Narrow.max_request // len(filler))
    async with guarded(callbacks_app(role.accept), Narrow) as port:
        reply = await ask(port, endless)

    assert reply == b""
    assert role.asked == []


@pytest.mark.parametrize("second", [post(b"2"), LINE + padded(MAX_HEAD + 1), b"garbage"], ids=["whole", "head", "none"])
@pytest.mark.parametrize("together", [True, False], ids=["in one piece", "later"])
async def test_a_pipelined_request_is_not_read(second: bytes, *, together: bool) -> None:
    """The one before it gets its own answer, and then the connection ends."""
    role = Role()
    role.gate.clear()
    first = LINE + b"Content-Length: 1\r\n\r\n1"
    async with guarded(callbacks_app(role.accept)) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(first + second if together else first)
        await role.entered.wait()
        if not together:
            writer.write(second)
            await ask(port, b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")  # the loop goes round
        role.gate.set()
        reply = await asyncio.wait_for(reader.read(), HANG_S)
        writer.close()

    assert (reply.count(b"HTTP/1.1"), status_of(reply)) == (1, 200)
    assert [body for _, body in role.asked] == [b"1"]


@pytest.mark.parametrize("closing", [b"", b"Connection: close\r\n"], ids=["kept", "closing"])
async def test_a_refused_body_still_coming_gets_its_answer(closing: bytes) -> None:
    """413 arrives although the client goes on writing: a reset would take it away unread."""
    role = Role()
    async with guarded(callbacks_app(role.accept)) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(LINE + closing + b"Content-Length: 1000000\r\n\r\n" + b"a" * 300_000)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANG_S)
        for _ in range(7):
            writer.write(b"a" * 100_000)
            await writer.drain()
        writer.write_eof()
        rest = await asyncio.wait_for(reader.read(), HANG_S)
        writer.close()

    assert status_of(head) == 413
    assert rest == b"Content Too Large"
    assert role.asked == []


async def test_a_body_that_falls_apart_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """400 alone: an application that answers without reading the body would write behind it, and log an exception."""
    role = Role()
    nowhere = LINE.replace(PATH.encode(), b"/elsewhere") + b"Transfer-Encoding: chunked\r\n\r\nno size\r\n"
    async with guarded(callbacks_app(role.accept)) as port:
        reply = await ask(port, nowhere)

    assert (reply.count(b"HTTP/1.1 "), status_of(reply)) == (1, 400)
    assert [record for record in caplog.records if record.exc_info] == []


async def test_lingering_is_bounded() -> None:
    """Who never stops writing is cut off after so many bytes; who never closes, after so long."""
    role = Role()

    class Brief(Narrow):
        linger_s = 0.05

    begun = LINE + b"Connection: close\r\nContent-Length: 1000000\r\n\r\n"
    async with guarded(callbacks_app(role.accept), Brief) as port:
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(begun)
        with pytest.raises(ConnectionError):
            await pour(writer)
        silent, kept = await asyncio.open_connection(HOST, port)
        kept.write(begun)
        reply = await asyncio.wait_for(silent.read(), HANG_S)
        kept.close()
        writer.close()

    assert status_of(reply) == 413


async def pour(writer: asyncio.StreamWriter) -> None:
    """Write until it fails."""
    async with asyncio.timeout(HANG_S):
        while True:
            writer.write(b"a" * 10_000)
            await writer.drain()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """All that comes; a byte of ours that meets a closed socket is answered with a reset."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
