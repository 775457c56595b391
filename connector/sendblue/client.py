"""Sendblue's API, as far as the connector calls it.

``send`` returns an Answer whatever happens, and never tries twice; what the answer means is ``outcomes.classify``'s
to say. The look-ups are ordinary: they return what was asked for or raise SendblueError, and may be repeated by whoever
calls them. Nothing here shows a number, a text, a URL with a token or a key.
"""

import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Self

import httpx2
import msgspec

from connector.core.calls import Answer, MayWrite, OutboundMessage
from connector.core.facts import Observer
from connector.core.line_facts import State, Usage
from connector.sendblue.bodies import body_of, path_of
from connector.sendblue.credentials import CredentialSource
from connector.sendblue.exchange import Exchange, Limits
from connector.sendblue.forms import Form
from connector.sendblue.gate import at_once
from connector.sendblue.line_states import STATE_PATH, USAGE_PATH, line_states, line_usages
from connector.sendblue.lookups import (
    MessagePage,
    SendblueError,
    UploadedFile,
    filter_values,
    line_numbers,
    message_page,
    wanted,
)
from connector.sendblue.reading import MAX_BODY, MAX_PAGE_BODY, Reply, not_made

LINES_PATH = "/api/lines"
STATUS_PATH = "/api/status"
MESSAGES_PATH = "/api/v2/messages"
LOOKUP_PATH = "/api/evaluate-service"
WEBHOOKS_PATH = "/api/account/webhooks"
UPLOAD_FILE_PATH = "/api/upload-file"
UPLOAD_OBJECT_PATH = "/api/upload-media-object"
OPT_OUT_PATH = "/api/v2/contacts/opt-out"
UPLOAD_DEADLINE_S = 300.0
"""Sendblue takes files of up to 100 MB; a slow uplink needs minutes for that."""

UNREADABLE_KEYS = (OSError, ValueError)
"""What reading credentials raises while their file is being replaced: nothing was written, so it is tried again."""

_encode = msgspec.json.Encoder().encode


