"""Keyed hashes: how the ledger knows a person, a group or a text without holding one.

All are BLAKE2b with the connector's hash key and a domain of their own (RFC 7693, "personalization"), so
equal bytes in two roles never meet, and nobody without the key can try the ten digits of a phone number one
after the other. Eight bytes each: the ledger holds millions of them, and a chance meeting of two contacts
among ten million has odds of one in 370,000.

What is ugly: a group given by its numbers and the same group given by its group_id are two contacts, for only
Sendblue knows that they are one. A producer should stay with one form.
"""

from collections.abc import Iterable
from hashlib import blake2b

from connector.core.messages import SendRequest
from connector.core.requests import content_of, media_of

MIN_KEY_BYTES, MAX_KEY_BYTES = 16, 64
"""Below 128 bits a key could be guessed; above 64 bytes BLAKE2b takes none."""
HASH_BYTES = 8
"""Of a contact and of a body, as the ledger's records hold them."""
FINGERPRINT_BYTES = 8
"""Enough to tell one key, or one account, from another by eye."""

_PERSON, _GROUP_ID, _NUMBERS = b"ksb:person", b"ksb:group-id", b"ksb:numbers"
_BODY, _TEXT, _KEY, _ACCOUNT = b"ksb:body", b"ksb:text", b"ksb:key", b"ksb:account"
_WORDS = b"ksb:words"


def contact_hash(request: SendRequest, key: bytes) -> bytes:
    """The contact of a request, 8 bytes: the person, or the group as a whole; order and repeats do not
    matter.

    Raises ValueError when the request names no recipient, or the key is not 16 to 64 bytes long.
    """
    if request.number is not None:
        return _keyed(_PERSON, key, request.number)
    if request.group_id is not None:
        return _keyed(_GROUP_ID, key, request.group_id)
    if request.numbers:
        return _keyed(_NUMBERS, key, *sorted(set(request.numbers)))
    raise ValueError("a request without a recipient has no contact")


def body_hash(request: SendRequest, key: bytes) -> bytes:
    """What the person would see, 8 bytes: recipients, text, media, style and the message it answers.

    Two requests that differ in tags, times or line have the same body. Raises ValueError as ``contact_hash``.
    """
    reply = request.reply_to
    return _keyed(
        _BODY,
        key,
        contact_hash(request, key).hex(),
        content_of(request),
        media_of(request),
        request.send_style,
        reply and reply.message_handle,
        None if reply is None or reply.part_index is None else str(reply.part_index),
    )


def words_hash(request: SendRequest, key: bytes) -> bytes:
    """What the person would read and see, whoever that is, 8 bytes: text and media. Raises ValueError for a bad key."""
    return _keyed(_WORDS, key, content_of(request), media_of(request))


def text_hash(text: str, key: bytes) -> str:
    """What stands for a text where texts are not to be kept: 16 hex characters. Raises ValueError for a bad
    key."""
    return _keyed(_TEXT, key, text).hex()


def fingerprint(key: bytes) -> str:
    """Tells one hash key from another without giving it away: 16 hex characters, kept in genesis."""
    return _keyed(_KEY, key).hex()


def account_fingerprint(api_key_id: str) -> str:
    """Tells one Sendblue account from another: 16 hex characters. Not keyed, so it outlives the hash key."""
    return blake2b(api_key_id.encode(), digest_size=FINGERPRINT_BYTES, person=_ACCOUNT).hexdigest()


def _keyed(domain: bytes, key: bytes, *parts: str | None) -> bytes:
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise ValueError("the hash key must be 16 to 64 bytes long")
    return blake2b(b"".join(_framed(parts)), digest_size=HASH_BYTES, key=key, person=domain).digest()


def _framed(parts: Iterable[str | None]) -> Iterable[bytes]:
    """Each part behind its length, absence behind a length no text has: no two lists give the same bytes."""
    for part in parts:
        if part is None:
            yield b"\xff\xff\xff\xff"
        else:
            text = part.encode("utf-8", "surrogatepass")
            yield len(text).to_bytes(4, "big")
            yield text
