"""The one producer of a process, awaited record by record.

confluent-kafka's own asyncio producer waits up to seconds for an acknowledgement, so this is the plain producer with
one thread that polls it. Acknowledgements gather in a deque and wake the loop once a burst.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connector.kafka.clients import ClientSettings
from connector.kafka.records import Delivered, KafkaFatal, ProduceFailed

POLL_S = 0.05  # how long one poll waits; an acknowledgement ends it at once
FULL_S = 0.01  # pause while librdkafka's queue is full
DOWN = {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT}  # noqa: SLF001 - librdkafka's names of its own errors


class KafkaProducer:
    """Idempotent, acks=all. ``fatal`` ends with KafkaFatal when the client cannot go on."""

    def __init__(self, settings: ClientSettings, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.fatal: asyncio.Future[None] = loop.create_future()
        self._acks: deque[tuple[asyncio.Future[Delivered], Delivered | ProduceFailed]] = deque()
        self._wanted = False
        self._down_since: float | None = None
        self._stop = threading.Event()
        self._client = Producer({**settings.producer(), "error_cb": self._on_error})
        self._thread = threading.Thread(target=self._poll, name="kafka-producer", daemon=True)
        self._thread.start()

    def is_up(self) -> bool:
        """False while no broker is known to be reachable."""
        return self._down_since is None

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
        done: asyncio.Future[Delivered] = self._loop.create_future()

        def delivered(error: KafkaError | None, message: Message) -> None:
            self._acknowledged(done, topic, error, message)

        options: dict[str, Any] = {"timestamp": timestamp_ms} if timestamp_ms else {}
        while True:
            try:
                self._client.produce(
                    topic, value, key, partition, on_delivery=delivered, headers=list(headers), **options
                )
                break
            except BufferError:
                await asyncio.sleep(FULL_S)
            except KafkaException as error:
                raise ProduceFailed(topic, error.args[0].name()) from None
        return await done

    async def close(self, timeout_s: float = 10.0) -> None:
        """Flush what is under way, then stop the thread."""
        await asyncio.to_thread(self._client.flush, timeout_s)
        self._stop.set()
        await asyncio.to_thread(self._thread.join, timeout_s)
        self._hand_over()

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._client.poll(POLL_S)

    def _acknowledged(
        self, done: "asyncio.Future[Delivered]", topic: str, error: KafkaError | None, message: Message
    ) -> None:
        if error is None:
            self._down_since = None
            self._acks.append((done, Delivered(message.partition() or 0, message.offset() or 0)))
        else:
            self._acks.append((done, ProduceFailed(topic, error.name())))
        if not self._wanted:
            self._wanted = True
            self._call(self._hand_over)

    def _hand_over(self) -> None:
        self._wanted = False
        while self._acks:
            done, result = self._acks.popleft()
            if done.done():
                continue
            if isinstance(result, ProduceFailed):
                done.set_exception(result)
            else:
                done.set_result(result)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self._call(self._failed, KafkaFatal(f"the producer cannot go on: {error.name()}"))
        elif error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - librdkafka's own name
            self._down_since = self._down_since or time.monotonic()

    def _failed(self, error: KafkaFatal) -> None:
        if not self.fatal.done():
            self.fatal.set_exception(error)

    def _call(self, what: Any, *args: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, *args)
