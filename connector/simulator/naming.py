"""Whose text is it: the request and the contact of a POST.

A request is known by ``#req:ID`` in the content, else by the token in its callback URL (read, not verified: the
simulator has no key), else by the URL or the content itself. Contacts, and requests known only by a text, are hashes.
"""

import base64
import re
from collections.abc import Iterable
from hashlib import blake2b

MARK = re.compile(r"#req:([A-Za-z0-9._:-]+)")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,16}\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{22}\Z")
_TOKEN_HEAD = 13
"""Version, attempt and hour of issue: what stands before the request id in a token's payload."""


def request_of(content: str, token: str | None, callback: str | None) -> str:
    """The request a text belongs to; without mark and token, a hash of what it has."""
    if found := MARK.search(content):
        return found.group(1)
    return token or hashed(callback or content)


def token_request(callback: str | None) -> str | None:
    """The request that the token at the end of a callback URL names, if it is one of the connector's."""
    found = _TOKEN.search((callback or "").rpartition("/")[2])
    if found is None:
        return None
    payload = found.group(1)
    try:
        raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return raw[_TOKEN_HEAD:].decode("ascii") or None if raw[:1] == b"\x01" else None
    except ValueError:
        return None


def contact_of(number: str, group_id: str, numbers: Iterable[str]) -> str:
    """A contact's hash: a person, a group by its id, or by its members."""
    return hashed(number or group_id or ",".join(sorted(set(numbers))))


def hashed(text: str) -> str:
    """16 hex characters."""
    return blake2b(text.encode(), digest_size=8).hexdigest()
