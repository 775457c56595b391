"""Signed callback tokens: one per attempt, so that a callback says by itself what it is about.

Sendblue signs nothing that it sends to a message's status_callback. So the address itself is the secret: its
last segment is ``<key id>.<payload>.<mac>``, the payload naming the request, the attempt and the hour of
issue, the mac being HMAC-SHA256 cut to 128 bits over a domain, the key id and the payload (RFC 2104 section 5
allows the cut). It holds nothing about a person, needs no look-up store, and a callback that comes before the
answer to the call is understood all the same.

What a valid token proves: the caller knows this address. It does not vouch for the body, and a repeated one
is as valid as the first. A token has exactly one spelling: the base64 is checked to be what we would have
written.

Keys rotate by the ring: sign with one, accept all. An unknown key id costs the same work as a known one, so
the time of a refusal says nothing about which ids exist.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from connector.core.messages import MAX_AGE_MS

MIN_KEY_BYTES = 16
"""A key shorter than the mac would be the weaker half."""
MAC_BYTES = 16
MAX_TOKEN_CHARS = 16 + 1 + 103 + 1 + 22
"""The longest key id, the payload of the longest request_id, and the mac: 143, so a path stays below 160."""

_VERSION = 1
_HEAD_BYTES = 1 + 8 + 4
_DOMAIN = b"kafka-sendblue callback token 1\x00"
_NO_KEY = bytes(MIN_KEY_BYTES)
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_ATTEMPT = re.compile(r"[0-9a-f]{16}")
_HOUR_MS = 3_600_000


class Claim(NamedTuple):
    """What a valid token says: ``attempt`` as 16 hex characters, ``issued_hour`` in hours since the epoch."""

    request_id: str
    attempt: str
    issued_hour: int


@dataclass(frozen=True, slots=True, repr=False)
class Ring:
    """The keys that are accepted, by key id, and the id of the one that signs.

    A key id is 1 to 16 characters of ``[A-Za-z0-9_-]``, a key at least 16 bytes; else ValueError.
    """

    keys: Mapping[str, bytes]
    signing: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        for key_id, key in self.keys.items():
            if _KEY_ID.fullmatch(key_id) is None:
                raise ValueError("a callback key id must be 1 to 16 characters of A-Z a-z 0-9 _ -")
            if len(key) < MIN_KEY_BYTES:
                raise ValueError(f"the callback key {key_id!r} must be at least {MIN_KEY_BYTES} bytes long")
        if self.signing not in self.keys:
            raise ValueError("the callback key that signs is not in the ring")

    def __repr__(self) -> str:
        """The ids, never the keys."""
        return f"Ring(keys={sorted(self.keys)}, signing={self.signing!r})"


def sign(ring: Ring, request_id: str, attempt: str, issued_hour: int) -> str:
    """The token of an attempt, 44 to 143 characters that need no escaping in a path.

    ``attempt`` is 16 lower-case hex characters, ``issued_hour`` fits 32 bits; else, or for a request_id that
    is not 1 to 64 characters of its alphabet, ValueError.
    """
    payload = _encode(_pack(request_id, attempt, issued_hour))
    mac = _mac(ring.keys[ring.signing], ring.signing, payload)
    return f"{ring.signing}.{payload}.{_encode(mac)}"


def verify(ring: Ring, token: str) -> Claim | None:
    """What a token claims, or None when it is not one that a key of this ring signed. Never raises."""
    parts = token.split(".", 3) if len(token) <= MAX_TOKEN_CHARS and token.isascii() else []
    if len(parts) != 3:
        return None
    key_id, payload, given = parts
    key = ring.keys.get(key_id)
    genuine = hmac.compare_digest(_encode(_mac(key or _NO_KEY, key_id, payload)), given)
    return _unpack(payload) if genuine and key is not None else None


def is_stale(claim: Claim, now_ms: int) -> bool:
    """Whether the token is surely older than 72 h; the whole hour of issue has the benefit of the doubt."""
    return now_ms > (claim.issued_hour + 1) * _HOUR_MS + MAX_AGE_MS


def _mac(key: bytes, key_id: str, payload: str) -> bytes:
    return hmac.digest(key, _DOMAIN + f"{key_id}.{payload}".encode(), "sha256")[:MAC_BYTES]


def _pack(request_id: str, attempt: str, issued_hour: int) -> bytes:
    name = request_id.encode()
    if _REQUEST_ID.fullmatch(name) is None or _ATTEMPT.fullmatch(attempt) is None:
        raise ValueError("a token needs a valid request_id and an attempt of 16 hex characters")
    if not 0 <= issued_hour < 1 << 32:
        raise ValueError("the hour of issue must fit 32 bits")
    return bytes([_VERSION]) + bytes.fromhex(attempt) + issued_hour.to_bytes(4, "big") + name


def _unpack(payload: str) -> Claim | None:
    """The claim in a payload whose mac is right; a version that we do not know is none of ours."""
    raw = _decode(payload)
    if raw is None or raw[:1] != bytes([_VERSION]) or _REQUEST_ID.fullmatch(raw[_HEAD_BYTES:]) is None:
        return None
    return Claim(raw[_HEAD_BYTES:].decode(), raw[1:9].hex(), int.from_bytes(raw[9:_HEAD_BYTES], "big"))


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except NotBase64:
        return None
    return raw if _encode(raw) == text else None
