"""What the commands do against a real Kafka, registry and Sendblue; ``cli`` prints what they return."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from connector.commands.applying import in_turn
from connector.commands.cli_settings import NOT_SENT
from connector.commands.control_topic import check_ours, control_now, write_control
from connector.core.messages import EventType, SendRequest
from connector.core.nearest import nearest
from connector.core.orders import Order
from connector.core.preflight import CALLERS, SIGNERS, Finding, no_keys, without
from connector.core.preparing import forbidden
from connector.core.priorities import Places, sharing
from connector.core.requests import SEND_STYLES, refusal, refusals
from connector.kafka.avro import Codec, Row, Undecodable
from connector.kafka.control import (
    Control,
    Genesis,
    assign_partitions,
    genesis_record,
    line_record,
    order_record,
    partitions_of,
)
from connector.kafka.looking_on import PartitionTails
from connector.kafka.producer import KafkaProducer
from connector.kafka.records import KafkaRecord
from connector.kafka.registry import UnknownSchema
from connector.kafka.schemas import SchemaName, text_of
from connector.kafka.topics import TIMEOUT_S, Change, Existing, Topics, TopicSpec, plan, users_faults
from connector.kafka.wire_requests import request_row
from connector.sendblue.lookups import SendblueError
from connector.settings import Settings
from connector.wiring.assembly import ROLES
from connector.wiring.callback_keys import callback_keys_of
from connector.wiring.door import certificate_of
from connector.wiring.installation import (
    clients_of,
    codec_of,
    identity_of,
    names_of,
    preparing_of,
    registry_of,
    specs_of,
    subjects,
)
from connector.wiring.preflight import account_findings, contacts_finding, kafka_findings
from connector.wiring.webhook_secrets import secrets_of

Show = Callable[[dict[str, Any]], None]
MOST_AHEAD = 1_000  # events read and not shown: a topic may be larger than the memory beside a connector


async def send(settings: Settings, request: SendRequest, wait_s: float, show: Show) -> str | None:
    """Produce one request; show its events for ``wait_s`` seconds. The type of its final event, None without one.

    Raises ValueError for a request that would be refused by its bytes, or by these settings.
    """
    broken = list(refusals(request, time.time_ns() // 1_000_000))
    if not broken and (code := forbidden(request, preparing_of(settings))) is not None:
        broken.append(refusal(code))
    if not broken and _is_foreign(request.from_number, settings):
        broken.append(refusal("LINE_NOT_OURS"))
    if broken:
        raise ValueError("\n".join(f"{one.code}: {one.sentence}{_hint(one.code, request)}" for one in broken))
    codec, names = await codec_of(settings), names_of(settings)
    events = PartitionTails(clients_of(settings), names.events, asyncio.get_running_loop())
    read = Onlooker(codec, events.fatal)
    if wait_s:
        await events.start(read.take, from_beginning=False)
    producer = KafkaProducer(clients_of(settings), asyncio.get_running_loop())
    try:
        key = (request.number or request.group_id or ",".join(sorted(request.numbers))).encode()
        await producer.send(names.requests, key=key, value=codec.encode(SchemaName.SEND_REQUEST, request_row(request)))
        if not wait_s:
            return None
        async with asyncio.timeout(wait_s):
            while True:
                row = await read.event()
                if row["request_id"] == request.request_id:
                    show(row)
                    if row["final"]:
                        return str(row["type"])
    except TimeoutError:
        return None
    finally:
        await producer.close()
        await events.close()


def _is_foreign(number: str | None, settings: Settings) -> bool:
    """Whether the line that is named is none of those in the settings; a producer's have perhaps none."""
    return number is not None and bool(settings.lines) and number not in {line.number for line in settings.lines}


def _hint(code: str, request: SendRequest) -> str:
    return nearest(request.send_style or "", sorted(SEND_STYLES)) if code == "SEND_STYLE_UNKNOWN" else ""


