"""A look at a running installation: all that ``check`` sees, and what Kafka, Sendblue and the process itself say.

``core.diagnosis`` decides. Nothing is written anywhere. What is away is one finding, and the others are still made.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection

import httpx2
import msgspec
from confluent_kafka import KafkaException

from connector.commands.operations import account_state, settings_state, topics_state
from connector.commands.webhook_commands import Wish, planned
from connector.core import diagnosis
from connector.core.delays import Delay
from connector.core.diagnosis import Foreign, Running
from connector.core.preflight import APPLY, CALLERS, Finding
from connector.kafka.avro import Undecodable
from connector.kafka.progress import behind, bounds, members, stamps
from connector.kafka.records import KafkaFatal
from connector.kafka.registry import RegistryAway, SchemaRefused, UnknownSchema
from connector.kafka.topics import TIMEOUT_S, Topics
from connector.sendblue.client import SendblueClient
from connector.settings import Settings
from connector.wiring.assembly import ROLES
from connector.wiring.installation import clients_of, credentials_of, group_of, names_of
from connector.wiring.webhook_secrets import secrets_of

ANSWER_S = 5.0
KAFKA, REGISTRY = "check kafka.bootstrap_servers and kafka.client", "check registry.url"
ANYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - listened on, not bound here


def status_url_of(settings: Settings) -> str:
    """Where a process with these settings, on this machine, tells its state."""
    part = settings.observability
    return f"http://{ANYWHERE.get(part.host, part.host)}:{part.health_port}/statusz"


async def examine(
    settings: Settings, status_url: str, roles: Collection[str] = tuple(ROLES), within_s: float = TIMEOUT_S
) -> list[Finding]:
    """All findings, of the account and the callbacks' keys those that these roles need.

    ``within_s``: how long an answer of the brokers about topics is waited for, seconds.
    """
    looks: list[Callable[[], Awaitable[list[Finding]]]] = [
        lambda: topics_state(settings, within_s),
        lambda: asyncio.to_thread(progress, settings, within_s),
        lambda: _sendblue(settings, roles),
        lambda: _process(status_url),
    ]
    found = settings_state(settings, roles)
    for look in looks:
        found += [one for one in await _guarded(look) if one not in found]
    return found


async def _guarded(look: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        return await look()
    except KafkaException as error:
        return [Finding(False, "kafka", error.args[0].str(), KAFKA)]
    except (RegistryAway, UnknownSchema, SchemaRefused) as error:
        return [Finding(False, "registry", str(error), REGISTRY)]
    except (KafkaFatal, Undecodable, ValueError) as error:
        return [Finding(False, "kafka", str(error), APPLY)]


def progress(settings: Settings, within_s: float = TIMEOUT_S) -> list[Finding]:
    """How far the roles are, whether anybody plays them, and the brokers' clock. Blocks; raises KafkaException."""
    clients, names = clients_of(settings), names_of(settings)
    partitions = Topics(clients).partitions(names.all(), within_s)
    work = [("router", names.requests, "router"), ("sender", names.dispatch, "sender")]
    work += [("router", names.delay(delay), f"delay.{delay}") for delay in Delay]
    sendable = diagnosis.sendable((line.gap_s for line in settings.lines), settings.default_ttl_s)
    most, found = {names.requests: diagnosis.ROUTED, names.dispatch: sendable}, []
    for role, topic, group in work:
        if topic in partitions:
            its = group_of(settings, group)
            left = behind(clients, its, topic, partitions[topic])
            found.append(diagnosis.consumed(role, topic, left, members(clients, its), most.get(topic)))
    found.append(
        diagnosis.consumed("reconciler", names.parked, None, members(clients, group_of(settings, "reconciler")))
    )
    return found + (_ledger(settings) if names.ledger in partitions else [])


def _ledger(settings: Settings) -> list[Finding]:
    clients, topic, now_ms = clients_of(settings), names_of(settings).ledger, time.time_ns() // 1_000_000
    begin, end = bounds(clients, topic)
    first_ms, last_ms = stamps(clients, topic) or (now_ms, None)
    return [diagnosis.broker_clock(last_ms, now_ms), diagnosis.ceiling(topic, end - begin, now_ms - first_ms)]


async def _sendblue(settings: Settings, roles: Collection[str]) -> list[Finding]:
    found = await account_state(settings, roles)
    if CALLERS.isdisjoint(roles):
        return found
    if found[0].ok and secrets_of(settings):
        found += await webhooks_state(settings)
    client = SendblueClient(settings.sendblue.base_url, credentials_of(settings))
    try:
        answer = await client.probe()
    except ValueError:
        return found  # without keys there is no call, and they were told
    finally:
        await client.aclose()
    return [*found, diagnosis.sendblue_clock(answer.date_ms, time.time_ns() // 1_000_000)]


async def webhooks_state(settings: Settings) -> list[Finding]:
    """The account's webhooks, compared as `webhooks plan` does."""
    try:
        return [diagnosis.heard(await planned(settings, Wish()))]
    except ValueError as error:
        return [Finding(False, "webhooks at Sendblue", str(error), "see them with `kafka-sendblue webhooks plan`")]


async def _process(url: str) -> list[Finding]:
    try:
        async with asyncio.timeout(ANSWER_S), httpx2.AsyncClient(trust_env=False, timeout=ANSWER_S) as client:
            answer = await client.get(url, headers={"accept": "application/json"})
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
        return diagnosis.running(url, None)
    if not answer.is_success:
        return diagnosis.running(url, Foreign(f"HTTP {answer.status_code}"))
    return diagnosis.running(url, running_of(answer.content))


class _Ledger(msgspec.Struct):
    behind: int | None = None


class _Account(msgspec.Struct):
    stopped_because: str | None = None


class _Line(msgspec.Struct):
    state: str = "ready"
    drain_s: float | None = None


class _Topic(msgspec.Struct):
    seconds: float | None = None


class _Status(msgspec.Struct):
    """Of /statusz what is looked at. The first field is in every one; the others come when the process has started."""

    not_ready: list[str]
    ledger: _Ledger | None = None
    account: _Account | None = None
    lines: dict[str, _Line] | None = None
    topics: dict[str, _Topic] | None = None


def running_of(body: bytes) -> Running | Foreign:
    """What /statusz says; a process of another version may say less."""
    try:
        status = msgspec.json.decode(body, type=_Status)
    except msgspec.ValidationError:
        return Foreign("JSON of another shape")
    except (msgspec.DecodeError, RecursionError):
        return Foreign("no JSON")
    lines, topics = status.lines or {}, status.topics or {}
    return Running(
        tuple(status.not_ready),
        (status.ledger or _Ledger()).behind,
        (status.account or _Account()).stopped_because,
        {alias: line.state for alias, line in lines.items()},
        {alias: line.drain_s or 0.0 for alias, line in lines.items()},
        {name: topic.seconds or 0.0 for name, topic in topics.items()},
    )
