"""The secrets of account webhooks as the settings name them: those of the folder are read again, so that one can be
added and another retired without a restart.

A folder that cannot be read any more, or holds what is no secret, changes nothing, as with the keys of callbacks: one
bad file must not silence every STOP. ``/readyz`` says so.
"""

import time
from collections.abc import Callable

from connector.core.webhook_secrets import fault_of
from connector.settings import Settings, file_text
from connector.wiring.installation import files_in

AGAIN_S = 5.0
"""How long what was read holds: a flood of webhooks must not be a flood of reads."""


def secrets_of(settings: Settings) -> dict[str, str]:
    """The secrets by name. Raises ValueError for one that cannot be read or used."""
    part = settings.webhooks
    secrets = {name: secret.get_secret_value() for name, secret in part.secrets.items()}
    for file in files_in(part.secrets_dir, "webhooks.secrets_dir") if part.secrets_dir else ():
        name = f"webhooks.secrets_dir/{file.name}"
        secrets[file.name] = file_text(file, name)
        if fault := fault_of(secrets[file.name]):
            raise ValueError(f"{name}: {fault}")
    return secrets


def secret_for(settings: Settings) -> str:
    """The secret that Sendblue is given. Raises ValueError when there is none of that name."""
    secrets, name = secrets_of(settings), settings.webhooks.current
    if not secrets:
        raise ValueError("webhooks.secrets is empty; give it a name and a secret of 16 characters or more")
    if name is None and len(secrets) > 1:
        raise ValueError("there are several webhooks.secrets: webhooks.current must name the one for Sendblue")
    if name is not None and name not in secrets:
        raise ValueError("webhooks.current: it is not one of webhooks.secrets; add it there")
    return next(iter(secrets.values())) if name is None else secrets[name]


class SecretsNow:
    """The secrets that are valid now; ``mono`` is monotonic seconds."""

    def __init__(self, settings: Settings, mono: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._mono = settings, mono
        self._read_at = float("-inf")
        self._secrets: tuple[bytes, ...] | None = None
        self._wrong = ""

    def __call__(self) -> tuple[bytes, ...]:
        """Return them. Raises ValueError when they could never be read or used."""
        now = self._mono()
        if now - self._read_at >= AGAIN_S:
            self._read_at = now
            self._read()
        if self._secrets is None:
            raise ValueError(self._wrong)
        return self._secrets

    def notes(self) -> list[str]:
        """Why they are those of before, for people."""
        if self._secrets is None:
            return []
        self()
        return [f"{self._wrong}: the webhook secrets that were read before still count"] if self._wrong else []

    def _read(self) -> None:
        try:
            self._secrets = tuple(secret.encode() for secret in secrets_of(self._settings).values())
            self._wrong = ""
        except ValueError as error:
            self._wrong = str(error)
