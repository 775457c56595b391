"""The keys of the callback URLs: what the settings hold, and what their folder holds now.

The folder is read again at most once a second, when somebody asks, so a rotation needs no restart. A folder that cannot
be read any more, or holds what is no key, changes nothing: the keys that were read before still count, and ``/readyz``
says why. In the folder, names with a dot before them are no keys: Kubernetes keeps its own links there. One of them is
ours: ``.signing``, the history of who signs (``core/key_ring.py``). ``callbacks.signing_key`` beats it.
"""

from collections.abc import Callable

from connector.core.key_ring import History, read_history
from connector.core.tokens import Ring
from connector.settings import Settings, file_text
from connector.wiring.installation import files_in

AGAIN_S = 1.0  # a few small files; a rotation need not be quicker
SIGNING = ".signing"


class LiveRing:
    """The ring as it is now. ``read`` raises ValueError; ``mono`` is a monotonic clock in seconds."""

    def __init__(self, read: Callable[[], Ring], mono: Callable[[], float]) -> None:
        self._read, self._mono = read, mono
        self._ring, self._looked, self._why = read(), mono(), ""

    def __call__(self) -> Ring:
        """The keys of this second."""
        if self._mono() - self._looked >= AGAIN_S:
            self._looked = self._mono()
            self._look()
        return self._ring

    def notes(self) -> list[str]:
        """Why the keys are those of before, for people."""
        self()
        return [f"{self._why}: the keys that were read before still count"] if self._why else []

    def _look(self) -> None:
        try:
            self._ring, self._why = self._read(), ""
        except ValueError as error:
            self._why = str(error)


def callback_keys_of(settings: Settings) -> dict[str, bytes]:
    """The keys by id, as they are now. Raises ValueError for a folder or a file that cannot be read."""
    part = settings.callbacks
    keys = {name: key.get_secret_value() for name, key in part.keys.items()}
    if part.keys_dir is not None:
        files = files_in(part.keys_dir, "callbacks.keys_dir")
        keys |= {file.name: file_text(file, f"callbacks.keys_dir/{file.name}") for file in files}
    return {name: key.encode() for name, key in keys.items()}


def history_of(settings: Settings) -> History:
    """Who signed when, as the folder tells; empty when it does not. Raises ValueError when that cannot be read."""
    folder = settings.callbacks.keys_dir
    if folder is None or not (folder / SIGNING).exists():
        return ()
    name = f"callbacks.keys_dir/{SIGNING}"
    try:
        return read_history(file_text(folder / SIGNING, name))
    except ValueError as error:
        raise ValueError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None


def ring_of(settings: Settings) -> Ring:
    """The keys and the one that signs. Raises ValueError when there is none, a short one, or no such signing key."""
    keys = callback_keys_of(settings)
    if not keys:
        raise ValueError("callbacks.keys is empty; give it an id and a secret of 16 bytes or more")
    history = history_of(settings)
    signs = history[-1].key_id if history else next(iter(keys))
    return Ring(keys, settings.callbacks.signing_key or signs)
