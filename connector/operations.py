"""What the commands do against a real Kafka, registry and Sendblue; ``cli`` prints what they return."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from connector.app import subjects
from connector.assembly import credentials_of
from connector.core.identities import account_fingerprint, fingerprint
from connector.core.messages import SendRequest
from connector.kafka.avro import Codec, Row, Undecodable
from connector.kafka.clients import ClientSettings
from connector.kafka.control import Control, Genesis, assign_partitions, control_of, genesis_record, line_record
from connector.kafka.producer import KafkaProducer
from connector.kafka.records import KafkaRecord
from connector.kafka.registry import Registry, RegistrySettings, UnknownSchema
from connector.kafka.schemas import SchemaName, text_of
from connector.kafka.tail import PartitionTails, read_table
from connector.kafka.topics import Finding, TopicNames, Topics, TopicSpec, examine, plan, wanted
from connector.kafka.wire_requests import request_row
from connector.sendblue.client import SendblueClient
from connector.sendblue.lookups import SendblueError
from connector.settings import Settings, secret

Show = Callable[[dict[str, Any]], None]


def _clients(settings: Settings) -> ClientSettings:
    kafka = settings.kafka
    return ClientSettings(kafka.bootstrap_servers, extra=kafka.client, group_protocol=kafka.group_protocol)


def _registry(settings: Settings) -> Registry:
    part = settings.registry
    return Registry(RegistrySettings(part.url, part.user, part.password.get_secret_value() if part.password else None))


def _names(settings: Settings) -> TopicNames:
    return TopicNames.with_prefix(settings.kafka.topic_prefix)


async def _codec(settings: Settings) -> Codec:
    codec = Codec(_registry(settings), subjects(_names(settings)))
    await codec.prepare(settings.registry.auto_register)
    return codec


async def send(settings: Settings, request: SendRequest, wait_s: float, show: Show) -> bool:
    """Produce one request; show its events for ``wait_s`` seconds. True once its final event came."""
    codec, names = await _codec(settings), _names(settings)
    events = PartitionTails(_clients(settings), names.events, asyncio.get_running_loop())
    read = Onlooker(codec)
    if wait_s:
        await events.start(read.take, from_beginning=False)
    producer = KafkaProducer(_clients(settings), asyncio.get_running_loop())
    try:
        key = (request.number or request.group_id or request.request_id).encode()
        await producer.send(names.requests, key=key, value=codec.encode(SchemaName.SEND_REQUEST, request_row(request)))
        if not wait_s:
            return False
        async with asyncio.timeout(wait_s):
            while True:
                row = await read.event()
                if row["request_id"] == request.request_id:
                    show(row)
                    if row["final"]:
                        return True
    except TimeoutError:
        return False
    finally:
        await producer.close()
        await events.close()


async def tail(settings: Settings, from_beginning: bool, limit: int, show: Show) -> None:
    """Show events as they come; for ever when ``limit`` is 0."""
    read = Onlooker(await _codec(settings))
    events = PartitionTails(_clients(settings), _names(settings).events, asyncio.get_running_loop())
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

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._records: asyncio.Queue[KafkaRecord] = asyncio.Queue()

    def take(self, records: Sequence[KafkaRecord]) -> None:
        """Keep records until they are asked for."""
        for record in records:
            self._records.put_nowait(record)

    async def event(self) -> Row:
        """Return the next event. Raises RegistryAway."""
        while True:
            record = await self._records.get()
            with contextlib.suppress(Undecodable, UnknownSchema):
                return await self._codec.read(SchemaName.MESSAGE_EVENT, record.value)


async def topics(settings: Settings, *, apply: bool) -> list[tuple[str, str, str]]:
    """Plan the topics, or apply the plan and write genesis and the lines' partitions."""
    admin, names = Topics(_clients(settings)), _names(settings)
    existing = await asyncio.to_thread(admin.existing, [spec.name for spec in _specs(settings, len(settings.lines))])
    codec = await _codec(settings)
    control = await _control(settings, codec) if names.control in existing else Control()
    partitions = assign_partitions(control.partitions, [line.alias for line in settings.lines])
    specs = _specs(settings, len(partitions))
    changes = plan(specs, existing)
    new = {line: number for line, number in partitions.items() if line not in control.partitions}
    told: list[tuple[str, str, str]] = [(c.kind, c.topic, c.detail) for c in changes]
    told += [("line", names.dispatch, f"{line} -> partition {number}") for line, number in new.items()]
    if control.genesis is None:
        told.append(("genesis", names.control, settings.name))
    if apply:
        await asyncio.to_thread(admin.apply, specs, changes, settings.kafka.replication_factor)
        await _write_control(settings, codec, new, genesis=control.genesis is None)
    return told


