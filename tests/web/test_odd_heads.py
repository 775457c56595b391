"""Paths and headers with bytes that no text has: each is answered, and nothing is left in work."""

import pytest

from connector.web.callbacks import callbacks_app
from connector.web.traffic import Traffic, watched
from connector.web.webhooks import webhooks_route
from tests.web.peers import OK, Answer, Role, ask, served, status_of

REST = b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"
HERE = b"Host: here\r\n"
ODD = {
    "bytes in the path": (b"POST /v1/callbacks/\xff\xfe", HERE),
    "escaped bytes in the path": (b"POST /v1/callbacks/%ff%fe%00", HERE),
    "half a pair, escaped": (b"POST /v1/callbacks/%ed%a0%bd", HERE),
    "bytes in the kind": (b"POST /v1/webhooks/%ff", HERE),
    "bytes in the secret": (b"POST /v1/webhooks/receive", HERE + b"sb-signing-secret: \xff\xe9\r\n"),
    "bytes in the host": (b"POST /v1/callbacks/x", b"Host: \xff\r\n"),
    "a whole url": (b"POST http://\xff/v1/callbacks/x", HERE),
    "only a star": (b"OPTIONS *", HERE),
    "connect": (b"CONNECT here:1", HERE),
}


@pytest.mark.parametrize(("first", "headers"), ODD.values(), ids=ODD)
async def test_it_is_answered(first: bytes, headers: bytes) -> None:
    """By 2xx or 4xx, never by a 500: nothing that a stranger writes is an error of ours."""
    role, traffic, told = Role(), Traffic(), list[tuple[str, int]]()

    async def accept(*_: object) -> Answer:
        return OK

    app = watched(
        callbacks_app(role.accept, more=[webhooks_route(accept)]),
        traffic,
        lambda kind, status, _: told.append((kind, status)),
    )
    async with served(app) as port:
        status = status_of(await ask(port, first + b" HTTP/1.1\r\n" + headers + REST))

    assert 200 <= status < 500
    assert traffic.in_flight == 0
    assert all(status < 500 for _, status in told)