def exit_of(final: str) -> int:
    """The exit code that tells how a request ended, by the type of its final event."""
    return 0 if final == EventType.SUBMITTED else NOT_SENT


async def tail(settings: Settings, from_beginning: bool, limit: int, show: Show) -> None:
    """Show events as they come; for ever when ``limit`` is 0."""
    codec = await codec_of(settings)
    events = PartitionTails(clients_of(settings), names_of(settings).events, asyncio.get_running_loop())
    read = Onlooker(codec, events.fatal)
    await events.start(read.take, from_beginning)
    shown = 0
    try:
        while not limit or shown < limit:
            show(await read.event())
            shown += 1
    finally:
        await events.close()


class Onlooker:
    """Events in the order they come; writers' schemas are fetched as needed, what cannot be read is passed over."""

    def __init__(self, codec: Codec, fatal: "asyncio.Future[None]") -> None:
        self._codec, self._fatal = codec, fatal
        self._records: asyncio.Queue[KafkaRecord] = asyncio.Queue(MOST_AHEAD)

    async def take(self, records: Sequence[KafkaRecord]) -> None:
        """Keep records until they are asked for; returns when all of them have room."""
        for record in records:
            await self._records.put(record)

    async def event(self) -> Row:
        """Return the next event. Raises RegistryAway, and once nothing is left what ended the reading."""
        while True:
            record = await self._next()
            with contextlib.suppress(Undecodable, UnknownSchema):
                return await self._codec.read(SchemaName.MESSAGE_EVENT, record.value)

    async def _next(self) -> KafkaRecord:
        record = asyncio.ensure_future(self._records.get())
        try:
            waiting: tuple[asyncio.Future[Any], ...] = record, self._fatal
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not record.done():
                self._fatal.result()
            return record.result()
        finally:
            record.cancel()


class Planned(NamedTuple):
    """What `topics apply` does. ``places``: of lines that get partitions; ``told``: what, topic and detail of each."""

    specs: Sequence[TopicSpec]
    changes: Sequence[Change]
    places: Mapping[str, Places]
    told: list[tuple[str, str, str]]


async def topics(settings: Settings, *, apply: bool) -> list[tuple[str, str, str]]:
    """Plan the topics, or apply the plan and write genesis and the lines' partitions. Raises ValueError."""
    admin, names = Topics(clients_of(settings)), names_of(settings)
    existing = await asyncio.to_thread(admin.existing, names.all())
    codec = await codec_of(settings)
    control = await control_now(settings, codec) if names.control in existing else Control()
    planned = _planned(settings, existing, control)
    if not apply:
        return planned.told
    first = [change for change in planned.changes if (change.kind, change.topic) == ("create", names.control)]
    await asyncio.to_thread(admin.apply, planned.specs, first, settings.kafka.replication_factor)
    async with in_turn(settings, codec) as turn:
        existing = await asyncio.to_thread(admin.existing, names.all())
        planned = _planned(settings, existing, turn.control)
        await asyncio.to_thread(admin.apply, planned.specs, planned.changes, settings.kafka.replication_factor)
        records = [line_record(codec, line, places) for line, places in planned.places.items()]
        if turn.control.genesis is None:
            records.append(genesis_record(codec, _genesis(settings)))
        turn.check()
        await write_control(settings, records)
    return [*((c.kind, c.topic, c.detail) for c in first if c not in planned.changes), *planned.told]


def _planned(settings: Settings, existing: Mapping[str, Existing], control: Control) -> Planned:
    if control.genesis is not None:
        check_ours(settings, control)
    names, given = names_of(settings), control.partitions
    partitions = assign_partitions(given, [line.alias for line in settings.lines])
    specs = specs_of(settings, partitions_of(partitions.values()))
    changes = plan(specs, existing)
    new, shared = {line: places for line, places in partitions.items() if places != given.get(line)}, sharing(given)
    told: list[tuple[str, str, str]] = [(c.kind, c.topic, c.detail) for c in changes]
    told += [("line", names.dispatch, _places(line, places, shared.get(line))) for line, places in new.items()]
    told += [("yours", found.name, f"{found.sentence}; {found.what_to_do}") for found in users_faults(specs, existing)]
    if control.genesis is None:
        told.append(("genesis", names.control, settings.name))
    return Planned(specs, changes, new, told)


