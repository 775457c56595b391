"""Real bytes, changed a little by a seeded generator."""

import json
import random

from tests.fuzz.corpus import SPLICES


def damaged(rng: random.Random, raw: bytes, times: int) -> bytes:
    """Real bytes with so many changes."""
    for _ in range(times):
        raw = _changed(rng, raw)
    return raw


def _changed(rng: random.Random, raw: bytes) -> bytes:
    place, end = sorted((rng.randint(0, len(raw)), rng.randint(0, len(raw))))
    match rng.randrange(7):
        case 0:
            return raw[:place] + rng.randbytes(1) + raw[place + 1 :]
        case 1:
            return raw[:place] + rng.choice(SPLICES) + raw[place:]
        case 2:
            return raw[:place] + raw[place + rng.randint(1, 8) :]
        case 3:
            return raw[:place]
        case 4:
            return raw[:end] + raw[place : min(end, place + 64)] + raw[end:]
        case 5:
            return raw[:place] + bytes(byte ^ 0x20 for byte in raw[place : place + 3]) + raw[place + 3 :]
        case _:
            return raw[:place] + json.dumps(chr(rng.randrange(0x11_0000))).encode() + raw[place:]