class SendblueClient:
    """One account at ``base_url``. ``credentials`` is asked before every call. Close it with ``aclose``.

    ``transport`` replaces the network (tests, or a leaner one); ``use_env_proxies`` honours HTTPS_PROXY and its
    like; ``ssl_context`` defaults to the system's trust store; ``mono`` times the writes, in seconds; ``observe`` hears
    of every call.
    Raises ValueError for a base URL of no use.
    """

    def __init__(
        self,
        base_url: str,
        credentials: CredentialSource,
        *,
        limits: Limits | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        use_env_proxies: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        mono: Callable[[], float] = time.monotonic,
        observe: Observer = lambda _: None,
    ) -> None:
        self._exchange = Exchange(
            base_url,
            credentials,
            limits=limits or Limits(),
            transport=transport,
            use_env_proxies=use_env_proxies,
            ssl_context=ssl_context,
            mono=mono,
            observe=observe,
        )

    async def send(self, message: OutboundMessage, *, may_write: MayWrite = at_once) -> Answer:
        """One POST, once, within the deadline.

        ``may_write`` is asked when the connection is there, again after the seconds it says, and the request is written
        at its 0.0; at None the answer is NOT_WRITTEN; so is the answer while the credentials cannot be read. Raises
        CancelledError when cancelled: the request may have left, so that too is in doubt.
        """
        body = _encode(body_of(message.request, message.from_number, message.status_callback))
        try:
            request = self._exchange.request("POST", path_of(message.request), body)
        except UNREADABLE_KEYS as error:
            return not_made(error).answer
        return (await self._exchange.call(request, may_write=may_write)).answer

    async def probe(self) -> Answer:
        """A GET that needs valid credentials and changes nothing; ``Answer.ok`` says whether sending may go on."""
        return (await self._get(LINES_PATH)).answer

    async def lines(self) -> tuple[str, ...]:
        """The numbers of the account's lines. Raises SendblueError."""
        return line_numbers(wanted("GET", LINES_PATH, await self._get(LINES_PATH)))

    async def line_states(self) -> dict[str, State]:
        """Each line's state, by its number. Raises SendblueError."""
        return line_states(wanted("GET", STATE_PATH, await self._get(STATE_PATH, max_body=MAX_PAGE_BODY)))

    async def line_usages(self) -> dict[str, Usage]:
        """Each line's new contacts, by its number; none where they are not limited. Raises SendblueError."""
        return line_usages(wanted("GET", USAGE_PATH, await self._get(USAGE_PATH, max_body=MAX_PAGE_BODY)))

    async def status(self, handle: str) -> Mapping[str, object] | None:
        """The message object of a handle, None if Sendblue does not know it. Raises SendblueError."""
        reply = await self._get(STATUS_PATH, {"handle": handle})
        if reply.answer.failure is None and reply.answer.status == 404 and reply.answer.is_json:
            return None
        body = wanted("GET", STATUS_PATH, reply).object()
        inner = body.get("data")
        return inner if isinstance(inner, dict) else body

    async def messages(self, **filters: str | int | bool) -> MessagePage:
        """A page of the message list. Raises SendblueError, and ValueError for a filter that Sendblue would ignore."""
        reply = await self._get(MESSAGES_PATH, filter_values(filters), MAX_PAGE_BODY)
        return message_page(wanted("GET", MESSAGES_PATH, reply), reply.answer.date_ms)

    async def lookup(self, number: str) -> str | None:
        """The service that would reach this number ("iMessage", "SMS"), None if not told. Raises SendblueError."""
        body = wanted("GET", LOOKUP_PATH, await self._get(LOOKUP_PATH, {"number": number})).object()
        service = body.get("service")
        return service if isinstance(service, str) and service else None

    async def opt_out(self, number: str, out: bool) -> None:
        """Say whether this contact has opted out; saying it again changes nothing. Raises SendblueError."""
        body = _encode({"number": number, "opted_out": out})
        try:
            request = self._exchange.request("POST", OPT_OUT_PATH, body)
        except UNREADABLE_KEYS as error:
            reply = not_made(error)
        else:
            reply = await self._exchange.call(request)
        wanted("POST", OPT_OUT_PATH, reply)

    async def upload_media_object(self, media_url: str) -> str:
        """Have Sendblue fetch this file once; the id of its copy. Raises SendblueError."""
        request = self._exchange.request("POST", UPLOAD_OBJECT_PATH, _encode({"media_url": media_url}))
        reply = await self._exchange.call(request, deadline_s=UPLOAD_DEADLINE_S)
        return wanted("POST", UPLOAD_OBJECT_PATH, reply).text("mediaObjectId")

    async def upload_file(
        self, name: str, chunks: AsyncIterator[bytes], size: int | None, deadline_s: float = UPLOAD_DEADLINE_S
    ) -> UploadedFile:
        """Give Sendblue a file (at most 100 MB) as it comes. Raises SendblueError, ValueError for a name of no use.

        The extension of ``name`` tells its kind; ``size`` in bytes, None where nobody knows it before its end.
        """
        form = Form(name, chunks, size)
        try:
            plain = self._exchange.request("POST", UPLOAD_FILE_PATH)
        except UNREADABLE_KEYS as error:
            reply = not_made(error)
        else:
            del plain.headers["content-length"]
            plain.headers.update(form.headers)
            request = httpx2.Request("POST", plain.url, headers=plain.headers, content=form.parts())
            reply = await self._exchange.call(request, deadline_s=deadline_s)
        fields = wanted("POST", UPLOAD_FILE_PATH, reply)
        return UploadedFile(fields.text("media_url"), fields.optional("mediaObjectId"))

    async def webhooks(self) -> Mapping[str, object]:
        """The account's webhooks by type, each a list of URLs or objects. Raises SendblueError."""
        hooks = wanted("GET", WEBHOOKS_PATH, await self._get(WEBHOOKS_PATH)).object().get("webhooks")
        if not isinstance(hooks, dict):
            raise SendblueError("GET", WEBHOOKS_PATH, "UNREADABLE")
        return hooks

    async def add_webhook(self, kind: str, url: str, secret: str, numbers: Sequence[str] | None = None) -> None:
        """Add one webhook, with a secret of its own, to those of this type. Raises SendblueError.

        ``numbers``: of a ``receive``, the lines it is told of; None for all.
        """
        only = {} if numbers is None else {"sendblue_numbers": numbers}
        await self._hooks("POST", {"type": kind, "webhooks": [{"url": url, "secret": secret, **only}]})

    async def remove_webhook(self, kind: str, url: str) -> None:
        """Take one webhook away from those of this type. Raises SendblueError."""
        await self._hooks("DELETE", {"type": kind, "webhooks": [url]})

    async def _hooks(self, method: str, body: object) -> None:
        request = self._exchange.request(method, WEBHOOKS_PATH, _encode(body))
        wanted(method, WEBHOOKS_PATH, await self._exchange.call(request))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._exchange.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def _get(self, path: str, query: Mapping[str, str] | None = None, max_body: int = MAX_BODY) -> Reply:
        try:
            request = self._exchange.request("GET", path)
        except UNREADABLE_KEYS as error:
            return not_made(error)
        if query:
            request.url = request.url.copy_with(params=query)
        return await self._exchange.call(request, max_body=max_body)


__all__ = ["Limits", "MessagePage", "SendblueClient", "SendblueError", "UploadedFile"]
