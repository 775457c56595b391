"""Account webhooks under fire: the secret right, nearly right or missing; types nobody documented; bodies and lists.

What an attacker can send who does not have the secret, and what Sendblue, or somebody who has it, may put behind it.
"""

import json
import random
from collections.abc import Callable

from tests.core.webhook_bodies import LINE, OTHERS, RECEIVED, STATUS
from tests.fuzz.damage import damaged

SECRET, NEXT = b"a shared secret of the fuzz", b"the next shared secret of the fuzz"
SECRETS = (SECRET, NEXT)
KINDS = (*OTHERS, "receive", "outbound", "receive", "outbound", "line_blocked", "a.b-c_d")
SHAPES: tuple[object, ...] = (*RECEIVED.values(), STATUS, *OTHERS.values(), {}, [], None)
BODIES = tuple(json.dumps(shape).encode() for shape in SHAPES)
CHARS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ "


def hook(rng: random.Random, *, genuine: bool) -> bytes:
    """The next one, whole enough for an answer. With a secret of ours, or without."""
    secret = rng.choice(SECRETS) if genuine else forged_secret(rng)
    return hook_request(rng.choice(KINDS), secret, hook_body(rng))


def hook_request(kind: str, secret: bytes | None, body: bytes) -> bytes:
    """A webhook as Sendblue sends it."""
    told = b"" if secret is None else b"sb-signing-secret: %s\r\n" % secret
    head = b"POST /v1/webhooks/%s HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n" % kind.encode()
    return head + told + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def hook_body(rng: random.Random) -> bytes:
    """One object, damaged or not, or a list of them: of three, of as many as may be, of more."""
    if rng.random() < 0.7:
        return damaged(rng, rng.choice(BODIES), rng.randint(0, 3))
    count = rng.choice((0, 1, 3, 3, 3, 3, 1_000, 1_001))
    small: object = rng.choice(({"status": "SENT", "message_handle": "h"}, {"number": LINE}, {}, [], None, 7))
    shapes = rng.choices(SHAPES, k=count) if count <= 3 else [small] * count
    return damaged(rng, json.dumps(shapes).encode(), rng.randint(0, 1))


def forged_secret(rng: random.Random) -> bytes | None:
    """Never one of ours: none, an empty one, one byte changed, cut, longer, both together, or anything."""
    secret = rng.choice(SECRETS)
    place = rng.randrange(len(secret))
    ways: tuple[Callable[[], bytes | None], ...] = (
        lambda: None,
        lambda: b"",
        lambda: secret[:place] + bytes([rng.choice(CHARS)]) + secret[place + 1 :],
        lambda: secret[:place],
        lambda: secret + bytes([rng.choice(CHARS[:-1])]),
        lambda: SECRET + b"," + NEXT,
        secret.upper,
        lambda: secret[:place] + bytes([rng.randrange(0x80, 0x100)]) + secret[place:],
        lambda: bytes(rng.choices(CHARS, k=rng.randint(0, 300))),
    )
    made = rng.choice(ways)()
    return made if made is None or made.strip() not in SECRETS else made.strip()[:-1]
