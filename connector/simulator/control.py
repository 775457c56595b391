"""``/_sim``: what the simulator saw, and what it shall do. No part of Sendblue; needs no keys.

``GET record``, ``GET orders``; ``GET`` and ``PUT faults`` (a PUT changes the fields it names); ``POST inbound``: a
contact writes; ``POST texts/HANDLE/status``: force a status; ``PUT lines/NUMBER``: its state; ``POST webhooks/TYPE``:
tell the account webhooks of that type whatever the body says.
"""

from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.simulator.account import Account
from connector.simulator.answers import answer, body_as, error
from connector.simulator.texts import Text
from connector.simulator.webhooks import TYPES


class Inbound(msgspec.Struct):
    """A contact writes to a line. ``number`` may be an e-mail address."""

    number: str
    line: str
    content: str = ""
    media_url: str = ""
    group_id: str = ""


class Forced(msgspec.Struct):
    """The status to force, with its error."""

    status: str
    error_code: int | str | None = None


class LineState(msgspec.Struct):
    """The state to report of a line."""

    status: Literal["ONLINE", "OFFLINE", "DEGRADED", "UNKNOWN"]


class Control:
    """The endpoints below ``/_sim``."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/_sim/record", self._record, methods=["GET"]),
            Route("/_sim/orders", self._orders, methods=["GET"]),
            Route("/_sim/faults", self._faults, methods=["GET"]),
            Route("/_sim/faults", self._change, methods=["PUT"]),
            Route("/_sim/inbound", self._inbound, methods=["POST"]),
            Route("/_sim/texts/{handle}/status", self._force, methods=["POST"]),
            Route("/_sim/lines/{line}", self._line, methods=["PUT"]),
            Route("/_sim/webhooks/{kind}", self._announce, methods=["POST"]),
        ]

    async def _record(self, _: Request) -> Response:
        return answer(200, self._account.record.totals())

    async def _orders(self, _: Request) -> Response:
        return answer(200, self._account.record.orders)

    async def _faults(self, _: Request) -> Response:
        return answer(200, self._account.faults.plain())

    async def _change(self, request: Request) -> Response:
        changes = await body_as(request, dict[str, Any])
        try:
            self._account.faults.change(changes)
        except ValueError as wrong:
            return error(400, str(wrong))
        return answer(200, self._account.faults.plain())

    async def _inbound(self, request: Request) -> Response:
        account, body = self._account, await body_as(request, Inbound)
        if body.line not in account.settings.lines:
            return error(400, "The line is not registered")
        text = Text(
            line=body.line,
            contact=body.number,
            content=body.content,
            created=account.now(),
            is_outbound=False,
            group_id=body.group_id,
            media_url=body.media_url,
        )
        account.heard(text)
        return answer(200, account.wire(text))

    async def _force(self, request: Request) -> Response:
        account, body = self._account, await body_as(request, Forced)
        text = account.archive.texts.get(request.path_params["handle"])
        if text is None:
            return error(404, "Message not found")
        account.force(text, body.status, body.error_code)
        return answer(200, account.wire(text))

    async def _line(self, request: Request) -> Response:
        body, line = await body_as(request, LineState), request.path_params["line"]
        if line not in self._account.settings.lines:
            return error(404, "The line is not registered")
        self._account.set_line(line, body.status)
        return answer(200, {"status": "OK"})

    async def _announce(self, request: Request) -> Response:
        body, kind = await body_as(request, dict[str, Any]), request.path_params["kind"]
        if kind not in TYPES:
            return error(404, "no such type of webhook")
        self._account.announce(kind, body)
        return answer(200, {"status": "OK"})
