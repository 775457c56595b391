"""The shared secrets of account webhooks: Sendblue sends one of them as it is, in ``sb-signing-secret``.

It signs nothing: whoever has seen one request knows it, and the body is not covered. So what comes in with it is
believed to be Sendblue's word, and proves nothing about an attempt. Several are valid at once, so that one can be
replaced by the next without a gap. Without any, nothing is accepted.
"""

import hmac
from collections.abc import Iterable

MIN_SECRET_BYTES = 16
"""128 bits, if it is random."""
MAX_SECRET_BYTES = 256


def accepts(secrets: Iterable[bytes], given: bytes) -> bool:
    """Whether this is one of them, in a time that tells neither which nor how much of it was right."""
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(secret, given)
    return found and bool(given)


def fault_of(secret: str) -> str | None:
    """What is wrong with a secret, as a sentence that does not show it."""
    if not MIN_SECRET_BYTES <= len(secret) <= MAX_SECRET_BYTES:
        return f"a secret has {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} characters"
    if not (secret.isascii() and secret.isprintable() and secret == secret.strip()):
        return "a secret is printable ASCII without blanks around it: it travels in a header"
    return None
