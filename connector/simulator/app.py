"""A local Sendblue: the endpoints the connector and the official SDK use, with the account's rules and their faults."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from connector.simulator.faults import Fault, Faults
from connector.simulator.record import Record
from connector.simulator.texts import PATHS, Text, service_of, stamp

Handler = Callable[[Request], Awaitable[Response]]
RETRIES = 3  # of a callback that is answered 5xx
LIST_MAX = 100


@dataclass(frozen=True)
class SimulatorSettings:
    """``lines``: E.164 numbers on the account. ``line_rate``: POSTs a second and line before 429, 0 for no limit.

    ``step_s``: time between two statuses of a message. ``lag_s``: how long the list does not show a new message.
    """

    lines: tuple[str, ...] = ()
    key_id: str = "demo-key"
    secret: str = "demo-secret"  # noqa: S105 - of the simulator itself
    line_rate: float = 0.0
    step_s: float = 0.1
    lag_s: float = 0.0
    latency_s: float = 0.0
    success: int = 202
    record: Path | None = None


@dataclass
class Simulator:
    """The account: its texts, its record, its faults."""

    settings: SimulatorSettings = field(default_factory=SimulatorSettings)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.record = Record(self.settings.record, self.settings.line_rate)
        self.texts: dict[str, Text] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._writes: dict[str, deque[float]] = defaultdict(deque)
        self._callbacks: httpx2.AsyncClient | None = None

    def app(self) -> Starlette:
        """The ASGI application."""
        post, get = ["POST"], ["GET"]
        return Starlette(
            routes=[
                Route("/api/send-message", self._guarded(self._send), methods=post),
                Route("/api/send-group-message", self._guarded(self._send), methods=post),
                Route("/api/status", self._guarded(self._status), methods=get),
                Route("/api/v2/messages", self._guarded(self._list), methods=get),
                Route("/api/v2/messages/{handle}", self._guarded(self._one), methods=get),
                Route("/api/lines", self._guarded(self._lines), methods=get),
                Route("/api/v2/lines/state", self._guarded(self._state), methods=get),
                Route("/api/v2/lines/usage", self._guarded(self._usage), methods=get),
                Route("/api/evaluate-service", self._guarded(self._lookup), methods=get),
                Route("/api/upload-media-object", self._guarded(self._media), methods=post),
                Route("/_sim/record", self._totals, methods=get),
            ]
        )

    async def close(self) -> None:
        """Stop what is still going on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._callbacks is not None:
            await self._callbacks.aclose()

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            key, secret = request.headers.get("sb-api-key-id"), request.headers.get("sb-api-secret-key")
            if key is None and secret is None:
                return answer(403, {"message": "Did not get inputs for authorization"})
            if (key, secret) != (self.settings.key_id, self.settings.secret):
                return answer(401, {"status": "ERROR", "message": "Invalid Credentials"})
            return await handler(request)

        return guarded

    async def _send(self, request: Request) -> Response:
        body = await request.json()
        now = time.time()
        self.record.arrived(body, now)
        self.record.begin(body)
        try:
            if self.settings.latency_s:
                await asyncio.sleep(self.settings.latency_s)
            return self._judge(request, body, now)
        finally:
            self.record.end(body)

    def _judge(self, request: Request, body: dict[str, Any], now: float) -> Response:
        if wrong := self._wrong(request, body):
            return answer(400, {"status": "ERROR", "error_code": 4000, "error_message": wrong})
        fault = self.faults.next()
        if isinstance(fault, dict):
            return answer(int(str(fault.get("http", 400))), {k: v for k, v in fault.items() if k != "http"})
        if fault is Fault.TOO_MANY or self._too_fast(str(body["from_number"]), now):
            return answer(429, {"status": "ERROR", "message": "Too Many Requests"})
        if fault is Fault.DROP:
            return Cut()
        if fault is Fault.ERROR_BEFORE:
            return answer(500, {"status": "ERROR", "message": "internal error"})
        if fault is Fault.HTML:
            return HTMLResponse("<html><body>502 Bad Gateway</body></html>", status_code=502)
        return self._accept(body, now, fault)

    def _accept(self, body: dict[str, Any], now: float, fault: Fault) -> Response:
        text = Text(body, now)
        self.texts[text.handle] = text
        self.record.accepted(body, now)
        self._later(self._live(text))
        if fault is Fault.LOSE_REPLY:
            return Cut()
        if fault is Fault.ERROR_AFTER:
            return answer(500, {"status": "ERROR", "message": "internal error"})
        if fault is Fault.TRUNCATE:
            return Cut(msgspec.json.encode(text.wire()))
        return answer(self.settings.success, text.wire())

    def _wrong(self, request: Request, body: dict[str, Any]) -> str | None:
        group = request.url.path.endswith("group-message")
        if not body.get("content") and not body.get("media_url"):
            return "content or media_url is required"
        if len(str(body.get("content") or "")) >= 18_996:
            return "content is too long"
        if body.get("from_number") not in self.settings.lines:
            return "The from_number is not registered"
        if group and not body.get("numbers") and not body.get("group_id"):
            return "numbers or group_id is required"
        return None if group or body.get("number") else "number is required"

    def _too_fast(self, line: str, now: float) -> bool:
        if not self.settings.line_rate:
            return False
        writes = self._writes[line]
        while writes and now - writes[0] >= 1.0:
            writes.popleft()
        if len(writes) >= self.settings.line_rate + 1:
            return True
        writes.append(now)
        return False

    async def _live(self, text: Text) -> None:
        """Walk the message through its statuses and tell each one."""
        for status in PATHS[text.service]:
            text.status, text.updated = status, time.time()
            self._tell(text)
            await asyncio.sleep(self.settings.step_s)

    def _tell(self, text: Text) -> None:
        url = text.body.get("status_callback")
        if not url or self.faults.happens(self.faults.callback_lost):
            return
        body = msgspec.json.encode(text.wire())
        late = self.settings.step_s * 3 if self.faults.happens(self.faults.callback_late) else 0.0
        self._later(self._deliver(str(url), body, late))
        if self.faults.happens(self.faults.callback_twice):
            self._later(self._deliver(str(url), body, self.settings.step_s))

    async def _deliver(self, url: str, body: bytes, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if self._callbacks is None:
            self._callbacks = httpx2.AsyncClient(timeout=45, trust_env=False)
        for attempt in range(1 + RETRIES):
            try:
                reply = await self._callbacks.post(url, content=body, headers={"content-type": "application/json"})
                self.record.callbacks[str(reply.status_code)] += 1
                if reply.status_code < 500:
                    return
            except httpx2.TransportError:
                self.record.callbacks["failed"] += 1
            await asyncio.sleep(self.settings.step_s * 2**attempt)

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _status(self, request: Request) -> Response:
        text = self.texts.get(request.query_params.get("handle", ""))
        return answer(200, text.wire()) if text else answer(404, {"status": "ERROR", "message": "Message not found"})

    async def _one(self, request: Request) -> Response:
        text = self.texts.get(request.path_params["handle"])
        if text is None:
            return answer(404, {"status": "ERROR", "message": "Message not found"})
        return answer(200, {"status": "OK", "data": text.wire()})

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        seen = [t.wire() for t in self.texts.values() if t.created <= time.time() - self.settings.lag_s]
        for name in ("number", "from_number", "to_number", "sendblue_number", "status", "service", "group_id"):
            if name in query:
                seen = [row for row in seen if row[name] == query[name]]
        for name, edge in (("created_at_gte", "date_sent"), ("updated_at_gte", "date_updated")):
            if name in query:
                seen = [row for row in seen if row[edge] >= query[name]]
        limit, offset = min(int(query.get("limit", 50)), LIST_MAX), int(query.get("offset", 0))
        page = {"total": len(seen), "limit": limit, "offset": offset, "hasMore": offset + limit < len(seen)}
        return answer(200, {"status": "OK", "data": seen[offset : offset + limit], "pagination": page})

    async def _lines(self, _: Request) -> Response:
        return answer(200, {"numbers": list(self.settings.lines)})

    async def _state(self, _: Request) -> Response:
        rows = [{"sendblue_number": n, "status": "ONLINE", "assignment": "assigned"} for n in self.settings.lines]
        return answer(200, {"status": "OK", "snapshot_at": stamp(time.time()), "data": rows})

    async def _usage(self, _: Request) -> Response:
        rows = [{"phone": number, "state": "available"} for number in self.settings.lines]
        return answer(200, {"status": "OK", "enabled": True, "lines": rows})

    async def _lookup(self, request: Request) -> Response:
        number = request.query_params.get("number", "")
        return answer(200, {"number": number, "service": service_of(number)})

    async def _media(self, request: Request) -> Response:
        if not str((await request.json()).get("media_url", "")).startswith("https://"):
            return answer(400, {"status": "ERROR", "message": "Invalid media URL"})
        return answer(201, {"status": "OK", "message": "uploaded", "mediaObjectId": "media-1"})

    async def _totals(self, _: Request) -> Response:
        return answer(200, self.record.totals())


def answer(code: int, body: dict[str, Any]) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(body), code, media_type="application/json")


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
        while (await receive())["type"] != "http.disconnect":
            pass
