"""What the ``keys`` commands do: the folder of the callback keys, changed by one file at a time.

Processes read the folder while it changes, so each file appears whole: it is written under a name with a dot and then
renamed. Another such name is the lock, which a command holds from before it reads the folder until it has changed it:
two at once would not see each other's change.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from connector.commands.ledger_reading import RiskNotAccepted
from connector.core.key_ring import (
    GONE_MS,
    HOUR_MS,
    SETTLE_MS,
    History,
    new_id,
    signed_until,
    signs_from,
    without,
    write_history,
)
from connector.core.nearest import nearest
from connector.core.tokens import Ring
from connector.settings import Settings
from connector.wiring.callback_keys import SIGNING, callback_keys_of, history_of, ring_of
from connector.wiring.installation import files_in

KEY_BYTES = 32
DRAFT, LOCK = ".new", ".lock"


class KeyRow(NamedTuple):
    """A key as ``keys list`` shows it; ``may_go_ms``: from when on ``retire`` needs no word, 0 while it signs."""

    key_id: str
    signs: bool
    where: str
    may_go_ms: int


def rows(settings: Settings, now_ms: int) -> list[KeyRow]:
    """All keys that are accepted. Raises ValueError when the ring cannot work."""
    ring, history = ring_of(settings), history_of(settings)
    folder = {file.name for file in _keys_in_folder(settings)}
    return [_row(key_id, ring, history, key_id in folder, now_ms) for key_id in ring.keys]


def make(settings: Settings, key_id: str | None, now_ms: int) -> str:
    """Put a new key into the folder; return its id. Raises ValueError.

    Who signs stays as it is, and is written down: else a new key whose name comes first would sign at once.
    """
    with _alone(_folder(settings)) as folder:
        known = callback_keys_of(settings)
        name = new_id(now_ms, list(known)) if key_id is None else key_id
        if name in known:
            raise ValueError(f"there is a key {name} already; a new one needs another id")
        key = secrets.token_urlsafe(KEY_BYTES)
        Ring({name: key.encode()}, name)
        history = history_of(settings)
        if not history and known and settings.callbacks.signing_key is None:
            _write(folder, SIGNING, write_history(signs_from(history, ring_of(settings).signing, now_ms)))
        _write(folder, name, f"{key}\n")
    return name


def let_sign(settings: Settings, key_id: str, now_ms: int, *, at_once: bool) -> None:
    """From now on this key signs. Raises ValueError, RiskNotAccepted for a key that some process may not have read."""
    if settings.callbacks.signing_key is not None:
        raise ValueError("callbacks.signing_key says who signs: change it there, or take it out of the settings")
    with _alone(_folder(settings)) as folder:
        _check_known(settings, key_id)
        file = folder / key_id
        age_ms = now_ms - int(file.stat().st_mtime * 1000) if file.exists() else SETTLE_MS
        if age_ms < SETTLE_MS and not at_once:
            raise RiskNotAccepted(
                f"{key_id} is {max(age_ms, 0) // 1000} s old, and a process that has not read it would refuse its "
                f"callbacks: wait until it is {SETTLE_MS // 1000} s old, or say --now"
            )
        _write(folder, SIGNING, write_history(signs_from(history_of(settings), key_id, now_ms)))


def retire(settings: Settings, key_id: str, now_ms: int, *, at_once: bool) -> None:
    """Take a key out of the folder. Raises ValueError, RiskNotAccepted while its tokens may still come."""
    with _alone(_folder(settings)) as folder:
        ring, history = ring_of(settings), history_of(settings)
        _check_known(settings, key_id)
        if ring.signing == key_id:
            raise ValueError(
                f"{key_id} signs: let another key sign first (keys sign), then wait {GONE_MS // HOUR_MS} h"
            )
        if not (folder / key_id).exists():
            raise ValueError(f"{key_id} stands in callbacks.keys of the settings: take it out there")
        left_h = -(-(signed_until(history, key_id, now_ms) + GONE_MS - now_ms) // HOUR_MS)
        if left_h > 0 and not at_once:
            raise RiskNotAccepted(
                f"callbacks signed by {key_id} may still come, and would be refused: wait {left_h} h more, or say --now"
            )
        (folder / key_id).unlink()
        if history:
            _write(folder, SIGNING, write_history(without(history, key_id)))


def _row(key_id: str, ring: Ring, history: History, in_folder: bool, now_ms: int) -> KeyRow:
    signs = key_id == ring.signing
    may_go_ms = 0 if signs else signed_until(history, key_id, now_ms) + GONE_MS
    return KeyRow(key_id, signs, "callbacks.keys_dir" if in_folder else "callbacks.keys", may_go_ms)


def _folder(settings: Settings) -> Path:
    if settings.callbacks.keys_dir is None:
        raise ValueError("callbacks.keys_dir is not set: keys in the settings themselves are changed there")
    return settings.callbacks.keys_dir


def _keys_in_folder(settings: Settings) -> list[Path]:
    folder = settings.callbacks.keys_dir
    return files_in(folder, "callbacks.keys_dir") if folder else []


def _check_known(settings: Settings, key_id: str) -> None:
    if key_id not in (known := callback_keys_of(settings)):
        raise ValueError(f"there is no key {key_id}{nearest(key_id, known)}")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """The folder, which no other command changes meanwhile. Raises ValueError."""
    lock = folder / LOCK
    try:
        os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise ValueError(f"another command is at work; if there is none, take {lock} away") from None
    except OSError as error:
        raise _not_written(folder, error) from None
    try:
        yield folder
    finally:
        lock.unlink(missing_ok=True)


def _write(folder: Path, name: str, text: str) -> None:
    """The whole file or none, readable by its owner alone. Raises ValueError."""
    draft = folder / DRAFT
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / name)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise _not_written(folder, error) from None


def _not_written(folder: Path, error: OSError) -> ValueError:
    return ValueError(
        f"{folder} cannot be written ({error.strerror}); a mounted Secret is changed where it is kept, "
        "see docs/operators.md"
    )
