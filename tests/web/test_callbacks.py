"""The callback route: what it hands on, what it refuses, and how much of it at once."""

import asyncio
import logging
from collections.abc import MutableMapping
from typing import Any

import pytest

from connector.web.callbacks import MAX_BODY, READ_S, callbacks_app
from tests.virtual_time import run
from tests.web.peers import HANG_S, HOST, PATH, Answer, Role, ask, post, served, status_of

CHUNKED = f"POST {PATH} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode()


async def head_of_answer(port: int, sent: bytes) -> bytes:
    """The head of the first answer on a kept connection: a server that closes at once may reset its own answer."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(sent.replace(b"Connection: close\r\n", b"", 1))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANG_S)
    writer.close()
    return head


def chunk(body: bytes) -> bytes:
    """A body as one chunk and the last one."""
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


async def test_token_and_raw_body_reach_the_role() -> None:
    """Nothing is decoded or normalised on the way, and the role's status is the answer."""
    role = Role(Answer(401))
    async with served(callbacks_app(role.accept)) as port:
        reply = await ask(port, post(b"\x00\xff not json"))

    assert status_of(reply) == 401
    assert role.asked == [("k1.payload.mac", b"\x00\xff not json")]


async def test_retry_after_is_told() -> None:
    """A 503 of the role says when to come back (RFC 9110 section 10.2.3)."""
    role = Role(Answer(503, 7))
    async with served(callbacks_app(role.accept)) as port:
        reply = await ask(port, post())

    assert status_of(reply) == 503
    assert b"\r\nretry-after: 7\r\n" in reply.lower()


async def test_the_server_does_not_name_itself() -> None:
    """No Server header: it would only tell an attacker what to try."""
    async with served(callbacks_app(Role().accept)) as port:
        reply = await ask(port, post())

    assert b"\r\nserver:" not in reply.lower()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_another_method_is_405(method: str) -> None:
    """With Allow, as RFC 9110 section 15.5.6 wants it."""
    role = Role()
    async with served(callbacks_app(role.accept)) as port:
        reply = await ask(port, post().replace(b"POST", method.encode(), 1))

    assert status_of(reply) == 405
    assert b"\r\nallow: post\r\n" in reply.lower()
    assert role.asked == []


@pytest.mark.parametrize("path", ["/", "/v1/callbacks", "/v1/callbacks/a/b", "/livez", "/statusz", "/metrics"])
async def test_another_path_is_404(path: str) -> None:
    """The public port has one route; health and metrics are not on it. Never 410."""
    role = Role()
    async with served(callbacks_app(role.accept)) as port:
        reply = await ask(port, post(path=path))

    assert status_of(reply) == 404
    assert role.asked == []


@pytest.mark.parametrize("form", ["length", "chunked"])
async def test_a_body_too_large_is_413(form: str) -> None:
    """One byte above 256 KiB, whichever way its length is told."""
    role = Role()
    body = b"a" * (MAX_BODY + 1)
    async with served(callbacks_app(role.accept)) as port:
        reply = await head_of_answer(port, post(body) if form == "length" else CHUNKED + chunk(body))

    assert status_of(reply) == 413
    assert role.asked == []


@pytest.mark.parametrize("form", ["length", "chunked"])
async def test_a_body_at_the_bound_passes(form: str) -> None:
    """256 KiB: the longest text with every character escaped."""
    role = Role()
    body = b"a" * MAX_BODY
    async with served(callbacks_app(role.accept)) as port:
        reply = await ask(port, post(body) if form == "length" else CHUNKED + chunk(body))

    assert status_of(reply) == 200
    assert [len(got) for _, got in role.asked] == [MAX_BODY]


async def test_a_lie_about_the_length_is_refused_before_the_body_comes() -> None:
    """413 at the head: nobody waits for a gigabyte that was announced."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: 1000000000\r\n\r\n".encode()
    async with served(callbacks_app(Role().accept)) as port:
        reply = await ask(port, head)

    assert status_of(reply) == 413


async def test_above_the_cap_the_answer_is_503() -> None:
    """With Retry-After; the callback in work is not disturbed, and its place is free afterwards."""
    role = Role()
    role.gate.clear()
    async with served(callbacks_app(role.accept, max_working=1)) as port:
        first = asyncio.create_task(ask(port, post(b"first")))
        await role.entered.wait()
        refused = await ask(port, post(b"second"))
        role.gate.set()
        replies = [status_of(await first), status_of(await ask(port, post(b"third")))]

    assert status_of(refused) == 503
    assert b"\r\nretry-after: " in refused.lower()
    assert replies == [200, 200]
    assert [body for _, body in role.asked] == [b"first", b"third"]


async def test_idle_connections_take_no_place() -> None:
    """The cap counts callbacks in work: connections that only stand there keep nobody out."""
    role = Role()
    async with served(callbacks_app(role.accept, max_working=1)) as port:
        idle = [await asyncio.open_connection(HOST, port) for _ in range(20)]
        reply = await ask(port, post())
        for _, writer in idle:
            writer.close()

    assert status_of(reply) == 200


async def test_bodies_that_never_come_take_no_place() -> None:
    """Anybody may begin a request, token or none: what has not come yet must not keep honest callbacks out."""
    role = Role()
    async with served(callbacks_app(role.accept, max_working=1)) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(post(b"{}", extra=b"Expect: 100-continue\r\n")[:-1])
        await asyncio.wait_for(reader.readuntil(b"100 Continue\r\n\r\n"), HANG_S)  # the body is being read now
        reply = await ask(port, post())
        writer.close()

    assert status_of(reply) == 200


def test_a_body_that_does_not_come_in_time_is_408() -> None:
    """In virtual time: the wait ends at the bound, and the connection with it."""
    role = Role()

    async def scene() -> tuple[float, MutableMapping[str, Any]]:
        said: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            await asyncio.Event().wait()
            return {}

        async def send(message: MutableMapping[str, Any]) -> None:
            said.append(message)

        scope = {"type": "http", "method": "POST", "path": PATH, "headers": [], "query_string": b""}
        await callbacks_app(role.accept)(scope, receive, send)
        return asyncio.get_running_loop().time(), said[0]

    ended, start = run(scene())

    assert ended == pytest.approx(READ_S)
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert role.asked == []


async def test_a_slash_behind_the_token_redirects_nobody() -> None:
    """404: a redirect would send the secret address to whatever host the request names."""
    role = Role()
    async with served(callbacks_app(role.accept)) as port:
        reply = await ask(port, post(path=f"{PATH}/").replace(b"Host: here", b"Host: attacker.example"))

    assert status_of(reply) == 404
    assert b"attacker" not in reply
    assert role.asked == []


async def test_a_fault_of_ours_is_a_5xx_and_does_not_tell_the_path(caplog: pytest.LogCaptureFixture) -> None:
    """Sendblue asks again after a 5xx; the address is the secret of a message and stays out of the logs."""
    role = Role(error=RuntimeError("a bug"))
    with caplog.at_level(logging.DEBUG):
        async with served(callbacks_app(role.accept)) as port:
            reply = await ask(port, post())
            await ask(port, b"garbage " + post())

    assert status_of(reply) >= 500
    assert "a bug" in caplog.text
    assert "payload" not in caplog.text
