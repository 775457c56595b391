"""The thread that owns a client: confluent-kafka serialises every method of a Consumer, so only one thread touches it.

It gives values to the loop through ``call``. Whatever ends it, an error nobody foresaw too, is heard of through
``fatal``: a process that reads no more must not look well. At each poll it beats, so that one that hangs is seen.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaException

from connector.kafka.records import KafkaFatal


class OwnerThread:
    """``name`` says what it does, as in "reading TOPIC"; ``work`` returns once ``stop`` is set."""

    def __init__(
        self,
        name: str,
        settings: Mapping[str, object],
        work: Callable[[Consumer], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.name, self._settings, self._work, self._loop = name, settings, work, loop
        self.fatal: asyncio.Future[None] = loop.create_future()
        self.stop = threading.Event()
        self._beaten_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Make the client and begin."""
        self.beat()
        self._thread.start()

    async def close(self, within_s: float) -> None:
        """Stop, and wait for the end of the work, within bounds."""
        self.stop.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, within_s)

    def is_alive(self) -> bool:
        """Whether it is at work."""
        return self._thread.is_alive()

    def beat(self) -> None:
        """The work goes on; called by it at each poll."""
        self._beaten_at = time.monotonic()

    def age_s(self) -> float:
        """Seconds since the last beat; 0 once it is to stop."""
        return 0.0 if self.stop.is_set() else time.monotonic() - self._beaten_at

    def call(self, what: Callable[..., None], *args: object) -> None:
        """Call a function on the loop."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, *args)

    def _run(self) -> None:
        try:
            client = Consumer(dict(self._settings))
        except (KafkaException, ValueError, TypeError) as error:
            return self.call(self._failed, KafkaFatal(f"{self.name}: {error}"))
        try:
            self._work(client)
        except KafkaFatal as error:
            self.call(self._failed, error)
        except KafkaException as error:
            self.call(self._failed, KafkaFatal(f"{self.name}: {error.args[0].name()}"))
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must not end unheard
            self.call(self._failed, KafkaFatal(f"{self.name}: {type(error).__name__}"))
        finally:
            client.close()
        return None

    def _failed(self, error: KafkaFatal) -> None:
        if not self.fatal.done():
            self.fatal.set_exception(error)
