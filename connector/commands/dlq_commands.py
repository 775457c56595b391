"""The dead-letter topic for people: what is in it, and sending some of it round again; ``core.redriving`` decides.

A redrive reads the ledger to its end first, and follows it while it works. It publishes one letter, waits until that is
acknowledged, and only then counts it as passed; the places it came to are committed in a group of its own, one for
each different thing that is asked for: asked for the same again, it goes on from there.
The ledger keeps letters that are met twice from being sent twice.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from confluent_kafka import KafkaException

from connector.commands.heeding import so_far, stopping
from connector.commands.ledger_reading import entered_in_time, reading
from connector.commands.letters import Tally, first, letter_of, letters, request_in, tallies, told_of
from connector.core.adoption import forgiven_before_ms
from connector.core.messages import SendRequest
from connector.core.nearest import nearest
from connector.core.outcome_table import KNOWN_CODES
from connector.core.redriving import Letter, Redriven, Terms, Why, choose, headers_of, partition_of
from connector.core.refusals import REFUSALS
from connector.kafka.avro import Codec
from connector.kafka.control import control_of
from connector.kafka.producer import KafkaProducer
from connector.kafka.reading import ToTheEnd
from connector.kafka.records import KafkaRecord
from connector.kafka.tail import read_table
from connector.roles.replica import Replica
from connector.settings import Settings
from connector.wiring.installation import clients_of, group_of, names_of, registry_of

Shown = Callable[[int, int], None]
"""Hears how many letters were passed, and of how many."""
COMMIT_S = 1.0
KNOWN = KNOWN_CODES | frozenset(REFUSALS)
"""Reasons that there may be none of just now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be redriven, and how. ``rate``: letters a second; ``most``: how many at most, 0 for all."""

    codes: tuple[str, ...]
    since_ms: int
    until_ms: int | None = None
    rate: float = 1.0
    most: int = 0
    renew: bool = False
    accept_risk: bool = False
    dry_run: bool = False
    from_beginning: bool = False


@dataclass
class Done:
    """What came of it: code -> redriven, and (code, why) -> left where they are."""

    redriven: Counter[str] = field(default_factory=Counter)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)


class ShownLetter(NamedTuple):
    """A letter for people; ``request`` only where the payload was asked for."""

    record: KafkaRecord
    told: dict[str, str]
    request: SendRequest | None


async def listed(settings: Settings) -> list[Tally]:
    """How many letters of each reason there are."""
    return await asyncio.to_thread(lambda: tallies(letters(settings)))


async def shown(settings: Settings, codes: tuple[str, ...], limit: int, *, payload: bool) -> list[ShownLetter]:
    """The first letters of these reasons, of all for none. Raises ValueError for a reason that nobody knows."""
    codec = Codec(registry_of(settings), {})
    found = await asyncio.to_thread(lambda: first(letters(settings), codes, limit))
    if not found:
        await _check(settings, codes)
    return [
        ShownLetter(record, told_of(record), await request_in(codec, record) if payload else None) for record in found
    ]


async def redrive(settings: Settings, asked: Asked, show: Shown = lambda *_: None) -> Done:
    """Send letters round again. Raises KafkaFatal, KafkaException, RegistryAway before the first of them.

    Raises ValueError once it has begun and cannot go on: how far it came.
    """
    park_before_ms, done = await _park_before_ms(settings), Done()
    await _check(settings, asked.codes)
    with so_far(lambda: f"redriven until then: {done.redriven.total()}; run it again, and it goes on from there"):
        async with entered_in_time(reading(settings)) as replica:
            producer = KafkaProducer(clients_of(settings), asyncio.get_running_loop())
            work = _Redrive(settings, asked, replica, producer, park_before_ms, done)
            try:
                return await work.run(show)
            finally:
                await producer.close()


async def _check(settings: Settings, codes: tuple[str, ...]) -> None:
    """Raises ValueError for a reason that neither a letter has nor a page names; the topic is read only for those."""
    if unknown := [code for code in codes if code not in KNOWN]:
        there = {tally.code for tally in await listed(settings)}
        if wrong := [code for code in unknown if code not in there]:
            raise ValueError(f"no dead letter has the reason {', '.join(wrong)}{_instead(wrong, there)}")


def _instead(wrong: list[str], there: set[str]) -> str:
    near = "".join(nearest(code, sorted(there | KNOWN)) for code in wrong)
    return near or (f"; there are {', '.join(sorted(there))}" if there else "; there is no letter at all")


class _Redrive:
    """One run."""

    def __init__(
        self,
        settings: Settings,
        asked: Asked,
        replica: Replica,
        producer: KafkaProducer,
        park_before_ms: int,
        done: Done,
    ) -> None:
        self._settings, self._asked, self._replica, self._producer = settings, asked, replica, producer
        self._park_before_ms = park_before_ms
        self._codec = Codec(registry_of(settings), {})
        self._passed: dict[int, int] = {}
        self._next_at = 0.0
        self.done = done

    async def run(self, show: Shown) -> Done:
        """Every letter from where the last run stopped to the end, or until so many are redriven."""
        topic = await asyncio.to_thread(self._open, group_for(self._settings, self._asked))
        try:
            with stopping():
                await self._each(topic, show)
        finally:
            with contextlib.suppress(KafkaException):  # what is not remembered is met again
                await asyncio.to_thread(self._commit, topic)
            topic.close()
        return self.done

    async def _each(self, topic: ToTheEnd, show: Shown) -> None:
        passed, of, commit_at = 0, topic.left(), time.monotonic() + COMMIT_S
        async for record in _records(topic):
            if self._asked.most and self.done.redriven.total() >= self._asked.most:
                return
            await self._one(record)
            self._passed[record.partition] = record.offset + 1
            show(passed := passed + 1, of)
            if time.monotonic() >= commit_at:
                await asyncio.to_thread(self._commit, topic)
                commit_at = time.monotonic() + COMMIT_S

    async def _one(self, record: KafkaRecord) -> None:
        request = await request_in(self._codec, record)
        letter = letter_of(record, request)
        standing = self._replica.fold.standing(request.request_id) if request else None
        choice = choose(letter, standing, self._terms())
        if isinstance(choice, Why):
            self.done.left[letter.code, str(choice)] += 1
            return
        if not self._asked.dry_run:
            await self._pace()
            await self._publish(record, letter, choice)
        self.done.redriven[letter.code] += 1

    async def _publish(self, record: KafkaRecord, letter: Letter, choice: Redriven) -> None:
        """To the partition it came from, whoever chose it: so it stays behind what its contact is still waiting for."""
        topic, headers = names_of(self._settings).requests, headers_of(record.headers, choice)
        partition = partition_of(letter.origin, topic)
        await self._producer.send(topic, key=record.key, value=record.value, headers=headers, partition=partition)

    async def _pace(self) -> None:
        now = time.monotonic()
        await asyncio.sleep(max(self._next_at - now, 0.0))
        self._next_at = max(self._next_at, now) + 1 / self._asked.rate

    def _terms(self) -> Terms:
        asked, ttl_ms = self._asked, int(self._settings.default_ttl_s * 1000)
        return Terms(
            now_ms=time.time_ns() // 1_000_000,
            codes=asked.codes,
            since_ms=asked.since_ms,
            until_ms=asked.until_ms,
            renew=asked.renew,
            accept_risk=asked.accept_risk,
            default_ttl_ms=ttl_ms,
            park_before_ms=self._park_before_ms,
        )

    def _open(self, group: str) -> ToTheEnd:
        clients, topic = clients_of(self._settings), names_of(self._settings).dlq
        return ToTheEnd(clients, topic, group=group, from_beginning=self._asked.from_beginning)

    def _commit(self, topic: ToTheEnd) -> None:
        if not self._asked.dry_run:
            topic.commit(self._passed)


def group_for(settings: Settings, asked: Asked) -> str:
    """The group that remembers how far this redrive came: one for each different thing that is asked for."""
    about = repr((sorted(asked.codes), asked.since_ms, asked.until_ms, asked.renew, asked.accept_risk))
    return f"{group_of(settings, 'redrive')}-{blake2b(about.encode(), digest_size=4).hexdigest()}"


async def _records(topic: ToTheEnd) -> AsyncIterator[KafkaRecord]:
    bursts = topic.bursts()
    while (burst := await asyncio.to_thread(next, bursts, None)) is not None:
        for record in burst:
            yield record


async def _park_before_ms(settings: Settings) -> int:
    codec = Codec(registry_of(settings), {})
    table = await asyncio.to_thread(read_table, clients_of(settings), names_of(settings).control)
    return forgiven_before_ms((await control_of(codec.read, table)).adoption)
