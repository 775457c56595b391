"""How long a line, or the whole account, waits after a refusal. A message never counts them."""

from typing import NamedTuple


class Backoff(NamedTuple):
    """``until`` and ``now`` in monotonic seconds."""

    failures: int = 0
    until: float = float("-inf")

    def failed(self, now: float, jitter: float, hint_s: float | None = None) -> "Backoff":
        raise NotImplementedError

    def succeeded(self) -> "Backoff":
        raise NotImplementedError

    def ready(self, now: float) -> bool:
        raise NotImplementedError


def window_end(window: str, now_ms: int, failures: int = 0) -> int | None:
    raise NotImplementedError
