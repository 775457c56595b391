"""The watchdog: a thread outside the event loop that ends the process when the loop no longer turns.

A stuck loop answers no callback and no health check, and holds its partitions while the client's own threads go on
sending heartbeats for it. So the process says where it is stuck and exits with a code that is not zero; whatever was
in work is settled by the ledger, as after any crash. What is ugly: the last words are written by yet another thread,
because a loop may be stuck in writing to the very same pipe.
"""

import asyncio
import contextlib
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable

from connector.core.health import Pulse

EXIT_STUCK = 5
LOOK_S = 1.0
LAST_WORDS_S = 2.0


class Watchdog:
    """``start`` it on the loop it watches. ``look_s``: seconds between two looks; ``turned`` hears how late each is."""

    def __init__(
        self, pulse: Pulse | None = None, look_s: float = LOOK_S, turned: Callable[[float], None] = lambda _: None
    ) -> None:
        self._pulse, self._look_s, self._turned = pulse or Pulse(), look_s, turned
        self._turns, self._turned_at = 0, time.monotonic()
        self._stop = threading.Event()
        self._turning: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._turning = asyncio.create_task(self._turn())
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def age_s(self) -> float:
        """Seconds since the loop turned last."""
        return time.monotonic() - self._turned_at

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()
        if self._turning is not None:
            self._turning.cancel()

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._turns, self._turned_at = self._turns + 1, time.monotonic()
            due = loop.time() + self._look_s / 2
            await asyncio.sleep(self._look_s / 2)
            self._turned(max(loop.time() - due, 0.0))

    def _watch(self) -> None:
        while not self._stop.wait(self._look_s):
            if self._pulse.is_stuck(self._turns):
                words = threading.Thread(target=_last_words, daemon=True)
                words.start()
                words.join(LAST_WORDS_S)
                os._exit(EXIT_STUCK)


def _last_words() -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write('{"level":"critical","event":"loop.stuck"}\n')
        faulthandler.dump_traceback(sys.stderr, all_threads=True)
        sys.stderr.flush()
