"""The account's webhooks by type, and their secrets, which are never shown again.

POST adds, PUT replaces everything. Sendblue upgrades http URLs to https; here they stay, or nothing could listen.
"""

from collections.abc import Collection
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.simulator.answers import Refusal, answer, body_as, error
from connector.simulator.bodies import scheme_of

TYPES = frozenset(
    {
        *("receive", "outbound", "typing_indicator", "call_log", "call_completed", "inbound_call", "contact_profile"),
        *("line_blocked", "line_assigned", "contact_created"),
    }
)


class Hook(msgspec.Struct, omit_defaults=True):
    """One webhook. ``sendblue_numbers``: for ``receive``, only what these lines receive."""

    url: str
    secret: str | None = None
    sendblue_numbers: list[str] | None = None

    def shown(self) -> str | dict[str, Any]:
        """As GET shows it."""
        return (
            self.url if self.sendblue_numbers is None else {"url": self.url, "sendblue_numbers": self.sendblue_numbers}
        )


Entry = str | Hook


class Added(msgspec.Struct):
    """The body of POST."""

    webhooks: list[Entry]
    type: str = "receive"
    globalSecret: str | None = None  # noqa: N815 - Sendblue's spelling


class Replaced(msgspec.Struct):
    """The body of PUT."""

    webhooks: dict[str, list[Entry] | str | None] = {}


class Removed(msgspec.Struct):
    """The body of DELETE."""

    webhooks: list[str]
    type: str = "receive"


class Webhooks:
    """Hooks by type, and the secret of those that have none of their own. ``dropped``: types it takes and forgets.

    ``appends``: POST adds a URL that is there already once more, as Sendblue's pages could be read, too.
    """

    def __init__(self, dropped: Collection[str] = (), *, appends: bool = False) -> None:
        self._dropped, self._appends = dropped, appends
        self._hooks: dict[str, list[Hook]] = {}
        self._secret: str | None = None

    def of(self, kind: str, line: str | None = None) -> list[tuple[str, str | None]]:
        """URL and secret of each webhook that wants this."""
        return [
            (hook.url, hook.secret or self._secret)
            for hook in self._hooks.get(kind, ())
            if line is None or hook.sendblue_numbers is None or line in hook.sendblue_numbers
        ]

    def shown(self) -> dict[str, Any]:
        """All of them, without secrets."""
        return {kind: [hook.shown() for hook in hooks] for kind, hooks in self._hooks.items()}

    async def get(self, _: Request) -> Response:
        """``GET /api/account/webhooks``."""
        return answer(200, {"status": "OK", "webhooks": self.shown()})

    async def add(self, request: Request) -> Response:
        """``POST``: append; a URL that is there already takes the new values."""
        body = await body_as(request, Added)
        hooks = _checked(body.type, body.webhooks, body.globalSecret)
        self._secret = body.globalSecret or self._secret
        urls = set() if self._appends else {hook.url for hook in hooks}
        kept = [hook for hook in self._hooks.get(body.type, []) if hook.url not in urls]
        if body.type not in self._dropped:
            self._hooks[body.type] = [*kept, *hooks]
        return self._changed("added")

    async def replace(self, request: Request) -> Response:
        """``PUT``: these and no others."""
        wanted = (await body_as(request, Replaced)).webhooks
        secret = wanted.pop("globalSecret", None)
        if not isinstance(secret, str | None):
            raise Refusal(error(400, "globalSecret must be a string"))
        lists = {kind: entries or [] for kind, entries in wanted.items()}
        if any(isinstance(entries, str) for entries in lists.values()):
            raise Refusal(error(400, "webhooks of a type must be an array"))
        hooks = {kind: _checked(kind, list(entries), secret) for kind, entries in lists.items()}
        self._hooks, self._secret = hooks, secret
        return self._changed("updated")

    async def remove(self, request: Request) -> Response:
        """``DELETE``: those URLs of one type."""
        body = await body_as(request, Removed)
        _checked(body.type, [], None)
        self._hooks[body.type] = [hook for hook in self._hooks.get(body.type, []) if hook.url not in body.webhooks]
        return self._changed("deleted")

    def _changed(self, what: str) -> Response:
        return answer(200, {"status": "OK", "message": f"Webhooks {what}", "webhooks": self.shown()})


def _checked(kind: str, entries: list[Entry], secret: str | None) -> list[Hook]:
    """Hooks of known type with usable URLs and secrets. Raises Refusal."""
    if kind not in TYPES:
        raise Refusal(error(400, f"Invalid webhook type; there are {', '.join(sorted(TYPES))}"))
    hooks = [Hook(entry) if isinstance(entry, str) else entry for entry in entries]
    if not all(scheme_of(hook.url) in {"http", "https"} for hook in hooks):
        raise Refusal(error(400, "Invalid webhook URL"))
    if not all((one or "").isprintable() for one in [secret, *(hook.secret for hook in hooks)]):
        raise Refusal(error(400, "A secret must be printable"))
    return hooks
