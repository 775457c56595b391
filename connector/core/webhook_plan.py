"""Which of the account's webhooks are ours, what is missing, and what may go.

The account may be shared, so what others registered is neither changed nor taken away. Sendblue's PUT replaces
everything and is never used: one webhook is added, or one is deleted. Ours are those below the path of webhooks at our
public address; one that nobody wants any more is told, and deleted only when that address, or the former one, is named.
Additions come before deletions: a reply told twice is one event, a reply told to nobody is lost.

Sendblue shows no secrets. Whether it has the present one cannot be seen, only told again.

What is ugly: Sendblue upgrades http to https, so schemes are not compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from connector.core.account_webhooks import Kind

PATH = "/v1/webhooks/"
PORTS = {"http": 80, "https": 443}


class Entry(NamedTuple):
    """A webhook of the account. ``numbers``: of a ``receive``, the lines it is told of, None for all."""

    kind: str
    url: str
    numbers: tuple[str, ...] | None = None


class Action(StrEnum):
    """What is done, or (NOTE) only told."""

    ADD = "add"
    RENEW = "renew"
    REMOVE = "remove"
    NOTE = "note"


class Step(NamedTuple):
    """One thing to do about one webhook, and why. ``numbers``: the lines it goes on being told of, None for all."""

    action: Action
    kind: str
    url: str
    why: str
    numbers: tuple[str, ...] | None = None


class _Place(NamedTuple):
    """Where a URL leads. ``path`` has no slash at its end."""

    host: str
    port: int | None
    path: str


def entries(listed: Mapping[str, object]) -> tuple[Entry, ...]:
    """The webhooks as Sendblue lists them by type: texts, or objects; what is neither is none."""
    found = []
    for kind, hooks in listed.items():
        for hook in hooks if isinstance(hooks, list) else ():
            url = hook.get("url") if isinstance(hook, dict) else hook
            if isinstance(url, str):
                found.append(Entry(kind, url, _numbers(hook)))
    return tuple(found)


def url_of(public_url: str, kind: str) -> str:
    """Where we hear of this type."""
    return f"{public_url.rstrip('/')}{PATH}{kind}"


def is_ours(url: str, public_url: str) -> bool:
    """Whether a webhook is one of ours: below our public address."""
    return _is_below(url, public_url.rstrip("/") + PATH)


def plan(
    have: Sequence[Entry], public_url: str, kinds: Sequence[Kind], replaces: Sequence[str] = (), *, renew: bool = False
) -> tuple[Step, ...]:
    """What to do so that we hear of these types, in this order. ``replaces``: public addresses that we had, or have.

    ``renew``: tell the secret again where the webhook is there already. Raises ValueError for an address that is none.
    """
    for url in replaces:
        _must_be_an_address(url)
    wanted = {str(kind): url_of(public_url, kind) for kind in kinds}
    steps = [step for kind, url in wanted.items() for step in _have(kind, url, have, renew=renew)]
    rest = [entry for entry in have if not _same(entry.url, wanted.get(entry.kind, ""))]
    return (*steps, *_rest(rest, public_url, replaces))


def changes(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps that do something."""
    return tuple(step for step in steps if step.action is not Action.NOTE)


def doubled(steps: Iterable[Step], have: Sequence[Entry]) -> tuple[str, ...]:
    """The types whose webhook was renewed and is there more than once since: one may keep the secret before."""
    renewed = [step for step in steps if step.action is Action.RENEW]
    return tuple(s.kind for s in renewed if sum(e.kind == s.kind and _same(e.url, s.url) for e in have) > 1)


def shown(url: str, public_url: str) -> str:
    """A webhook as it may be shown: of others only the host, for the rest of it may be a secret."""
    if is_ours(url, public_url):
        return url
    parts = urlsplit(url) if _place(url) else None
    return f"{parts.scheme}://{parts.hostname}/..." if parts else "..."


def _have(kind: str, url: str, have: Sequence[Entry], *, renew: bool) -> list[Step]:
    found = [entry for entry in have if entry.kind == kind and _same(entry.url, url)]
    if not found:
        return [Step(Action.ADD, kind, url, "it is not registered")]
    told = [Step(Action.RENEW, kind, found[0].url, "the secret is told again", _lines_of(found))] if renew else []
    if len(found) > 1:
        told.append(Step(Action.NOTE, kind, url, "it is registered more than once: each reply comes as often"))
    if any(entry.numbers is not None for entry in found):
        told.append(Step(Action.NOTE, kind, url, "it hears of some lines only: somebody set sendblue_numbers"))
    return told


def _lines_of(found: Sequence[Entry]) -> tuple[str, ...] | None:
    """The lines that one webhook or another is told of; None when one is told of all."""
    if any(entry.numbers is None for entry in found):
        return None
    return tuple(dict.fromkeys(number for entry in found for number in entry.numbers or ()))


def _rest(rest: Iterable[Entry], public_url: str, replaces: Sequence[str]) -> list[Step]:
    removed, told = list[Step](), list[Step]()
    for kind, url in dict.fromkeys((entry.kind, entry.url) for entry in rest):
        if any(is_ours(url, former) for former in replaces):
            removed.append(Step(Action.REMOVE, kind, url, "its address is replaced"))
        elif is_ours(url, public_url):
            told.append(Step(Action.NOTE, kind, url, "ours, and not wanted: --replaces with our address removes it"))
    return [*removed, *told]


def _numbers(hook: object) -> tuple[str, ...] | None:
    numbers = hook.get("sendblue_numbers") if isinstance(hook, dict) else None
    return tuple(map(str, numbers)) if isinstance(numbers, list) else None


def _place(url: str) -> _Place | None:
    try:
        parts = urlsplit(url.strip())
        port = None if parts.port in (None, PORTS.get(parts.scheme)) else parts.port
        return _Place(parts.hostname, port, parts.path.rstrip("/")) if parts.hostname else None
    except ValueError:
        return None


def _same(url: str, other: str) -> bool:
    return _place(url) is not None and _place(url) == _place(other) and urlsplit(url).query == urlsplit(other).query


def _is_below(url: str, address: str) -> bool:
    """Whether the address is that of the URL, or above it."""
    place, above = _place(url), _place(address)
    if place is None or above is None or place[:2] != above[:2]:
        return False
    return f"{place.path}/".startswith(f"{above.path}/")


def _must_be_an_address(url: str) -> None:
    if _place(url) is None or urlsplit(url).scheme not in PORTS:
        raise ValueError(f"{url!r} is no address: it begins with https://")
    if PATH in url:
        raise ValueError(f"{url!r}: name the public address, which is all before {PATH}")
