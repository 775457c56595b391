"""What must be there before anything sends: schemas, a preflight without faults, control, contacts, the ledger.

Whatever is away is waited for, and said; whatever is wrong refuses the start. A Sendblue that is away does not stop
the start: the account's own stop guards every send, and the question is asked again in the background.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from confluent_kafka import KafkaException

from connector.core.adoption import Adoption, Found
from connector.core.firsts import KEPT_MS
from connector.core.preflight import Finding, continuous, partitions, refusal
from connector.core.priorities import Places
from connector.core.views import Views
from connector.kafka.avro import Codec, Undecodable
from connector.kafka.clients import ClientSettings
from connector.kafka.control import contacts_of
from connector.kafka.records import is_away
from connector.kafka.registry import RegistryAway, SchemaRefused, UnknownSchema
from connector.kafka.tail import LogTail, read_table
from connector.kafka.topics import TopicNames
from connector.roles.replica import Replica
from connector.roles.watched import Watch, signalled
from connector.sendblue.client import SendblueError
from connector.settings import Settings
from connector.wiring.control_feed import ControlFeed
from connector.wiring.following import Following
from connector.wiring.inbound import Reader
from connector.wiring.installation import registry_of, subjects
from connector.wiring.preflight import account_findings, kafka_findings

T = TypeVar("T")
ASK_AGAIN_S = 1.0
ACCOUNT_S = 5.0  # how long the start waits for Sendblue's answer
ACCOUNT_AGAIN_S = 30.0

Told = Callable[[str, str | None], None]
"""Takes what is waited for and why, None once it is there."""


class StartRefused(Exception):  # noqa: N818 - an instruction to the operator
    """The connector will not start like this; the sentence says why and what to do."""


def refuse_by(findings: list[Finding]) -> None:
    """Raises StartRefused when there is a fault."""
    if (sentence := refusal(findings)) is not None:
        raise StartRefused(sentence)


async def prepared_codec(settings: Settings, names: TopicNames, told: Told) -> Codec:
    """The codec with the ids of our schemas, once the registry has given them. Raises StartRefused."""
    codec = Codec(registry_of(settings), subjects(names))
    while True:
        try:
            await codec.prepare(settings.registry.auto_register)
        except RegistryAway as away:
            told("registry", str(away))
            await asyncio.sleep(ASK_AGAIN_S)
        except (UnknownSchema, SchemaRefused) as refused:
            raise StartRefused(f"{refused}; see `kafka-sendblue schemas check` and `schemas register`") from None
        else:
            told("registry", None)
            return codec


async def ask_kafka(question: Callable[[], T], told: Told) -> T:
    """The answer of a blocking question, asked until a broker answers. Raises StartRefused for a refusal."""
    while True:
        try:
            answer = await asyncio.to_thread(question)
        except KafkaException as error:
            _away_or_refused(error, told)
            await asyncio.sleep(ASK_AGAIN_S)
        else:
            told("kafka", None)
            return answer


async def checked(settings: Settings, codec: Codec, told: Told) -> None:
    """The preflight of Kafka. Raises StartRefused."""
    while True:
        try:
            findings = await kafka_findings(settings, codec)
        except KafkaException as error:
            _away_or_refused(error, told)
        except RegistryAway as away:
            told("registry", str(away))
        except (UnknownSchema, Undecodable) as error:
            raise StartRefused(f"a record of the control topic cannot be read: {error}") from None
        else:
            told("kafka", None)
            told("registry", None)
            return refuse_by(findings)
        await asyncio.sleep(ASK_AGAIN_S)


async def lines_of(
    settings: Settings, feed: ControlFeed, clients: ClientSettings, names: TopicNames, told: Told
) -> dict[str, Places]:
    """Each line's partitions, now and as lines are added. Raises KafkaFatal, StartRefused for a line without one."""
    told("control", "the control topic is being read")
    await feed.follow(clients, names.control)
    told("control", None)
    given = feed.control.partitions
    refuse_by(partitions((line.alias for line in settings.lines), given))
    return given


async def opted_out(feed: Following, clients: ClientSettings, names: TopicNames, told: Told) -> None:
    """Who does not want to be texted, now and as they say so. Raises KafkaFatal."""
    told("optouts", "the optouts topic is being read")
    await feed.follow(clients, names.optouts)
    told("optouts", None)


async def load_contacts(
    reader: Reader, clients: ClientSettings, names: TopicNames, replica: Replica, told: Told
) -> int | None:
    """Each contact's line into the replica; return the ledger offset they reach."""
    table = await ask_kafka(lambda: read_table(clients, names.contacts), told)
    with _readable(names.contacts):
        bindings, reached = await contacts_of(reader.row, table)
    take_bindings(replica.views, bindings, {key: record.timestamp_ms for key, record in table.items()})
    return reached


def take_bindings(
    views: Views, bindings: Mapping[bytes, tuple[str, int | None]], written_ms: Mapping[bytes, int | None]
) -> None:
    """Give the views each contact's line, and when its line won it if that was within 25 hours before the newest."""
    since_ms = max((at_ms or 0 for at_ms in written_ms.values()), default=0) - KEPT_MS
    for contact, (line, grant_offset) in bindings.items():
        views.load_binding(contact, line, grant_offset)
        at_ms = written_ms.get(contact)
        if at_ms is not None and at_ms > since_ms:
            views.firsts_at.loaded(contact, line, at_ms)


async def restore(
    tail: LogTail,
    feed: Watch,
    topic: str,
    replica: Replica,
    reached: int | None,
    adoption: Adoption | None,
    told: Told,
) -> None:
    """Read the ledger to its end. Raises KafkaFatal, and StartRefused when contacts and ledger do not meet."""
    told("ledger", "the ledger is being read")
    tail.start()
    await signalled(replica.restored, tail.fatal, feed.failed)
    refuse_by([continuous(topic, Found(tail.first_offset or 0, tail.end, reached), adoption)])
    told("ledger", None)


@contextlib.contextmanager
def _readable(topic: str) -> Iterator[None]:
    try:
        yield
    except Undecodable as error:
        raise StartRefused(f"topic {topic} holds a record that cannot be read: {error}") from None


class AccountCheck:
    """Are our lines on the account? Asked at the start, and again in the background until the answer is yes."""

    def __init__(self, settings: Settings, told: Told) -> None:
        self._settings, self._told = settings, told
        self._asking: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Raises StartRefused for a line that is not on the account; whatever else is told and asked again."""
        try:
            async with asyncio.timeout(ACCOUNT_S):
                refuse_by(await account_findings(self._settings))
        except (SendblueError, TimeoutError) as error:
            self._told("account", _no_answer(error))
            self._asking = asyncio.create_task(self._keep_asking())

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _keep_asking(self) -> None:
        why: str | None = ""
        while why is not None:
            await asyncio.sleep(ACCOUNT_AGAIN_S)
            try:
                why = refusal(await account_findings(self._settings))
            except SendblueError as error:
                why = _no_answer(error)
            except ValueError as error:
                why = str(error)
            self._told("account", why)


def _no_answer(error: Exception) -> str:
    code = error.code if isinstance(error, SendblueError) else "NO_ANSWER"
    return f"Sendblue has not said which lines are on the account ({code}); check sendblue.base_url and the two keys"


def _away_or_refused(error: KafkaException, told: Told) -> None:
    what = error.args[0]
    if not is_away(what):
        raise StartRefused(f"Kafka: {what.str()}; check kafka.bootstrap_servers and kafka.client") from None
    told("kafka", f"Kafka does not answer ({what.name()})")
