"""Requests as an attacker, a broken proxy or a bad line would send them: real bytes, damaged by a seeded generator.

Five kinds. ``token``: the address is changed, in any of its bytes. ``body``: the address is genuine, what it carries
is not. ``secret`` and ``hook``: the same of account webhooks. ``wire``: anything anywhere, so that the request itself
may fall apart.
"""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from connector.core.tokens import Ring, sign
from tests.fuzz.corpus import BODIES
from tests.fuzz.damage import damaged
from tests.fuzz.hook_shots import hook

KINDS = ("token",) * 10 + ("body",) * 2 + ("secret",) * 2 + ("hook",) * 2 + ("wire",) * 4
CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


class Shot(NamedTuple):
    """One request; ``closed``: whether it may be anything, so that its connection is used once."""

    kind: str
    sent: bytes
    closed: bool


def shot(rng: random.Random, tokens: Sequence[str]) -> Shot:
    """The next one."""
    kind, token = rng.choice(KINDS), rng.choice(tokens)
    if kind == "token":
        return Shot(kind, request(forged(rng, token), rng.choice(BODIES)), False)
    if kind == "body":
        return Shot(kind, request(token.encode(), damaged(rng, rng.choice(BODIES), rng.randint(0, 3))), False)
    if kind in ("secret", "hook"):
        return Shot(kind, hook(rng, genuine=kind == "hook"), False)
    whole = request(token.encode(), rng.choice(BODIES), chunked=rng.random() < 0.3)
    if rng.random() < 0.3:
        whole = hook(rng, genuine=rng.random() < 0.5)
    return Shot(kind, damaged(rng, whole, rng.randint(1, 8)), True)


def request(token: bytes, body: bytes, *, chunked: bool = False) -> bytes:
    """A callback as Sendblue sends it."""
    head = b"POST /v1/callbacks/%s HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n" % token
    if not chunked:
        return head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    half = len(body) // 2
    parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]) if part)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n"


def forged(rng: random.Random, token: str) -> bytes:
    """Never the token itself: one byte of it changed, or cut, put together, signed by another key."""
    key_id, payload, mac = token.split(".")
    place = rng.randrange(len(token))
    ways: tuple[Callable[[], str], ...] = (
        lambda: token[:place] + rng.choice(CHARS) + token[place + 1 :],
        lambda: token[:place] + chr(ord(token[place]) ^ 1 << rng.randrange(7)) + token[place + 1 :],
        lambda: token[:place] + token[place + 1 :],
        lambda: token[:place] + rng.choice(CHARS) + token[place:],
        lambda: token + rng.choice(["=", ".", "A", "%00", "%0a", "/", "%3fx=1"]),
        lambda: f"{rng.choice(['k1', 'k3', key_id.upper(), ''])}.{payload}.{mac}",
        lambda: f"{key_id}.{payload}.{mac[:-1]}",
        lambda: f"{key_id}.{mac}.{payload}",
        lambda: f"{key_id}.{payload}.",
        lambda: f"{key_id}.{''.join(rng.choices(CHARS[:-1], k=len(payload)))}.{mac}",
        lambda: sign(Ring({key_id: rng.randbytes(32)}, key_id), "order-1", f"{rng.getrandbits(64):016x}", 1),
        lambda: "".join(rng.choices(CHARS, k=rng.randint(0, 300))),
    )
    made = rng.choice(ways)()
    return (made if made != token else made[:-1]).encode("latin-1")
