"""The send endpoints: a POST is recorded, judged, recorded again with what became of it, and answered.

The order of judgement: an outage, the body, the fault of the day, the line's burst, the rules (opted out, new contacts,
before a reply). What is accepted is in the record, on disk if there is a file,
before its first callback and its answer.
"""

import asyncio
import time
from typing import Any, assert_never

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connector.simulator.account import Account
from connector.simulator.answers import Cut, Ending, Refusal, Silence, answer, body_as, error
from connector.simulator.bodies import SendBody, fault_of, media_of
from connector.simulator.faults import OUTAGES, Fault, Outage
from connector.simulator.naming import contact_of, hashed, request_of, token_request
from connector.simulator.record import Post
from connector.simulator.refusals import ERRORS, fields, refusal
from connector.simulator.texts import State, Text


class Sending:
    """``POST /api/send-message`` and ``/api/send-group-message``."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def one(self, request: Request) -> Response:
        """To one person."""
        return await self._send(request, group=False)

    async def group(self, request: Request) -> Response:
        """To several."""
        return await self._send(request, group=True)

    async def _send(self, request: Request, group: bool) -> Response:
        account = self._account
        began = request.scope.get("state", {}).get("began")
        at = account.now() - (0.0 if began is None else time.monotonic() - began)
        try:
            body = await body_as(request, SendBody)
        except Refusal:
            await account.record.kept(account.record.unreadable(at))
            raise
        if group:
            body.number = None
        else:
            body.numbers = body.group_id = None
        post = self._recorded(body, at)
        try:
            if latency := account.settings.latency_s + account.faults.latency_s:
                await asyncio.sleep(latency)
            response, text = self._judge(body, group, post)
            account.record.judged(post)
            await account.record.kept(post)
        except BaseException:
            account.record.end(post)
            raise
        if text is not None:
            account.begin(text)
        return Ending(response, lambda: account.record.end(post))

    def _recorded(self, body: SendBody, at: float) -> Post:
        token = token_request(body.status_callback)
        contact = contact_of(body.number or "", body.group_id or "", body.numbers or ())
        request = request_of(body.content or "", token, body.status_callback)
        return self._account.record.begin(body.from_number or "", contact, request, token, at)

    def _judge(self, body: SendBody, group: bool, post: Post) -> tuple[Response, Text | None]:
        """The answer, and the text if there is one."""
        account, line, now = self._account, body.from_number or "", self._account.now()
        if account.faults.outage is not Outage.NONE:
            return self._met(OUTAGES[account.faults.outage], post), None
        if wrong := self._wrong(body, group):
            post.fault = "invalid"
            return wrong, None
        fault = account.faults.next(line)
        if isinstance(fault, dict):
            return self._told(fault, body, now, post)
        if fault in _BEFORE:
            return self._met(fault, post), None
        if account.limits.too_fast(line, now):
            return self._met(Fault.TOO_MANY, post), None
        if not group and (rule := self._rule(body, now)):
            http = account.settings.decline_http if rule in DECLINES else 400
            return self._declined(rule, http, body, now, post)
        text = self._text(body, now)
        if not group:
            account.limits.accepted(line, text.contact, now)
        post.handle = text.handle
        return self._met(fault, post, account.wire(text)), text

    def _rule(self, body: SendBody, now: float) -> str | None:
        number, account = body.number or "", self._account
        if account.verified is not None and number not in account.verified:
            return "UNVERIFIED"
        if number in account.opted_out:
            return "OPTED_OUT"
        return account.limits.declined(body.from_number or "", number, now, body.pre_reply_override)

    def _wrong(self, body: SendBody, group: bool) -> Response | None:
        account = self._account
        wrong = fault_of(body, group)
        if wrong is None and body.from_number not in account.settings.lines:
            return refusal("UNKNOWN_LINE")
        if wrong is None and body.seat_id is not None and body.seat_id not in account.settings.seats:
            return refusal("UNKNOWN_SEAT")
        if wrong is None and body.reply_to is not None and not self._answers(body):
            wrong = "The message to reply to was not found"
        echo = {"number": body.number, "from_number": body.from_number, "content": body.content, "message_handle": ""}
        told = {**fields("4000"), "error_message": wrong, "message": wrong}
        return answer(400, {**told, **echo}) if wrong else None

    def _answers(self, body: SendBody) -> bool:
        parent = self._account.archive.texts.get(body.reply_to.message_handle) if body.reply_to else None
        if parent is None or parent.line != body.from_number:
            return False
        return parent.contact == (body.number or "") if not parent.is_group else parent.group_id == _group_of(body)

    def _told(self, fault: dict[str, Any], body: SendBody, now: float, post: Post) -> tuple[Response, Text | None]:
        """A refusal on demand."""
        name, http = fault.get("error"), fault.get("http")
        if name is not None:
            return self._declined(str(name), http or ERRORS.get(str(name), (400,))[0], body, now, post)
        post.fault = "refusal"
        return answer(http or 400, {k: v for k, v in fault.items() if k != "http"}), None

    def _declined(self, name: str, http: int, body: SendBody, now: float, post: Post) -> tuple[Response, Text | None]:
        post.fault = name
        if http >= 300:
            return refusal(name, http), None
        told, text = fields(name), self._text(body, now)
        text.history = [State("ERROR", text.created, told["error_code"], told["error_key"], told["error_message"])]
        text.opted_out = text.contact in self._account.opted_out
        post.handle, post.declined = text.handle, True
        return answer(http, self._account.wire(text)), text

    def _text(self, body: SendBody, now: float) -> Text:
        faults = self._account.faults
        return Text(
            line=body.from_number or "",
            contact=body.number or "",
            content=self._account.content(body.content),
            created=now,
            numbers=tuple(body.numbers or ()),
            group_id=_group_of(body),
            media_url=media_of(body.media_url),
            send_style=body.style,
            seat_id=body.seat_id,
            reply_to=msgspec.to_builtins(body.reply_to) if body.reply_to else None,
            callback=None if faults.happens(faults.silent) else body.status_callback,
        )

    def _met(self, fault: Fault, post: Post, row: dict[str, Any] | None = None) -> Response:
        """The answer that this fault makes of it."""
        post.fault = "" if fault is Fault.NONE else fault.value
        match fault:
            case Fault.NONE:
                return answer(self._account.faults.success or self._account.settings.success, row or {})
            case Fault.DROP | Fault.LOSE_REPLY:
                return Cut()
            case Fault.ERROR_BEFORE | Fault.ERROR_AFTER:
                return error(500, "internal error")
            case Fault.TRUNCATE:
                return Cut(msgspec.json.encode(row))
            case Fault.TOO_MANY:
                return error(429, "Too Many Requests")
            case Fault.HTML:
                return HTMLResponse("<html><body>502 Bad Gateway</body></html>", status_code=502)
            case Fault.HANG | Fault.HANG_AFTER:
                return Silence()
            case Fault.UNAVAILABLE:
                return error(503, "Service Unavailable")
            case Fault.NO_HANDLE:
                return answer(self._account.settings.success, {**(row or {}), "message_handle": ""})
        assert_never(fault)


DECLINES = frozenset({"OPTED_OUT", "PRE_REPLY_LIMIT_REACHED"})
"""Rules of which nobody knows whether the answer is a 4xx."""
_BEFORE = frozenset({Fault.DROP, Fault.ERROR_BEFORE, Fault.TOO_MANY, Fault.HTML, Fault.HANG, Fault.UNAVAILABLE})
"""Faults after which nothing was accepted."""


def _group_of(body: SendBody) -> str:
    """The group a body names, or the one its numbers make; empty for a person."""
    if body.group_id or not body.numbers:
        return body.group_id or ""
    return f"sb_group_{hashed(','.join(sorted(set(body.numbers))))}"
