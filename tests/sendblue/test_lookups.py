"""The look-ups: what they ask, what they find, and what they raise."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine

import httpx2
import pytest

from connector.sendblue.client import SendblueClient, SendblueError
from connector.sendblue.credentials import Credentials

CONTACT, LINE, OTHER = "+12025550123", "+12025550199", "+12025550198"


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    """A file as it comes."""
    for chunk in chunks:
        yield chunk


Call = Callable[[SendblueClient], Coroutine[None, None, object]]
CALLS: dict[str, Call] = {
    "lines": lambda client: client.lines(),
    "status": lambda client: client.status("h-1"),
    "messages": lambda client: client.messages(),
    "lookup": lambda client: client.lookup(CONTACT),
    "object": lambda client: client.upload_media_object("https://example.com/Cat.png"),
    "file": lambda client: client.upload_file("Cat.png", parts(b"me", b"ow"), 4),
    "opt-out": lambda client: client.opt_out(CONTACT, True),
}


class Sendblue:
    """Gives one answer to everything and remembers what it was asked."""

    def __init__(self, value: object, status: int = 200, **headers: str) -> None:
        self._answer = httpx2.Response(status, json=value, headers=headers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return httpx2.Response(self._answer.status_code, headers=self._answer.headers, content=self._answer.content)


async def ask(sendblue: Callable[[httpx2.Request], httpx2.Response], call: Call) -> object:
    keys = Credentials("id", "secret")
    transport = httpx2.MockTransport(sendblue)
    async with SendblueClient("https://api.example.com", lambda: keys, transport=transport) as client:
        return await call(client)


@pytest.mark.parametrize(
    "value",
    [
        {"numbers": [LINE, OTHER]},
        {"numbers": [f" {LINE} ", OTHER, LINE, "", None, 5]},
        {"numbers": [{"number": LINE}, {"phone_number": OTHER}]},
        {"status": "OK", "data": [{"sendblue_number": LINE}, {"sendblue_number": OTHER, "number": ""}]},
        {"lines": [{"phone": LINE, "state": "available"}, {"phone": OTHER}, {"state": "paused"}]},
        [LINE, OTHER],
    ],
)
async def test_lines_in_every_shape(value: object) -> None:
    """The documentation shows none, the tool of the vendor a list of texts: all likely shapes are read."""
    sendblue = Sendblue(value)

    assert await ask(sendblue, CALLS["lines"]) == (LINE, OTHER)
    assert str(sendblue.requests[0].url) == "https://api.example.com/api/lines"


async def test_an_account_without_lines_is_an_answer() -> None:
    """An empty list is not an unreadable one."""
    assert await ask(Sendblue({"numbers": []}), CALLS["lines"]) == ()


@pytest.mark.parametrize(("status", "ok"), [(200, True), (401, False), (403, False), (503, False)])
async def test_a_probe_says_whether_the_keys_are_good(status: int, ok: bool) -> None:
    """It changes nothing and raises nothing."""
    sendblue = Sendblue({"numbers": []}, status)
    answer = await ask(sendblue, lambda client: client.probe())

    assert getattr(answer, "ok", None) is ok
    assert [request.method for request in sendblue.requests] == ["GET"]


@pytest.mark.parametrize("wrapped", [False, True])
async def test_the_status_of_a_message(wrapped: bool) -> None:
    """Bare or in ``data``: the message object."""
    message = {"status": "DELIVERED", "message_handle": "h 1&x"}
    sendblue = Sendblue({"status": "OK", "data": message} if wrapped else message)

    assert await ask(sendblue, lambda client: client.status("h 1&x")) == message
    assert dict(sendblue.requests[0].url.params) == {"handle": "h 1&x"}


async def test_an_unknown_handle_is_none() -> None:
    """404 in JSON is Sendblue's answer; 404 as a page is not."""
    assert await ask(Sendblue({"message": "not found"}, 404), CALLS["status"]) is None
    with pytest.raises(SendblueError, match="HTTP_404"):
        await ask(lambda _: httpx2.Response(404, html="<p>"), CALLS["status"])


