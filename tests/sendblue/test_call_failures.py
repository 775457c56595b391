"""What a call that raises says of the request: it did not leave, or it may have."""

import httpcore2
import httpx2
import pytest

from connector.core.outcomes import Answer, Failure
from connector.sendblue.client import SendblueClient
from tests.sendblue.peers import CONTACT, KEYS, client_with, message


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (httpx2.ConnectError, Failure.NOT_WRITTEN),
        (httpx2.ConnectTimeout, Failure.NOT_WRITTEN),
        (httpx2.PoolTimeout, Failure.NOT_WRITTEN),
        (httpx2.ReadError, Failure.WRITTEN),
        (httpx2.ReadTimeout, Failure.WRITTEN),
        (httpx2.WriteError, Failure.WRITTEN),
        (httpx2.WriteTimeout, Failure.WRITTEN),
        (httpx2.CloseError, Failure.WRITTEN),
        (httpx2.ProxyError, Failure.WRITTEN),
        (httpx2.RemoteProtocolError, Failure.WRITTEN),
        (httpx2.LocalProtocolError, Failure.WRITTEN),
        (httpx2.DecodingError, Failure.WRITTEN),
        (httpcore2.ConnectError, Failure.NOT_WRITTEN),
        (httpcore2.ConnectTimeout, Failure.NOT_WRITTEN),
        (httpcore2.PoolTimeout, Failure.NOT_WRITTEN),
        (httpcore2.ReadError, Failure.WRITTEN),
        (httpcore2.ReadTimeout, Failure.WRITTEN),
        (httpcore2.WriteError, Failure.WRITTEN),
        (httpcore2.ProxyError, Failure.WRITTEN),
        (httpcore2.RemoteProtocolError, Failure.WRITTEN),
        (TimeoutError, Failure.WRITTEN),
        (ConnectionRefusedError, Failure.WRITTEN),
        (RuntimeError, Failure.WRITTEN),
    ],
)
async def test_only_three_errors_mean_that_nothing_left(error: type[Exception], failure: Failure) -> None:
    """Connect error, connect timeout, no free connection; whatever else is raised, the request may have left."""

    def fail(request: httpx2.Request) -> httpx2.Response:
        raise error(f"to {CONTACT} with very-secret")

    async with client_with(fail) as client:
        answer = await client.send(message())

    assert answer == Answer(failure=failure, failure_name=error.__name__)


async def test_a_connect_error_behind_the_gate_is_not_believed() -> None:
    """The class of an exception is one witness; having passed the last door before the socket is the other."""

    class Liar(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            await request.extensions["trace"]("http11.send_request_headers.started", {})
            raise httpx2.ConnectError("but it was sent")

    async with SendblueClient("https://api.example.com", lambda: KEYS, transport=Liar()) as client:
        answer = await client.send(message())

    assert answer.failure is Failure.WRITTEN


async def test_a_proxys_tunnel_is_not_the_request() -> None:
    """CONNECT passes the gate too, but carries nothing of ours: a failure after it is still UNSENT."""

    class Tunnel(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            connect = httpx2.Request("CONNECT", "http://proxy.example.com")
            connect.method = b"CONNECT"  # type: ignore[assignment]  # as httpcore2 has it
            await request.extensions["trace"]("http11.send_request_headers.started", {"request": connect})
            raise httpx2.ConnectError("TLS failed")

    async with SendblueClient("https://api.example.com", lambda: KEYS, transport=Tunnel()) as client:
        answer = await client.send(message())

    assert answer.failure is Failure.NOT_WRITTEN
