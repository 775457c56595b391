"""The account's webhooks, as Sendblue has them, and those of ours among them.

Sendblue is asked, ``core.webhook_plan`` decides, and what was done is looked at again: it may have been dropped without
a word. A call without an answer may have been heard, so the commands may be given again at any time.
"""

from collections.abc import Sequence
from typing import NamedTuple

from connector.core.account_webhooks import Kind
from connector.core.webhook_plan import Action, Entry, Step, changes, doubled, entries, is_ours, plan, shown
from connector.sendblue.client import SendblueClient, SendblueError
from connector.settings import Settings
from connector.wiring.installation import credentials_of
from connector.wiring.webhook_secrets import secret_for


class Wish(NamedTuple):
    """What the command line says: types (of the settings if none), addresses to give up, whether to tell the secret."""

    kinds: tuple[Kind, ...] = ()
    replaces: tuple[str, ...] = ()
    renew: bool = False


async def listed(settings: Settings) -> list[tuple[str, str, bool, str]]:
    """Type, URL (of others only the host), whether it is ours, the lines it hears of. Raises ValueError."""
    async with _client(settings) as client:
        have, public = await _have(client), settings.callbacks.public_url
    return [(e.kind, shown(e.url, public), is_ours(e.url, public), _lines(e)) for e in have]


async def planned(settings: Settings, wish: Wish) -> tuple[Step, ...]:
    """What ``applied`` would do. Raises ValueError."""
    async with _client(settings) as client:
        return _plan(settings, wish, await _have(client))


async def applied(settings: Settings, wish: Wish) -> tuple[Step, ...]:
    """Carry the plan out, and look whether Sendblue has it. Raises ValueError, also when something is left to do."""
    secret = secret_for(settings)
    async with _client(settings) as client:
        steps = _plan(settings, wish, await _have(client))
        for step in changes(steps):
            await _do(client, step, secret)
        have = await _have(client)
    _must_be_done(changes(_plan(settings, wish._replace(renew=False), have)), doubled(steps, have))
    return steps


def _must_be_done(left: Sequence[Step], twice: Sequence[str]) -> None:
    if left:
        what = ", ".join(f"{step.action} {step.kind}" for step in left)
        raise ValueError(f"Sendblue answered OK and does not list it so: {what}; look again in a minute: webhooks plan")
    if twice:
        raise ValueError(
            f"Sendblue added the new secret beside the one before: {', '.join(twice)} is there more than once. "
            "Keep both secrets until all but one are deleted by hand"
        )


def _plan(settings: Settings, wish: Wish, have: Sequence[Entry]) -> tuple[Step, ...]:
    kinds = wish.kinds or settings.webhooks.types
    return plan(have, settings.callbacks.public_url, kinds, wish.replaces, renew=wish.renew)


async def _do(client: SendblueClient, step: Step, secret: str) -> None:
    try:
        if step.action is Action.REMOVE:
            await client.remove_webhook(step.kind, step.url)
        else:
            await client.add_webhook(step.kind, step.url, secret, step.numbers)
    except SendblueError as error:
        raise ValueError(f"{step.action} {step.kind}: {_told(error)}") from None


async def _have(client: SendblueClient) -> tuple[Entry, ...]:
    try:
        return entries(await client.webhooks())
    except SendblueError as error:
        raise ValueError(_told(error)) from None


def _told(error: SendblueError) -> str:
    if error.code in ("HTTP_401", "HTTP_403"):
        return f"{error}: Sendblue refuses the account's keys, or this account may not set webhooks"
    if error.code == "HTTP_400":
        return f"{error}: Sendblue knows no such type, or does not like callbacks.public_url"
    return f"{error}; what was done before it stays, and the command may be given again"


def _lines(entry: Entry) -> str:
    return "all" if entry.numbers is None else " ".join(entry.numbers)


def _client(settings: Settings) -> SendblueClient:
    return SendblueClient(settings.sendblue.base_url, credentials_of(settings))
