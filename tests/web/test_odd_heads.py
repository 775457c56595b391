"""Paths and headers with bytes that no text has: each is answered, and nothing is left in work."""

import pytest

from connector.web.callbacks import callbacks_app
from connector.web.traffic import Traffic, watched
from connector.web.webhooks import webhooks_route
from tests.web.peers import OK, Answer, Role, ask, served, status_of

ODD = {
    "bytes in the path": b"POST /v1/callbacks/\xff\xfe HTTP/1.1\r\nConnection: close\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}",
    "escaped bytes in the path": b"POST /v1/callbacks/%ff%fe%00 HTTP/1.1\r\nConnection: close\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}",
    "half a pair, escaped": b"POST /v1/callbacks/%ed%a0%bd HTTP/1.1\r\nConnection: close\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}",
    "bytes in the kind": b"POST /v1/webhooks/%ff HTTP/1.1\r\nConnection: close\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}",
    "bytes in the secret": b"POST /v1/webhooks/receive HTTP/1.1\r\nConnection: close\r\nHost: here\r\nsb-signing-secret: \xff\xe9\r\n"
    b"Content-Length: 2\r\n\r\n{}",
    "bytes in the host": b"POST /v1/callbacks/x HTTP/1.1\r\nConnection: close\r\nHost: \xff\r\nContent-Length: 2\r\n\r\n{}",
    "a whole url": b"POST http://\xff/v1/callbacks/x HTTP/1.1\r\nConnection: close\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}",
    "only a star": b"OPTIONS * HTTP/1.1\r\nConnection: close\r\nHost: here\r\n\r\n",
    "connect": b"CONNECT here:1 HTTP/1.1\r\nConnection: close\r\nHost: here\r\n\r\n",
}


@pytest.mark.parametrize("request_", ODD.values(), ids=ODD)
async def test_it_is_answered(request_: bytes) -> None:
    """By 2xx or 4xx, never by a 500: nothing that a stranger writes is an error of ours."""
    role, traffic, told = Role(), Traffic(), list[tuple[str, int]]()

    async def accept(kind: str, secret: bytes, body: bytes) -> Answer:
        assert kind and secret and body
        return OK

    app = watched(
        callbacks_app(role.accept, more=[webhooks_route(accept)]),
        traffic,
        lambda kind, status, _: told.append((kind, status)),
    )
    async with served(app) as port:
        status = status_of(await ask(port, request_))

    assert 200 <= status < 500
    assert traffic.in_flight == 0
    assert all(status < 500 for _, status in told)