def _places(line: str, places: Places, other: str | None) -> str:
    told = f"{line} -> partitions {places.normal} and {places.reply}"
    return told if other is None else f"{told}: it shared one with {other}; stop every process before, start them after"


async def order(settings: Settings, given: Order) -> int:
    """Give an order, and take back those that hold for nothing any more; return how many those were."""
    codec = await codec_of(settings)
    ended = (await control_now(settings, codec)).orders.stale(time.time_ns() // 1_000_000)
    await write_control(settings, [*((key, None) for key in ended), order_record(codec, given)])
    return len(ended)


def _genesis(settings: Settings) -> Genesis:
    name, account, hash_key = identity_of(settings)
    if account is None:
        raise ValueError("sendblue.api_key_id is not set; set it, or sendblue.api_key_id_file")
    return Genesis(name, account, hash_key, time.time_ns() // 1_000_000)


async def register(settings: Settings) -> list[tuple[str, int]]:
    """Protect every subject, those that have versions too, and register its schema."""
    registry, rows = registry_of(settings), []
    for name, subject in subjects(names_of(settings)).items():
        await registry.protect(subject)
        rows.append((subject, await registry.register(subject, text_of(name))))
    return rows


async def compatible(settings: Settings) -> list[tuple[str, bool, bool]]:
    """Ask whether each subject is protected, and whether each schema may follow all that the registry has."""
    registry = registry_of(settings)
    return [
        (subject, await registry.is_protected(subject), await registry.compatible(subject, text_of(name)))
        for name, subject in subjects(names_of(settings)).items()
    ]


async def check(settings: Settings, roles: Collection[str] = tuple(ROLES)) -> list[Finding]:
    """Check all that can be checked from outside a running connector, of what these roles need."""
    return [*await topics_state(settings), *await account_state(settings, roles), *settings_state(settings, roles)]


async def topics_state(settings: Settings, within_s: float = TIMEOUT_S) -> list[Finding]:
    """Topics, genesis, lines' partitions, the ledger and the registry."""
    codec = await codec_of(settings)
    kafka = [*await kafka_findings(settings, codec, within_s), *await contacts_finding(settings, codec)]
    return [*kafka, Finding(True, "registry", "it answers")]


async def account_state(settings: Settings, roles: Collection[str]) -> list[Finding]:
    """Credentials and lines, or why Sendblue does not tell."""
    if CALLERS.isdisjoint(roles):
        return [without("sendblue", CALLERS)]
    try:
        return await account_findings(settings)
    except ValueError as error:
        return [no_keys("sendblue", str(error))]
    except SendblueError as error:
        refused = error.code in ("HTTP_401", "HTTP_403")
        do = "check the two keys: Sendblue refuses them" if refused else "check sendblue.base_url and the way there"
        return [Finding(False, "sendblue", str(error), do)]


def settings_state(settings: Settings, roles: Collection[str]) -> list[Finding]:
    """What the settings lack. Raises ValueError for keys, or a certificate, that cannot be read."""
    if SIGNERS.isdisjoint(roles):
        return [without("callbacks", SIGNERS)]
    keys = callback_keys_of(settings)
    certificate_of(settings)
    do = "" if keys else "set callbacks.keys: an id and a secret of 16 bytes or more"
    secrets = len(secrets_of(settings))
    heard = f"{secrets} secrets" if secrets else "no secret: replies are not heard"
    return [Finding(bool(keys), "callbacks", f"{len(keys)} signing keys", do), Finding(True, "webhooks", heard)]
