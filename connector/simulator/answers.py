"""Answers of the simulator: JSON, and a connection that is cut."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


class Refusal(Exception):  # noqa: N818 - an answer, not a mistake of ours
    """Ends a request with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def answer(code: int, body: Mapping[str, Any]) -> Response:
    """A JSON answer."""
    return Response(_encode(body), code, media_type="application/json")


def error(code: int, message: str) -> Response:
    """Sendblue's plain form of an error."""
    return answer(code, {"status": "ERROR", "message": message})


async def body_as(request: Request, kind: type[T]) -> T:
    """The JSON body as a value of this type. Raises Refusal with 400 for anything else."""
    raw = await request.body()
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as wrong:
        raise Refusal(error(400, str(wrong))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(error(400, "Invalid JSON")) from None


class Cut(Response):
    """Closes the connection: without a word, or in the middle of the body."""

    def __init__(self, body: bytes = b"") -> None:
        super().__init__()
        self._half = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin an answer that promises more than it holds, if any; then cut, and wait until it is cut."""
        if self._half:
            headers = [(b"content-length", str(len(self._half)).encode())]
            await send({"type": "http.response.start", "status": 202, "headers": headers})
            await send({"type": "http.response.body", "body": self._half[: len(self._half) // 2], "more_body": True})
        scope["state"]["cut"]()
        await _gone(receive)


class Silence(Response):
    """Never answers; ends when the caller hangs up."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait for the caller to give up."""
        await _gone(receive)


class Ending(Response):
    """Another answer, and a call when it is out."""

    def __init__(self, response: Response, done: Callable[[], None]) -> None:
        super().__init__()
        self._response, self._done = response, done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, then call."""
        try:
            await self._response(scope, receive, send)
        finally:
            self._done()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
