"""What the registry's answers mean, from a server that answers as told."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from connector.kafka.registry import Registry, RegistryAway, RegistrySettings, SchemaRefused, UnknownSchema
from connector.kafka.schemas import SchemaName, text_of
from connector.simulator.server import serving

TEXT = text_of(SchemaName.PARKED)
HTML = "<html>nothing here</html>"


@contextlib.asynccontextmanager
async def registry(reply: Callable[[Request], Response]) -> AsyncIterator[Registry]:
    """A registry whose every answer is ``reply``'s."""

    async def answer(request: Request) -> Response:
        return reply(request)

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PUT"])])
    async with serving(app) as url:
        yield Registry(RegistrySettings(url))


def error(status: int, code: int) -> Response:
    return JSONResponse({"error_code": code, "message": "no"}, status)


@pytest.mark.parametrize("code", [40401, 40402, 40403])
async def test_the_registrys_own_codes_mean_unknown(code: int) -> None:
    """Subject, version and schema: only these say that nobody has registered it."""
    async with registry(lambda _: error(404, code)) as one:
        with pytest.raises(UnknownSchema):
            await one.text(7)


@pytest.mark.parametrize(
    "reply",
    [
        lambda _: HTMLResponse(HTML, 404),
        lambda _: error(404, 404),
        lambda _: JSONResponse(["not", "found"], 404),
        lambda _: HTMLResponse(HTML, 409),
        lambda _: HTMLResponse(HTML, 502),
        lambda _: error(401, 40101),
        lambda _: HTMLResponse(HTML),
        lambda _: JSONResponse({}),
        lambda _: JSONResponse([]),
        lambda _: JSONResponse("x"),
        lambda _: JSONResponse({"schema": 5}),
        lambda _: Response(b"\xff\xfe", 200, media_type="application/json"),
        lambda _: Response(status_code=204),
    ],
)
async def test_an_answer_that_is_no_registrys_means_away(reply: Callable[[Request], Response]) -> None:
    """A wrong URL or a proxy's page must never look like an unknown schema: that would dead-letter good requests."""
    questions: list[Callable[[Registry], Any]] = [
        lambda one: one.text(7),
        lambda one: one.find("s", TEXT),
        lambda one: one.register("s", TEXT),
    ]
    async with registry(reply) as one:
        for ask in questions:
            with pytest.raises(RegistryAway, match="schema registry"):
                await ask(one)


async def test_a_wrong_answer_is_not_remembered() -> None:
    """Once the registry is itself again, so is what we know of it."""
    replies = [JSONResponse({}), JSONResponse({"schema": TEXT})]
    async with registry(lambda _: replies.pop(0)) as one:
        with pytest.raises(RegistryAway):
            await one.text(7)

        assert await one.text(7) == TEXT


@pytest.mark.parametrize(("status", "code"), [(409, 409), (422, 42201)])
async def test_a_refused_schema_is_our_mistake(status: int, code: int) -> None:
    """Incompatible, or no Avro: waiting does not help."""
    async with registry(lambda _: error(status, code)) as one:
        with pytest.raises(SchemaRefused):
            await one.find("s", TEXT)


class Shop:
    """A registry with three versions of every subject; it remembers what it was asked."""

    def __init__(self, incompatible: str, *, known: bool = True) -> None:
        self.asked: list[str] = []
        self._incompatible, self._known = incompatible, known

    def reply(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if path.endswith("/versions"):
            return JSONResponse([1, 2, 3] if request.method == "GET" else {"id": 5})
        if path == "/subjects/s":
            return (
                JSONResponse({"subject": "s", "id": 5, "version": 1, "schema": TEXT})
                if self._known
                else error(404, 40403)
            )
        if path.startswith("/config/"):
            return JSONResponse({"compatibility": "FULL_TRANSITIVE", "compatibilityLevel": "FULL_TRANSITIVE"})
        return JSONResponse({"is_compatible": not path.endswith(self._incompatible)})


@pytest.mark.parametrize(("incompatible", "expected"), [("/1", False), ("/3", False), ("none", True)])
async def test_every_registered_version_is_asked_about(incompatible: str, expected: bool) -> None:
    """A schema that follows the latest version may still break with an older one."""
    shop = Shop(incompatible)
    async with registry(shop.reply) as one:
        assert await one.compatible("s", TEXT) is expected


async def test_nothing_registered_is_compatible_with_everything() -> None:
    """Before the first registration there is nobody to break."""
    async with registry(lambda _: error(404, 40401)) as one:
        assert await one.compatible("s", TEXT)


async def test_a_subject_is_protected_before_anything_is_registered() -> None:
    """Otherwise somebody's incompatible version fits in between."""
    shop = Shop("none", known=False)
    async with registry(shop.reply) as one:
        await one.register("s", TEXT)

    assert shop.asked == ["POST /subjects/s", "PUT /config/s", "POST /subjects/s/versions"]


async def test_what_is_registered_is_only_looked_up() -> None:
    """A connector that starts again needs no right to change the registry."""
    shop = Shop("none", known=True)
    async with registry(shop.reply) as one:
        await one.register("s", TEXT)

    assert shop.asked == ["POST /subjects/s"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (JSONResponse({"compatibilityLevel": "FULL_TRANSITIVE"}), True),
        (JSONResponse({"compatibilityLevel": "NONE"}), False),
        (error(404, 40408), False),
        (error(404, 40401), False),
    ],
)
async def test_whether_a_subject_is_protected(reply: Response, expected: bool) -> None:
    """Only its own level counts: a registry checks nothing under NONE, and says yes to every question."""
    async with registry(lambda _: reply) as one:
        assert await one.is_protected("s") is expected
