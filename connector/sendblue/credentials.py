"""The key pair of a Sendblue account, which must never be seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

MAX_KEY_CHARS = 1_024
"""Sendblue's keys have some tens of characters; a longer one is a file of something else."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """``key_id`` and ``secret_key``, sent as ``sb-api-key-id`` and ``sb-api-secret-key``.

    Raises ValueError, without the value, for anything that is no printable ASCII: a stray line end from a secret
    file would fail inside the HTTP library otherwise, once per message.
    """

    key_id: str
    secret_key: str

    def __post_init__(self) -> None:
        for name, key in (("key id", self.key_id), ("secret key", self.secret_key)):
            if not (0 < len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable() and key == key.strip()):
                raise ValueError(f"the {name} must be printable ASCII without blanks around it, and not empty")

    def __repr__(self) -> str:
        """Masked: it may stand in a traceback or a log."""
        return "Credentials(***)"


CredentialSource: TypeAlias = Callable[[], Credentials]
"""Asked before every call, so that a rotated key is used at once. Should be cheap: keep what you read."""
