"""The one producer of a process, awaited record by record.

confluent-kafka's own asyncio producer waits up to seconds for an acknowledgement, so this is the plain producer with
one thread that polls it. Acknowledgements gather in a deque and wake the loop once a burst.

Whether a broker is reachable: the client says when none is, never when one is again. So the producer counts as down
from that word, or from a record that ran out of time, until a record is acknowledged or the brokers' metadata is
answered, which the thread asks for meanwhile; and as long as a record has waited SLOW_S for its acknowledgement.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connector.core.edge_facts import Produced
from connector.core.facts import Fact, Observer
from connector.kafka.clients import ClientSettings
from connector.kafka.records import Delivered, KafkaFatal, ProduceFailed, is_fatal
from connector.kafka.statistics import listening

POLL_S = 0.05  # how long one poll waits; an acknowledgement ends it at once
FULL_S = 0.01  # pause while librdkafka's queue is full
SLOW_S = 3.0  # acknowledgements take milliseconds; an election of a leader takes a second or two
ASK_S = 1.0  # how long to wait for metadata while down, and between two questions


class KafkaProducer:
    """Idempotent, acks=all. ``fatal`` ends with KafkaFatal when the client cannot go on.

    ``observe`` hears of each append, on the loop; ``short``: what a topic is called there.
    """

    def __init__(
        self,
        settings: ClientSettings,
        loop: asyncio.AbstractEventLoop,
        observe: Observer = lambda _: None,
        short: Callable[[str], str] = str,
    ) -> None:
        self._loop, self._observe, self._short = loop, observe, cache(short)
        self.fatal: asyncio.Future[None] = loop.create_future()
        self._acks: deque[tuple[int, Delivered | ProduceFailed]] = deque()
        self._wanted = False
        self._down_since: float | None = None
        self._waiting: dict[int, tuple[asyncio.Future[Delivered], float, str]] = {}
        self._sent = 0
        self._asked = 0.0
        self._stop = threading.Event()
        self._client = Producer({**settings.producer(), **listening("producer", self._tell, self._on_error)})
        self._thread = threading.Thread(target=self._poll, name="kafka-producer", daemon=True)
        self._thread.start()

    def is_up(self) -> bool:
        """False while no broker is known to be reachable."""
        return self.away_s() == 0.0

    def away_s(self) -> float:
        """Seconds since a broker was last known to be reachable; 0.0 while one is."""
        now, down_since = time.monotonic(), self._down_since
        since = [] if down_since is None else [down_since]
        _, oldest, _ = next(iter(self._waiting.values()), (None, now, ""))
        if oldest < now - SLOW_S:
            since.append(oldest)
        return now - min(since) if since else 0.0

    async def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        partition: int = -1,
        headers: Sequence[tuple[str, bytes]] = (),
        timestamp_ms: int = 0,
    ) -> Delivered:
        """Append one record; return once all in-sync replicas have it. Raises ProduceFailed, which means unknown."""
        self._sent += 1
        number, done = self._sent, asyncio.Future[Delivered](loop=self._loop)
        self._waiting[number] = (done, time.monotonic(), topic)

        def delivered(error: KafkaError | None, message: Message) -> None:
            self._acknowledged(number, topic, error, message)

        options: dict[str, Any] = {"timestamp": timestamp_ms} if timestamp_ms else {}
        while True:
            try:
                self._client.produce(
                    topic, value, key, partition, on_delivery=delivered, headers=list(headers), **options
                )
                break
            except BufferError:
                await self._room(number)
            except KafkaException as error:
                del self._waiting[number]
                self._observe(Produced(self._short(topic), _result(error.args[0].name()), 0.0))
                raise ProduceFailed(topic, error.args[0].name()) from None
        return await done

    async def _room(self, number: int) -> None:
        """Who stops waiting for room has handed nothing over: it would count as unacknowledged for ever."""
        try:
            await asyncio.sleep(FULL_S)
        except BaseException:
            del self._waiting[number]
            raise

    async def close(self, timeout_s: float = 10.0) -> None:
        """Flush what is under way, then stop the thread."""
        await asyncio.to_thread(self._client.flush, timeout_s)
        self._stop.set()
        await asyncio.to_thread(self._thread.join, timeout_s)
        self._hand_over()

    def _poll(self) -> None:
        try:
            while not self._stop.is_set():
                self._client.poll(POLL_S)
                if self._down_since is not None and time.monotonic() - self._asked >= ASK_S:
                    self._ask_again()
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must not end unheard
            self._call(self._failed, KafkaFatal(f"the producer cannot go on: {type(error).__name__}"))

    def _ask_again(self) -> None:
        """Down: is a broker back? An idle producer would never hear of it."""
        with contextlib.suppress(KafkaException):
            self._client.list_topics(timeout=ASK_S)
            self._down_since = None
        self._asked = time.monotonic()

    def _acknowledged(self, number: int, topic: str, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._down_since = None
            self._acks.append((number, Delivered(message.partition() or 0, message.offset() or 0)))
        else:
            if error.code() == KafkaError._MSG_TIMED_OUT:  # noqa: SLF001 - librdkafka's own name
                self._down_since = self._down_since or time.monotonic()
            self._acks.append((number, ProduceFailed(topic, error.name())))
        if not self._wanted:
            self._wanted = True
            self._call(self._hand_over)

    def _hand_over(self) -> None:
        self._wanted, now = False, time.monotonic()
        while self._acks:
            number, result = self._acks.popleft()
            done, since, topic = self._waiting.pop(number)
            told = _result(result.code) if isinstance(result, ProduceFailed) else "ok"
            self._observe(Produced(self._short(topic), told, now - since))
            if done.done():
                continue
            if isinstance(result, ProduceFailed):
                done.set_exception(result)
            else:
                done.set_result(result)

    def _on_error(self, error: KafkaError) -> None:
        if is_fatal(error):
            self._call(self._failed, KafkaFatal(f"the producer cannot go on: {error.name()}"))
        elif error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - librdkafka's own name
            self._down_since = self._down_since or time.monotonic()

    def _tell(self, fact: Fact, /) -> None:
        self._call(self._observe, fact)

    def _failed(self, error: KafkaFatal) -> None:
        if not self.fatal.done():
            self.fatal.set_exception(error)

    def _call(self, what: Any, *args: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, *args)


def _result(code: str) -> str:
    """A record that is too large is a fault of its topic's settings, which nothing mends by itself."""
    return "too_large" if code == "MSG_SIZE_TOO_LARGE" else "error"