async def test_a_page_of_messages() -> None:
    """Filters go out as Sendblue wants them; rows, whether there are more, and the server's clock come back."""
    sendblue = Sendblue(
        {"status": "OK", "data": [{"message_handle": "h-1"}, "odd"], "pagination": {"hasMore": True}},
        date="Fri, 15 Jan 2027 08:00:00 GMT",
    )
    page = await ask(sendblue, lambda client: client.messages(is_outbound=True, to_number=CONTACT, offset=100))

    assert getattr(page, "rows", None) == ({"message_handle": "h-1"},)
    assert (getattr(page, "has_more", None), getattr(page, "date_ms", None)) == (True, 1_800_000_000_000)
    assert dict(sendblue.requests[0].url.params) == {
        "limit": "100",
        "is_outbound": "true",
        "to_number": CONTACT,
        "offset": "100",
    }


@pytest.mark.parametrize("filters", [{"content": "Hello"}, {"isOutbound": True}, {"limit": 101}, {"limit": 0}])
async def test_a_filter_that_would_be_ignored_is_refused(filters: dict[str, int]) -> None:
    """Sendblue lists everything then, and everything would look like proof."""
    sendblue = Sendblue({"data": []})
    with pytest.raises(ValueError, match=r"filter|limit"):
        await ask(sendblue, lambda client: client.messages(**filters))

    assert sendblue.requests == []


@pytest.mark.parametrize("value", [{"data": None}, {"status": "OK"}, [], "text"])
async def test_a_page_without_a_list_is_unreadable(value: object) -> None:
    """Absence of rows is evidence; absence of a list is not."""
    with pytest.raises(SendblueError, match="UNREADABLE"):
        await ask(Sendblue(value), CALLS["messages"])


@pytest.mark.parametrize(("body", "service"), [({"service": "SMS"}, "SMS"), ({"service": None}, None), ({}, None)])
async def test_which_service_reaches_a_number(body: dict[str, object], service: str | None) -> None:
    """An inconclusive look-up is None."""
    sendblue = Sendblue(body)

    assert await ask(sendblue, CALLS["lookup"]) == service
    assert sendblue.requests[0].url.raw_path == b"/api/evaluate-service?number=%2B12025550123"


async def test_a_media_object() -> None:
    """Sendblue fetches the file itself."""
    sendblue = Sendblue({"status": "OK", "mediaObjectId": "m-1"}, 201)

    assert await ask(sendblue, CALLS["object"]) == "m-1"
    assert json.loads(sendblue.requests[0].content) == {"media_url": "https://example.com/Cat.png"}


async def test_a_file_goes_up_as_a_form() -> None:
    """Multipart, with the file under its own name; the URL that comes back is what to send."""
    sendblue = Sendblue({"media_url": "https://example.com/Cat.png", "mediaObjectId": "m-1"}, 201)
    uploaded = await ask(sendblue, CALLS["file"])
    request = sendblue.requests[0]
    content = await request.aread()

    assert getattr(uploaded, "media_url", None) == "https://example.com/Cat.png"
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert request.headers["sb-api-key-id"] == "id"
    assert int(request.headers["content-length"]) == len(content)
    assert b'name="file"; filename="Cat.png"' in content
    assert b"meow" in content


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx2.ConnectError, "CONNECT"),
        (httpx2.ReadTimeout, "NO_ANSWER"),
        (401, "HTTP_401"),
        (429, "HTTP_429"),
        (503, "HTTP_503"),
        (307, "HTTP_307"),
        (200, "UNREADABLE"),
    ],
)
async def test_a_look_up_that_brings_nothing(call: Call, answer: int | type[Exception], code: str) -> None:
    """One error with a code, the method and the path; a page of HTML is no success; Retry-After is passed on."""

    def refuse(request: httpx2.Request) -> httpx2.Response:
        if not isinstance(answer, int):
            raise answer("down")
        return httpx2.Response(answer, html="<p>", headers={"retry-after": "3"})

    with pytest.raises(SendblueError) as error:
        await ask(refuse, call)

    assert error.value.code == code
    assert error.value.retry_after_s == (3.0 if isinstance(answer, int) else None)
    assert str(error.value).split(": ")[1] == code


async def test_an_opt_out_is_told() -> None:
    """Whose, and whether out or in; nothing is expected of the answer but that it is one."""
    sendblue = Sendblue({"status": "OK", "number": CONTACT, "opted_out": False})
    await ask(sendblue, lambda client: client.opt_out(CONTACT, False))

    assert (sendblue.requests[0].method, sendblue.requests[0].url.path) == ("POST", "/api/v2/contacts/opt-out")
    assert json.loads(sendblue.requests[0].content) == {"number": CONTACT, "opted_out": False}
