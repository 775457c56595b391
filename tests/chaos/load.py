"""The upstream: requests at a steady rate, keyed by contact, a few of them appended twice."""

import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from tests.real.site import Site
from tests.real.upstream import Upstream

TWICE = 0.02
"""Share of requests whose record is appended twice, as a producer that was restarted does."""
REPLIES = 0.2
"""Share of requests that take the other lane of their line."""
CAMPAIGN, TAGGED = ("campaign", "spring"), 0.1
"""A tag, and the share of requests that have it."""
TICK_S, LOOK_TICKS, FULL_S = 0.05, 20, 0.5
"""Between two requests or more; between two looks whether it is too much; until the next look when it was."""
ACKED_S = 300.0


def number(n: int) -> str:
    """The nth contact; none of the 40,000 exists."""
    return f"+1{202 + n // 100 % 400}55501{n % 100:02d}"


class Load:
    """``contacts``: how many; each request goes to one of them by chance. ``more``: further fields of every request."""

    def __init__(self, site: Site, seed: int, contacts: int = 100, **more: str) -> None:
        self._upstream, self._chance = Upstream(site), random.Random(f"load {seed}")
        self.contacts, self._more = contacts, more
        self._pool = ThreadPoolExecutor(1, "load")
        self._work: Future[None] | None = None
        self._enough = threading.Event()
        self.requests = self.repeats = 0

    def begin(self, requests: int, rate: float, full: Callable[[], bool] = lambda: False) -> None:
        """Append so many a second, beside everything else. ``full``: whether to wait, until it is not."""
        self._work = self._pool.submit(self._send, requests, rate, full)

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

    def _send(self, requests: int, rate: float, full: Callable[[], bool]) -> None:
        goal, due, last = self.requests + requests, 1.0, time.monotonic()
        for tick in itertools.count():
            if self.requests == goal or self._enough.is_set():
                return self._upstream.flush(ACKED_S)
            for _ in range(int(min(due, goal - self.requests))):
                self._one()
                due -= 1
            self._enough.wait(TICK_S)
            while tick % LOOK_TICKS == 0 and full() and not self._enough.wait(FULL_S):
                last = time.monotonic()
            now = time.monotonic()
            due, last = due + (now - last) * rate, now

    def _one(self) -> None:
        contact = number(self._chance.randrange(self.contacts))
        lane = {"priority": "REPLY"} if self._chance.random() < REPLIES else {}
        tags = dict([CAMPAIGN]) if self._chance.random() < TAGGED else {}
        value = self._upstream.encode(f"r{self.requests}", contact, tags=tags, **lane, **self._more)
        self.requests += 1
        self._upstream.produce(value, contact)
        if self._chance.random() < TWICE:
            self._upstream.produce(value, contact)
            self.repeats += 1
