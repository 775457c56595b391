"""Reading the ledger to its end, for a command: a replica that proposes nothing; every record to whoever listens."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from connector.commands.heeding import heeding
from connector.core.records import Close, Intent, LedgerRecord
from connector.core.story import Entry
from connector.kafka.avro import Codec
from connector.kafka.producer import KafkaProducer
from connector.kafka.progress import bounds
from connector.kafka.schemas import SchemaName
from connector.kafka.tail import LogTail
from connector.roles.replica import Replica
from connector.roles.watched import signalled
from connector.settings import Settings
from connector.system import System
from connector.wiring.inbound import Reader
from connector.wiring.installation import clients_of, names_of, registry_of
from connector.wiring.ledger_feed import LedgerFeed
from connector.wiring.outbound import LedgerTopic
from connector.wiring.starting import load_contacts

WITHIN_S = 300.0  # reading five days of a busy ledger takes less; a Kafka that is away takes longer
Listen = Callable[[Entry], None]
T = TypeVar("T")


class LedgerSaysOtherwise(ValueError):  # noqa: N818 - read as a state of the ledger
    """What was to be said contradicts the ledger."""


class RiskNotAccepted(ValueError):  # noqa: N818 - an instruction to the operator
    """Somebody may be texted twice, or a callback be refused, and nobody has said that this is accepted."""


class _Told(Replica):
    """A replica that passes on what it is fed."""

    def __init__(self, log: LedgerTopic, listen: Listen) -> None:
        super().__init__(secrets.token_hex(8), log)
        self._listen = listen

    def feed(self, offset: int, append_ms: int, record: LedgerRecord, read_at: float) -> None:
        """Take the next record of the log."""
        self._listen(Entry(offset, append_ms, record))
        super().feed(offset, append_ms, record, read_at)


class Lately:
    """The ids of the last requests in the ledger, for a person who has mistyped one; more take long to compare."""

    most = 20_000

    def __init__(self) -> None:
        self.ids: dict[str, None] = {}

    def listen(self, entry: Entry) -> None:
        """Take the next record of the ledger."""
        if isinstance(entry.record, Intent | Close):
            self.ids.pop(entry.record.request_id, None)
            self.ids[entry.record.request_id] = None
            if len(self.ids) > self.most:
                del self.ids[next(iter(self.ids))]


@contextlib.asynccontextmanager
async def reading(
    settings: Settings, listen: Listen = lambda _: None, *, contacts: bool = False
) -> AsyncIterator[Replica]:
    """A replica that has read the ledger to its end, and goes on. Raises KafkaFatal, KafkaException; Stopped when it
    cannot go on; ValueError when the rules are not ours.

    ``contacts``: it also knows the line of each contact from before the ledger's beginning.
    """
    topic, clients, loop = names_of(settings).ledger, clients_of(settings), asyncio.get_running_loop()
    codec = Codec(registry_of(settings), {SchemaName.LEDGER: f"{topic}-value"})
    await codec.prepare(settings.registry.auto_register)
    await asyncio.to_thread(bounds, clients, topic)  # a Kafka that is away is told at once; the tail would wait for it
    producer = KafkaProducer(clients, loop)
    replica = _Told(LedgerTopic(producer, codec, topic), listen)
    feed = LedgerFeed(replica, codec, Reader(codec, lambda _: None), System().mono)
    tail = LogTail(clients, topic, feed.take, feed.at_end, loop, gapless=True)
    try:
        if contacts:
            reader = Reader(codec, lambda _: None)
            await load_contacts(reader, clients, names_of(settings), replica, lambda *_: None)
        tail.start()
        await signalled(replica.restored, tail.fatal, feed.watch.failed)
        if not replica.may_send:
            raise ValueError("the ledger holds rules that this release does not know; run a newer one")
        async with heeding(tail.fatal, feed.watch.failed, producer.fatal):
            yield replica
    finally:
        await tail.close()
        await feed.close()
        await producer.close()


@contextlib.asynccontextmanager
async def entered_in_time(context: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """What ``reading`` gives, in time. What is done with it is not counted: a person may think about it as long as need
    be. Raises ValueError when it takes too long."""
    async with contextlib.AsyncExitStack() as stack:
        async with in_time():
            entered = await stack.enter_async_context(context)
        yield entered


@contextlib.asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Raises ValueError when it takes too long."""
    try:
        async with asyncio.timeout(WITHIN_S):
            yield
    except TimeoutError:
        raise ValueError(f"not done within {WITHIN_S:.0f} s; what was appended may still land") from None