async def _control(settings: Settings, codec: Codec) -> Control:
    table = await asyncio.to_thread(read_table, _clients(settings), _names(settings).control)
    return await control_of(codec.read, table)


async def _write_control(settings: Settings, codec: Codec, lines: dict[str, int], *, genesis: bool) -> None:
    records = [line_record(codec, line, number) for line, number in lines.items()]
    if genesis:
        records.append(genesis_record(codec, _genesis(settings)))
    producer = KafkaProducer(_clients(settings), asyncio.get_running_loop())
    try:
        for key, value in records:
            await producer.send(_names(settings).control, key=key, value=value, partition=0)
    finally:
        await producer.close()


def _genesis(settings: Settings) -> Genesis:
    api, ledger = settings.sendblue, settings.ledger
    account = account_fingerprint(secret(api.api_key_id, api.api_key_id_file, "sendblue.api_key_id"))
    hash_key = fingerprint(secret(ledger.hash_key, ledger.hash_key_file, "ledger.hash_key").encode())
    return Genesis(settings.name, account, hash_key, time.time_ns() // 1_000_000)


def _specs(settings: Settings, lines: int) -> tuple[TopicSpec, ...]:
    kafka = settings.kafka
    return wanted(_names(settings), lines, kafka.partitions, kafka.replication_factor)


async def register(settings: Settings) -> list[tuple[str, int]]:
    """Protect every subject, those that have versions too, and register its schema."""
    registry, rows = _registry(settings), []
    for name, subject in subjects(_names(settings)).items():
        await registry.protect(subject)
        rows.append((subject, await registry.register(subject, text_of(name))))
    return rows


async def compatible(settings: Settings) -> list[tuple[str, bool, bool]]:
    """Ask whether each subject is protected, and whether each schema may follow all that the registry has."""
    registry = _registry(settings)
    return [
        (subject, await registry.is_protected(subject), await registry.compatible(subject, text_of(name)))
        for name, subject in subjects(_names(settings)).items()
    ]


async def check(settings: Settings) -> list[Finding]:
    """Check all that can be checked from outside a running connector."""
    return [*await _check_kafka(settings), *await _check_account(settings), *_check_settings(settings)]


async def _check_kafka(settings: Settings) -> list[Finding]:
    admin = Topics(_clients(settings))
    specs = _specs(settings, len(settings.lines))
    existing = await asyncio.to_thread(admin.existing, [spec.name for spec in specs])
    findings = list(examine(specs, existing, settings.unsafe_dev))
    await _registry(settings).subjects()
    findings.append(Finding(True, "registry", "it answers"))
    names = _names(settings)
    if names.control not in existing:
        return findings
    control = await _control(settings, await _codec(settings))
    findings.append(_check_genesis(settings, control.genesis))
    for line in settings.lines:
        has = line.alias in control.partitions
        what = "" if has else "run `kafka-sendblue topics apply`"
        findings.append(Finding(has, f"line {line.alias}", "has a partition" if has else "has no partition", what))
    return findings


def _check_genesis(settings: Settings, genesis: Genesis | None) -> Finding:
    if genesis is None:
        return Finding(False, "genesis", "the control topic has none", "run `kafka-sendblue topics apply`")
    ours = _genesis(settings)
    for part in ("connector", "account", "hash_key"):
        if getattr(genesis, part) != getattr(ours, part):
            do = "use the settings it was made with, or another topic_prefix"
            return Finding(False, "genesis", f"these topics belong to another {part.replace('_', ' ')}", do)
    return Finding(True, "genesis", "connector, account and hash key are the ones the topics were made for")


async def _check_account(settings: Settings) -> list[Finding]:
    client = SendblueClient(settings.sendblue.base_url, credentials_of(settings))
    try:
        ours = await client.lines()
    except SendblueError as error:
        return [Finding(False, "sendblue", str(error), "check sendblue.base_url and the two keys")]
    finally:
        await client.aclose()
    good = Finding(True, "sendblue", f"credentials are good; {len(ours)} lines on the account")
    foreign = [line.alias for line in settings.lines if line.number not in ours]
    do = "mend lines, or use the keys of their account"
    return [good, *(Finding(False, f"line {alias}", "is not on the account", do) for alias in foreign)]


def _check_settings(settings: Settings) -> list[Finding]:
    has_keys = bool(settings.callbacks.keys)
    do = "" if has_keys else "set callbacks.keys: an id and a secret of 16 bytes or more"
    return [Finding(has_keys, "callbacks", f"{len(settings.callbacks.keys)} signing keys", do)]
