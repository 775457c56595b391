"""An event loop whose clock jumps: when nothing is ready, the next timer is due at once.

Time promises are tested on it exactly and without waiting. Nothing else of asyncio is changed; real sockets and
threads must not be used on it, since the clock would run away from them.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

MAX_IDLE_S = 7 * 24 * 3600.0  # a loop with nothing to do but wait this long is a test that hangs


class _Jump(selectors.SelectSelector):
    """Instead of waiting, tells the loop's clock to jump."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or self.now > MAX_IDLE_S:
            raise RuntimeError("nothing will ever happen again: the test hangs")
        self.now += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """``time()`` starts at 0.0 and moves only when the loop would sleep."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


def run(main: Coroutine[Any, Any, T]) -> T:  # asyncio's own signature
    """Run a coroutine to its end in virtual time, then cancel what it left behind."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
