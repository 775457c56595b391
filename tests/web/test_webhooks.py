"""The route of account webhooks: what it hands on, beside callbacks and within the same bounds."""

import asyncio

import pytest
from starlette.types import ASGIApp

from connector.web.callbacks import MAX_BODY, callbacks_app
from connector.web.webhooks import webhooks_route
from tests.web.peers import Answer, Role, ask, post, served, status_of

PATH = "/v1/webhooks/receive"
SECRET = b"sb-signing-secret: a shared secret of the tests\r\n"


class Hooks(Role):
    """A role that notes type, secret and body."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__(answer or Answer(200))
        self.told: list[tuple[str, bytes, bytes]] = []

    async def hear(self, kind: str, secret: bytes, body: bytes) -> Answer:
        self.told.append((kind, secret, body))
        return await self.accept(kind, body)


def app(hooks: Hooks, role: Role | None = None, max_working: int = 200) -> ASGIApp:
    """Both routes."""
    return callbacks_app((role or Role()).accept, more=[webhooks_route(hooks.hear, max_working)])


@pytest.mark.parametrize("kind", ["receive", "outbound", "pigeon-2.0"])
async def test_type_secret_and_raw_body_reach_the_role(kind: str) -> None:
    """Whatever type it is; nothing is decoded on the way."""
    hooks = Hooks(Answer(503, 7))
    async with served(app(hooks)) as port:
        reply = await ask(port, post(b"\x00\xff", path=f"/v1/webhooks/{kind}", extra=SECRET))

    assert status_of(reply) == 503
    assert b"\r\nretry-after: 7\r\n" in reply.lower()
    assert hooks.told == [(kind, b"a shared secret of the tests", b"\x00\xff")]


async def test_without_a_secret_the_role_gets_none() -> None:
    """And says what that means."""
    hooks = Hooks(Answer(401))
    async with served(app(hooks)) as port:
        reply = await ask(port, post(path=PATH))

    assert status_of(reply) == 401
    assert hooks.told == [("receive", b"", b"{}")]


@pytest.mark.parametrize(
    "path", ["/v1/webhooks", "/v1/webhooks/", "/v1/webhooks/a/b", "/v1/webhooks/%20", f"/v1/webhooks/{'a' * 65}"]
)
async def test_what_is_no_type_is_404(path: str) -> None:
    """Never 410."""
    hooks = Hooks()
    async with served(app(hooks)) as port:
        reply = await ask(port, post(path=path))

    assert status_of(reply) == 404
    assert hooks.told == []


async def test_another_method_is_405_and_a_body_too_large_413() -> None:
    """As for callbacks."""
    hooks = Hooks()
    async with served(app(hooks)) as port:
        get = await ask(port, post(path=PATH).replace(b"POST", b"GET", 1))
        head = f"POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n".encode()
        large = await ask(port, head)

    assert [status_of(get), status_of(large)] == [405, 413]
    assert hooks.told == []


async def test_webhooks_leave_callbacks_their_places() -> None:
    """However many of them are in work."""
    hooks, role = Hooks(), Role()
    hooks.gate.clear()
    async with served(app(hooks, role, max_working=1)) as port:
        first = asyncio.create_task(ask(port, post(path=PATH)))
        await hooks.entered.wait()
        refused = await ask(port, post(path=PATH))
        callback = await ask(port, post())
        hooks.gate.set()
        done = await first

    assert [status_of(one) for one in (refused, callback, done)] == [503, 200, 200]
