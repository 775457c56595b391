"""What operators see and say of contacts who do not want to be texted, against a real Kafka.

A command reads the optouts topic once; what it says is newer than all that stands there, whatever its clock shows. What
is told to Sendblue too (``optouts.write_through``) is told at the end, slowly, and is no part of what holds here.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from connector.commands.control_topic import check_ours, control_now
from connector.core.identities import HASH_BYTES, contact_hash
from connector.core.messages import SendRequest
from connector.core.nearest import nearest
from connector.core.opt_events import opt_event
from connector.core.opt_outs import OptedOut, Source, Word, contact_of, operators_key
from connector.core.requests import E164
from connector.kafka.avro import Codec, Undecodable
from connector.kafka.opt_outs import word_of
from connector.kafka.producer import KafkaProducer
from connector.kafka.schemas import SchemaName
from connector.kafka.tail import read_table
from connector.roles.ends import PublishFailed
from connector.roles.write_through import EVERY_S
from connector.sendblue.client import SendblueClient
from connector.settings import Settings
from connector.wiring.installation import clients_of, codec_of, credentials_of, hash_key_of, names_of
from connector.wiring.opt_outs import SendbluesList
from connector.wiring.outbound import OutTopics


class Who(NamedTuple):
    """A contact; ``number`` where it was given by one, and never shown. ``by_hash``: given as ``list`` shows it."""

    contact: bytes
    number: str | None
    by_hash: bool = False


class Stand(NamedTuple):
    """How a contact stands: out or in, and the word that keeps it so, None if nobody has ever said one."""

    contact: bytes
    out: bool
    word: Word | None


@dataclass(frozen=True, slots=True)
class Said:
    """What was changed, and how many numbers Sendblue did not take, None if it was not asked."""

    stands: list[Stand] = field(default_factory=list)
    untold: int | None = None


def whom(settings: Settings, numbers: Sequence[str], contacts: Sequence[str], groups: Sequence[str]) -> list[Who]:
    """The contacts meant, each once: by number (E.164), by hash (hex, as ``list`` shows it), by group id.

    Raises ValueError, which repeats no number, when one of them is none, or nobody is meant.
    """
    key = hash_key_of(settings)
    for place, number in enumerate(numbers, 1):
        if not E164.fullmatch(number):
            raise ValueError(f"number {place} is none: it begins with + and its country, digits only (E.164)")
    found = [Who(contact_hash(SendRequest("", number=number), key), number) for number in numbers]
    found += [Who(_contact(text), None, by_hash=True) for text in contacts]
    found += [Who(contact_hash(SendRequest("", group_id=group), key), None) for group in groups]
    if not found:
        raise ValueError("say whom: numbers, --number-file, --contact or --group-id")
    first: dict[bytes, Who] = {}
    for who in found:
        first.setdefault(who.contact, who)
    return list(first.values())


def _contact(text: str) -> bytes:
    try:
        contact = bytes.fromhex(text)
    except ValueError:
        contact = b""
    if len(contact) != HASH_BYTES:
        raise ValueError(f"a contact is {2 * HASH_BYTES} hexadecimal digits, as `optouts list` shows it")
    return contact


async def stands(settings: Settings, whos: Sequence[Who] | None = None) -> list[Stand]:
    """How these contacts stand, in their order; for None, of all who are out."""
    known = await _known(settings, await codec_of(settings))
    if whos is not None:
        return [_stand(known, who.contact) for who in whos]
    out = [key for key, word in known if word.out]
    contacts = dict.fromkeys(map(contact_of, [*out, *known.unread()]))
    return [_stand(known, contact) for contact in contacts]


async def say(settings: Settings, whos: Sequence[Who], *, out: bool) -> Said:
    """An operator takes these contacts out, or in again. Raises ValueError when Kafka does not take it."""
    codec = await codec_of(settings)
    control = await control_now(settings, codec)
    if control.genesis is not None:
        check_ours(settings, control)
    known = await _known(settings, codec)
    if not out:
        _check(known, whos)
    async with _topics(settings, codec) as topics:
        for who in whos:
            await _say(topics, known, who, out)
    untold = await _tell_sendblue(settings, whos, out) if settings.optouts.write_through else None
    return Said([_stand(known, who.contact) for who in whos], untold)


def _check(known: OptedOut, whos: Sequence[Who]) -> None:
    """Raises ValueError for a hash of nobody who is out: with a slip in it the person would stay out, and nobody know.

    A number or a group has its own spelling, and is taken as it is.
    """
    out = [contact_of(key).hex() for key in (*(key for key, word in known if word.out), *known.unread())]
    for contact in (who.contact.hex() for who in whos if who.by_hash):
        if contact not in out:
            raise ValueError(f"{contact} has not opted out: nothing was said{nearest(contact, out)}")


async def _say(topics: OutTopics, known: OptedOut, who: Who, out: bool) -> None:
    now_ms = time.time_ns() // 1_000_000
    word = Word(known.newer_than(who.contact, now_ms), out, Source.OPERATOR)
    try:
        for key in known.news(who.contact, word):
            await topics.opt_out(key, word)
            known.read(key, word)
        await topics.event(opt_event(who.contact, who.number, word, now_ms))
    except PublishFailed as error:
        raise ValueError(f"Kafka did not take it ({error}); what was said before holds, say all again") from None


async def _tell_sendblue(settings: Settings, whos: Sequence[Who], out: bool) -> int:
    """How many it did not take, those whose number nobody knows among them."""
    numbers = [who.number for who in whos if who.number is not None]
    told = 0
    async with SendblueClient(settings.sendblue.base_url, credentials_of(settings)) as client:
        sendblue = SendbluesList(client)
        for place, number in enumerate(numbers):
            await asyncio.sleep(EVERY_S if place else 0)
            told += await sendblue.tell(number, out)
    return len(whos) - told


async def _known(settings: Settings, codec: Codec) -> OptedOut:
    known = OptedOut()
    table = await asyncio.to_thread(read_table, clients_of(settings), names_of(settings).optouts)
    for key, record in table.items():
        try:
            known.read(key, word_of(await codec.read(SchemaName.OPT_OUT, record.value)))
        except Undecodable:
            known.unreadable(key)
    return known


@asynccontextmanager
async def _topics(settings: Settings, codec: Codec) -> AsyncIterator[OutTopics]:
    producer = KafkaProducer(clients_of(settings), asyncio.get_running_loop())
    try:
        yield OutTopics(producer, codec, names_of(settings), {}, settings.content, hash_key_of(settings))
    finally:
        await producer.close()


def _stand(known: OptedOut, contact: bytes) -> Stand:
    """An operator's word is shown before the person's, for it takes another hand to undo."""
    words = [known.word(operators_key(contact)), known.word(contact)]
    holding = next((word for word in words if word is not None and word.out), None)
    latest = max((word for word in words if word is not None), default=None)
    return Stand(contact, contact in known, holding or latest)
