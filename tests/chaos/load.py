"""The upstream: requests at a steady rate, keyed by contact, a few of them appended twice."""

import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from tests.real.site import Site
from tests.real.upstream import Upstream

TWICE = 0.02
"""Share of requests whose record is appended twice, as a producer that was restarted does."""
TICK_S = 0.05
ACKED_S = 300.0
BURST = float("inf")


def number(n: int) -> str:
    """The nth contact; none of the 40,000 exists."""
    return f"+1{202 + n // 100 % 400}55501{n % 100:02d}"


class Load:
    """``contacts``: how many; each request goes to one of them by chance. ``more``: further fields of every request."""

    def __init__(self, site: Site, seed: int, contacts: int = 100, **more: str) -> None:
        self._upstream, self._chance = Upstream(site), random.Random(f"load {seed}")
        self._contacts, self._more = contacts, more
        self._pool = ThreadPoolExecutor(1, "load")
        self._work: Future[None] | None = None
        self._enough = threading.Event()
        self.requests = self.repeats = 0

    def send(self, requests: int) -> None:
        """Append so many at once."""
        self._send(requests, BURST)

    def begin(self, requests: int, rate: float) -> None:
        """Append so many a second, beside everything else."""
        self._work = self._pool.submit(self._send, requests, rate)

    def stop(self) -> None:
        """That was enough; wait until all are acknowledged."""
        self._enough.set()
        self.wait()
        self._enough.clear()

    def wait(self) -> None:
        """Until all are acknowledged. Raises what went wrong."""
        if self._work is not None:
            self._work.result()

    @property
    def going(self) -> bool:
        """Whether requests are still being appended."""
        return self._work is not None and not self._work.done()

    def close(self) -> None:
        """No more."""
        self._enough.set()
        self._pool.shutdown(cancel_futures=True)

    def _send(self, requests: int, rate: float) -> None:
        began, first = time.monotonic(), self.requests
        while self.requests - first < requests and not self._enough.is_set():
            due = min(requests, int((time.monotonic() - began) * rate) + 1) if rate < BURST else requests
            for _ in range(due - (self.requests - first)):
                self._one()
            if rate < BURST:
                self._enough.wait(TICK_S)
        self._upstream.flush(ACKED_S)

    def _one(self) -> None:
        contact = number(self._chance.randrange(self._contacts))
        value = self._upstream.encode(f"r{self.requests}", contact, **self._more)
        self.requests += 1
        self._upstream.produce(value, contact)
        if self._chance.random() < TWICE:
            self._upstream.produce(value, contact)
            self.repeats += 1
