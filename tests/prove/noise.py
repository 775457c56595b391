"""How noisy the machine was: a thread that asks to sleep for a moment, and how late it wakes up.

What a connector and a simulator see of time on such a machine is no better than this.
"""

import os
import threading
import time
from typing import Any, Self

from tests.chaos.oracle import percentile

MOMENT_S = 0.05


class Noise:
    """``with Noise() as noise: ...; noise.told()``."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._load: list[float] = []
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="noise", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()

    def told(self) -> dict[str, Any]:
        """Lateness of waking up, seconds, and the load of the machine over its processors."""
        late, load = sorted(self._late), sorted(self._load)
        return {
            "late_p99_s": percentile(late, 0.99),
            "late_max_s": percentile(late, 1.0),
            "load_p50": percentile(load, 0.5),
            "cpus": os.cpu_count(),
        }

    def _listen(self) -> None:
        while not self._enough.is_set():
            due = time.monotonic() + MOMENT_S
            self._enough.wait(MOMENT_S)
            self._late.append(max(time.monotonic() - due, 0.0))
            self._load.append(os.getloadavg()[0])
