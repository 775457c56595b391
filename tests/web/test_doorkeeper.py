"""Who is not on the list is told 403 before the body is read, whatever it writes into X-Forwarded-For."""

import asyncio

import pytest

from connector.settings import Callbacks
from connector.web.callbacks import MAX_BODY, callbacks_app
from connector.web.doorkeeper import kept
from connector.wiring.door import may_call
from tests.web.peers import HANG_S, HOST, PATH, Role, ask, post, served, status_of

BEHIND = Callbacks(allow=("203.0.113.0/24",), trusted_proxies=("127.0.0.1",))


def forwarded(*lines: str) -> bytes:
    return b"".join(f"X-Forwarded-For: {line}\r\n".encode() for line in lines)


@pytest.mark.parametrize(
    ("door", "extra", "status"),
    [
        (Callbacks(allow=("127.0.0.0/8",)), b"", 200),
        (Callbacks(allow=("203.0.113.0/24",)), b"", 403),
        (Callbacks(allow=("203.0.113.0/24",)), forwarded("203.0.113.9"), 403),
        (BEHIND, forwarded("203.0.113.9"), 200),
        (BEHIND, forwarded("203.0.113.9, 1.2.3.4"), 403),
        (
            Callbacks(allow=("203.0.113.0/24",), trusted_proxies=("127.0.0.1",)),
            forwarded("203.0.113.9", "1.2.3.4"),
            403,
        ),
        (BEHIND, forwarded("\xff"), 403),
        (BEHIND, b"", 403),
    ],
)
async def test_the_list_is_asked_about_the_client(door: Callbacks, extra: bytes, status: int) -> None:
    """On the connector's own server: the peer, or whom a trusted proxy names."""
    role = Role()
    async with served(kept(callbacks_app(role.accept), may_call(door))) as port:
        reply = await ask(port, post(extra=extra))

    assert status_of(reply) == status
    assert len(role.asked) == (status == 200)


async def test_the_answer_comes_before_the_body() -> None:
    """Nobody waits for what is refused anyway, and the connection ends."""
    role = Role()
    head = f"POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: {MAX_BODY}\r\n\r\n".encode()
    async with served(kept(callbacks_app(role.accept), lambda *_: False)) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(head)
        reply = await asyncio.wait_for(reader.read(), HANG_S)
        writer.close()

    assert status_of(reply) == 403
    assert role.asked == []
