"""The preflight: it looks at Kafka and at the account, and lets ``core.preflight`` and ``kafka.topics`` decide.

``check`` shows every finding; ``run`` refuses to start by the faults among them.
"""

import asyncio
import time
from collections.abc import Mapping

from connector.core import preflight as decide
from connector.core.adoption import Found, forgiven_before_ms
from connector.core.preflight import Finding, Identity
from connector.kafka.avro import Codec
from connector.kafka.control import Control, contacts_of, control_of, partitions_of
from connector.kafka.progress import bounds, did_since
from connector.kafka.tail import read_table
from connector.kafka.topics import TIMEOUT_S, Existing, TopicNames, Topics, examine
from connector.sendblue.client import SendblueClient
from connector.settings import Settings
from connector.wiring.installation import clients_of, credentials_of, group_of, identity_of, names_of, specs_of


async def kafka_findings(settings: Settings, codec: Codec, within_s: float = TIMEOUT_S) -> list[Finding]:
    """Topics, genesis, the lines' partitions and the ledger's memory. Raises KafkaException when Kafka is away."""
    names = names_of(settings)
    existing = await asyncio.to_thread(Topics(clients_of(settings)).existing, names.all(), within_s)
    control = await _control(settings, codec, names) if names.control in existing else Control()
    lanes = partitions_of(control.partitions.values())
    findings = list(examine(specs_of(settings, lanes), existing, settings.unsafe_dev))
    if names.control in existing:
        findings.append(genesis_finding(settings, control))
        findings += decide.partitions((line.alias for line in settings.lines), control.partitions)
    if names.ledger in existing:
        forgiven_ms = forgiven_before_ms(control.adoption)
        findings.append(await asyncio.to_thread(_memory, settings, names, existing, forgiven_ms))
    return findings


async def contacts_finding(settings: Settings, codec: Codec) -> list[Finding]:
    """Whether the ledger goes on from what the contacts topic knows; nothing where one of them is missing."""
    clients, names = clients_of(settings), names_of(settings)
    if len(await asyncio.to_thread(Topics(clients).existing, (names.ledger, names.contacts, names.control))) < 3:
        return []
    _, reached = await contacts_of(codec.read, await asyncio.to_thread(read_table, clients, names.contacts))
    begin, end = await asyncio.to_thread(bounds, clients, names.ledger)
    adoption = (await _control(settings, codec, names)).adoption
    return [decide.continuous(names.contacts, Found(begin, end, reached), adoption)]


def genesis_finding(settings: Settings, control: Control) -> Finding:
    """Whether these topics are ours."""
    return decide.genesis(found_identity(control), identity_of(settings), control.accounts)


def found_identity(control: Control) -> Identity | None:
    """For whom these topics were made; None when nobody has said it."""
    made_for = control.genesis
    return Identity(made_for.connector, made_for.account, made_for.hash_key) if made_for else None


async def account_findings(settings: Settings) -> list[Finding]:
    """Credentials and lines. Raises SendblueError when there is no usable answer, ValueError without credentials."""
    credentials = credentials_of(settings)
    credentials()
    client = SendblueClient(settings.sendblue.base_url, credentials)
    try:
        numbers = await client.lines()
    finally:
        await client.aclose()
    return decide.account({line.alias: line.number for line in settings.lines}, numbers)


async def _control(settings: Settings, codec: Codec, names: TopicNames) -> Control:
    return await control_of(codec.read, await asyncio.to_thread(read_table, clients_of(settings), names.control))


def done_since(settings: Settings, names: TopicNames, existing: Mapping[str, Existing], since_ms: int) -> list[str]:
    """The topics in which a record not older than that is committed as done. Blocks."""
    clients = clients_of(settings)
    return [
        topic
        for role, topic in (("router", names.requests), ("sender", names.dispatch))
        if topic in existing
        and did_since(clients, group_of(settings, role), topic, existing[topic].partitions, since_ms)
    ]


def _memory(
    settings: Settings, names: TopicNames, existing: Mapping[str, Existing], forgiven_before_ms: int
) -> Finding:
    since_ms = max(time.time_ns() // 1_000_000 - decide.SAFE_AFTER_MS, forgiven_before_ms)
    begin, end = bounds(clients_of(settings), names.ledger)
    done = done_since(settings, names, existing, since_ms) if begin >= end else []
    return decide.memory(names.ledger, begin, end, done)
