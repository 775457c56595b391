"""What the client sends besides bodies, and what it shows of itself: over a transport in memory."""

import json
import logging
import re
import time
from collections.abc import Callable

import httpcore2
import httpx2
import pytest

from connector.core.edge_facts import ApiCalled
from connector.core.facts import Fact
from connector.core.outcomes import Answer, Failure, Submitted, classify
from connector.sendblue.client import Limits, SendblueClient, SendblueError
from connector.sendblue.credentials import Credentials
from connector.sendblue.transport import environment_proxy
from tests.sendblue.peers import CONTACT, HANDLE, Connection, Server, message, reply, talking_to

KEYS = Credentials("key-id", "very-secret")
Handler = Callable[[httpx2.Request], httpx2.Response]


def accept(request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(202, json={"status": "QUEUED", "message_handle": HANDLE})


def client_with(handler: Handler, base_url: str = "https://api.example.com") -> SendblueClient:
    return SendblueClient(base_url, lambda: KEYS, transport=httpx2.MockTransport(handler))


def _cannot_connect(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("no")


def _says_nothing(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadTimeout("no")


class Recorder:
    """A Sendblue that takes everything and remembers the requests."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return accept(request)


@pytest.mark.parametrize(
    "base_url", ["https://api.example.com", "https://api.example.com/", "https://api.example.com/x/"]
)
async def test_a_post_with_all_its_headers(base_url: str) -> None:
    """One POST below the base URL, as JSON, with the keys, our name, and no compression to unpack."""
    recorder = Recorder()
    async with client_with(recorder, base_url) as client:
        answer = await client.send(message())
    (request,) = recorder.requests

    assert classify(answer) == Submitted(HANDLE)
    assert (request.method, str(request.url)) == ("POST", base_url.rstrip("/") + "/api/send-message")
    assert json.loads(request.content) == {"number": CONTACT, "from_number": "+12025550199", "content": "Hello"}
    assert {name: request.headers[name] for name in ("sb-api-key-id", "sb-api-secret-key")} == {
        "sb-api-key-id": "key-id",
        "sb-api-secret-key": "very-secret",
    }
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept-encoding"] == "identity"
    assert re.fullmatch(r"kafka-sendblue/\d\S*", request.headers["user-agent"])


@pytest.mark.parametrize("error", [FileNotFoundError, ValueError, UnicodeDecodeError("utf-8", b"x", 0, 1, "odd")])
async def test_keys_that_cannot_be_read_just_now_are_a_call_not_made(error: Exception) -> None:
    """A file that is being replaced: nothing left, the line tries again, and a probe has not succeeded."""

    def keys() -> Credentials:
        raise error

    recorder = Recorder()
    async with SendblueClient("https://api.example.com", keys, transport=httpx2.MockTransport(recorder)) as client:
        sent, probed = await client.send(message()), await client.probe()
        with pytest.raises(SendblueError, match="CONNECT"):
            await client.status(HANDLE)

    assert sent.failure is Failure.NOT_WRITTEN
    assert not probed.ok
    assert recorder.requests == []


async def test_rotated_keys_are_used_at_once() -> None:
    """The source is asked before every call."""
    recorder, keys = Recorder(), [Credentials("old", "old-secret"), Credentials("new", "new-secret")]
    async with SendblueClient(
        "https://api.example.com", lambda: keys.pop(0), transport=httpx2.MockTransport(recorder)
    ) as client:
        await client.send(message())
        await client.send(message())

    assert [request.headers["sb-api-key-id"] for request in recorder.requests] == ["old", "new"]


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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    """The POST is seen once, and the keys go nowhere else."""

    async def play(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.send(reply(status, b"", b"Location: /api/send-message"))

    async with talking_to(play) as (client, server):
        answer = await client.send(message())

    assert answer.status == status
    assert server.posts == 1


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
async def test_nothing_is_tried_again(status: int) -> None:
    """Whatever the server answers, also with Retry-After, the client sends once."""

    async def play(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.send(reply(status, b"", b"Retry-After: 0"))

    async with talking_to(play) as (client, server):
        await client.send(message())

    assert server.posts == 1


async def test_the_time_of_the_write_is_told() -> None:
    """The pace of a line counts from the write, so the answer says when that was."""

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(reply(202, b"{}"))

    began = time.monotonic()
    async with talking_to(play) as (client, _):
        answer = await client.send(message())
    ended = time.monotonic()

    assert answer.written_after_s is not None
    assert 0 <= answer.written_after_s <= ended - began


async def test_nothing_of_a_message_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """No log line, answer, error or repr holds a number, a text, a token or a key."""
    caplog.set_level(logging.INFO)

    def refuse(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(400, json={"status": "ERROR", "message": f"{CONTACT} Hello very-secret"})

    async with client_with(refuse) as client:
        answer = await client.send(message())
        with pytest.raises(SendblueError) as error:
            await client.lookup(CONTACT)
    shown = f"{answer!r} {classify(answer)!r} {error.value!r} {KEYS!r} {client!r} {caplog.text}"

    assert not re.search(r"2025550|Hello|secret|key-id", shown)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.example.com",
        "ftp://example.com",
        "https://",
        "https://user:pass@example.com",
        "https://x.example?a=b",
        "https://[::1",
    ],
)
def test_a_base_url_of_no_use_is_refused_at_once(base_url: str) -> None:
    """At the start, with a sentence that does not repeat it; not once per message."""
    with pytest.raises(ValueError, match="base URL") as error:
        SendblueClient(base_url, lambda: KEYS)

    assert "pass" not in str(error.value)


@pytest.mark.parametrize("key", ["", " padded", "line\n", "ümlaut", "x" * 1_025])
def test_a_key_of_no_use_is_refused_without_being_shown(key: str) -> None:
    """A line end from a secret file would fail in every call otherwise."""
    for keys in ((key, "fine"), ("fine", key)):
        with pytest.raises(ValueError, match="must be printable ASCII") as error:
            Credentials(*keys)

        assert not key or key.strip() not in str(error.value)


@pytest.mark.parametrize("limits", [{"in_flight": 0}, {"deadline_s": 0}, {"connect_s": -1}, {"pool_s": float("inf")}])
def test_limits_are_above_zero(limits: dict[str, int]) -> None:
    """A deadline of nothing would put every message in doubt."""
    with pytest.raises(ValueError, match="above zero"):
        Limits(**limits)


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.example.com:3128"}, b"proxy.example.com"),
        ({"https_proxy": "proxy.example.com:3128"}, b"proxy.example.com"),
        ({"ALL_PROXY": "http://proxy.example.com:3128"}, b"proxy.example.com"),
        ({"HTTP_PROXY": "http://proxy.example.com:3128"}, None),
        ({"HTTPS_PROXY": "http://proxy.example.com:3128", "NO_PROXY": "api.example.com"}, None),
    ],
)
def test_the_environments_proxy(
    environment: dict[str, str], proxy: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual variables, in either case; NO_PROXY goes before them."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = environment_proxy(httpx2.URL("https://api.example.com/x"))

    assert (found.url.host if found else None) == proxy


@pytest.mark.parametrize("asked", [False, True])
async def test_the_environments_proxy_is_used_only_when_asked(asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that happens to be set must not come between us and Sendblue: it may repeat a POST."""

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(reply(401))

    async with Server(play) as proxy, Server(play) as server:
        for name, value in (("http_proxy", proxy.url), ("no_proxy", "")):
            monkeypatch.setenv(name, value)
            monkeypatch.setenv(name.upper(), value)
        async with SendblueClient(server.url, lambda: KEYS, use_env_proxies=asked) as client:
            answer = await client.send(message())

    assert answer.status == 401
    assert (len(proxy.connections), len(server.connections)) == ((1, 0) if asked else (0, 1))


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (accept, ("send", "202")),
        (lambda _: httpx2.Response(503, json={}), ("send", "503")),
        (_cannot_connect, ("send", "not_written")),
        (_says_nothing, ("send", "no_answer")),
    ],
)
async def test_every_call_is_told(handler: Handler, expected: tuple[str, str]) -> None:
    """By operation and status, or by why there is none; never by number, handle or URL."""
    told = list[Fact]()
    client = SendblueClient(
        "https://api.example.com/base", lambda: KEYS, transport=httpx2.MockTransport(handler), observe=told.append
    )
    async with client:
        await client.send(message())
        await client.probe()

    assert [(fact.operation, fact.code) for fact in told if isinstance(fact, ApiCalled)] == [
        expected,
        ("lines", expected[1]),
    ]
