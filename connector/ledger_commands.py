"""What an operator says in the ledger: REBIND and RULES, each after the ledger has been read to its end.

A REBIND is judged here alone, never by the fold. What is granted between the look and the landing looks once more at
the contact's line before it writes.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable

from connector.core.identities import contact_hash
from connector.core.ledger import RULES_VERSION
from connector.core.messages import SendRequest
from connector.core.rebinding import in_the_way
from connector.core.records import LedgerRecord, Rebind, Rules
from connector.core.requests import E164
from connector.core.views import Views
from connector.inbound import Reader
from connector.kafka.avro import Codec
from connector.kafka.clients import ClientSettings
from connector.kafka.producer import KafkaProducer
from connector.kafka.registry import Registry, RegistrySettings
from connector.kafka.schemas import SchemaName
from connector.kafka.tail import LogTail
from connector.kafka.topics import TopicNames
from connector.ledger_feed import LedgerFeed
from connector.outbound import LedgerTopic
from connector.replica import Replica
from connector.settings import Settings, secret
from connector.system import System

WITHIN_S = 300.0  # reading five days of a busy ledger takes less; a Kafka that is away takes longer


async def rebind(
    settings: Settings, number: str | None, group_id: str | None, line: str, *, parked_too: bool = False
) -> None:
    """Move a contact to another line. Raises ValueError with what is in the way."""
    if line not in (known := [each.alias for each in settings.lines]):
        raise ValueError(f"no line is called {line}; there are {', '.join(known)}")
    if number is not None and not E164.fullmatch(number):
        raise ValueError("a contact's number begins with + and its country, digits only (E.164)")
    key = secret(settings.ledger.hash_key, settings.ledger.hash_key_file, "ledger.hash_key").encode()
    contact = contact_hash(SendRequest("rebind", number=number, group_id=group_id), key)
    await _say(settings, Rebind(contact, line), lambda views: in_the_way(views, contact, parked_too=parked_too))


async def rules(settings: Settings, version: int) -> None:
    """Append RULES. Raises ValueError for a version that this program does not know."""
    if version != RULES_VERSION:
        raise ValueError(f"this release knows rules version {RULES_VERSION} only; run the release of the other version")
    await _say(settings, Rules(version), lambda _: None)


async def _say(settings: Settings, record: LedgerRecord, in_its_way: Callable[[Views], str | None]) -> None:
    try:
        async with asyncio.timeout(WITHIN_S), reading(settings) as replica:
            if why := in_its_way(replica.views):
                raise ValueError(why)
            await replica.record(record)
    except TimeoutError:
        raise ValueError(f"not done within {WITHIN_S:.0f} s; the record may still land") from None


@contextlib.asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Replica]:
    """A replica that has read the ledger to its end. Raises KafkaFatal; ValueError when the rules are not ours."""
    kafka, part, loop = settings.kafka, settings.registry, asyncio.get_running_loop()
    topic = TopicNames.with_prefix(kafka.topic_prefix).ledger
    clients = ClientSettings(kafka.bootstrap_servers, extra=kafka.client, group_protocol=kafka.group_protocol)
    password = part.password.get_secret_value() if part.password else None
    codec = Codec(Registry(RegistrySettings(part.url, part.user, password)), {SchemaName.LEDGER: f"{topic}-value"})
    await codec.prepare(part.auto_register)
    producer = KafkaProducer(clients, loop)
    replica = Replica(secrets.token_hex(8), LedgerTopic(producer, codec, topic))
    feed = LedgerFeed(replica, codec, Reader(codec, lambda _: None), System().mono)
    tail = LogTail(clients, topic, feed.take, feed.at_end, loop)
    try:
        tail.start()
        await _restored(replica, tail.fatal, feed.watch.failed)
        if not replica.may_send:
            raise ValueError("the ledger holds rules that this release does not know; run a newer one")
        yield replica
    finally:
        await tail.close()
        await feed.close()
        await producer.close()


async def _restored(replica: Replica, *fatal: asyncio.Future[None]) -> None:
    restored = asyncio.create_task(_signalled(replica.restored))
    await asyncio.wait([restored, *fatal], return_when=asyncio.FIRST_COMPLETED)
    for one in fatal:
        if one.done():
            one.result()


async def _signalled(event: asyncio.Event) -> None:
    await event.wait()
