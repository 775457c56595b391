"""What the client sends besides bodies, and what it shows of itself: over a transport in memory."""

import json
import logging
import re
import time

import httpx2
import pytest

from connector.core.edge_facts import ApiCalled
from connector.core.facts import Fact
from connector.core.outcomes import Failure, Submitted, classify
from connector.sendblue.client import SendblueClient, SendblueError
from connector.sendblue.credentials import Credentials
from tests.sendblue.peers import (
    CONTACT,
    HANDLE,
    KEYS,
    Connection,
    Handler,
    accept,
    client_with,
    message,
    reply,
    talking_to,
)


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


async def test_a_closed_client_writes_nothing_more() -> None:
    """What is called later fails, and no connection is made for it."""
    recorder = Recorder()
    client = client_with(recorder)
    await client.aclose()
    answer = await client.send(message())

    assert answer.failure is not None
    assert recorder.requests == []


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
