"""What the start does with a Kafka that is away, and with one that refuses."""

import asyncio

import pytest
from confluent_kafka import KafkaError, KafkaException
from pydantic import SecretStr

from connector.app import Connector
from connector.core.facts import AlarmRaised, Fact
from connector.core.ledger import Alarm, Fold, Step
from connector.core.preflight import Finding
from connector.core.records import Digest, LedgerRecord
from connector.core.views import Views
from connector.demo_plan import DemoPlan
from connector.kafka.topics import TopicNames
from connector.settings import Ledger, Observability, Settings
from connector.settings_kafka import RegistryPart
from connector.simulator.registry import embedded_registry
from connector.wiring.starting import StartRefused, ask_kafka, prepared_codec, refuse_by, take_bindings
from tests.core.ledger_story import intent, submitted


class Kafka:
    """Answers after a number of errors; ``told`` is what readiness would say."""

    def __init__(self, *errors: int) -> None:
        self._errors = list(errors)
        self.told: list[str | None] = []

    def ask(self) -> str:
        if self._errors:
            raise KafkaException(KafkaError(self._errors.pop(0)))
        return "answer"

    def tell(self, what: str, why: str | None) -> None:
        self.told.append(why)


async def test_a_kafka_that_is_away_is_waited_for_and_said() -> None:
    """The start must not end because a broker restarts."""
    kafka = Kafka(KafkaError._TRANSPORT)
    answer = await ask_kafka(kafka.ask, kafka.tell)

    assert answer == "answer"
    assert kafka.told == ["Kafka does not answer (_TRANSPORT)", None]


async def test_a_kafka_that_refuses_refuses_the_start() -> None:
    """Asking again would not help: a sentence, with what to look at."""
    kafka = Kafka(KafkaError.TOPIC_AUTHORIZATION_FAILED)

    with pytest.raises(StartRefused, match="check kafka"):
        await ask_kafka(kafka.ask, kafka.tell)


async def test_schemas_that_nobody_registered_refuse_the_start() -> None:
    """Where the connector may not register them itself, the sentence names the command."""
    async with embedded_registry() as url:
        settings = Settings(registry=RegistryPart(url=url, auto_register=False))

        with pytest.raises(StartRefused, match="schemas register"):
            await prepared_codec(settings, TopicNames(), lambda *_: None)


async def test_a_stop_ends_a_start_that_waits() -> None:
    """SIGTERM while the registry is away: the process ends as after any stop."""
    settings = Settings(
        registry=RegistryPart(url="http://127.0.0.1:1"),
        ledger=Ledger(hash_key=SecretStr("sixteen bytes or more")),
        observability=Observability(host="127.0.0.1", health_port=0),
    )
    connector, stop = Connector(settings), asyncio.Event()
    running = asyncio.create_task(connector.run(stop))
    async with asyncio.timeout(120):
        while "registry" not in connector.waiting_for:  # noqa: ASYNC110 - readiness is asked, not told
            await asyncio.sleep(0.01)
    why = connector.reasons()
    stop.set()
    await asyncio.wait_for(running, 120)

    assert "the connector is starting" in why
    assert any("schema registry" in sentence for sentence in why)


def test_only_faults_refuse() -> None:
    """Findings that are well say nothing."""
    refuse_by([Finding(True, "a", "fine")])

    with pytest.raises(StartRefused, match=r"\Ab: wrong; mend it\Z"):
        refuse_by([Finding(True, "a", "fine"), Finding(False, "b", "wrong", "mend it")])


@pytest.mark.parametrize(
    ("record", "request_id"),
    [(submitted(intent("a1")), intent("a1").request_id), (Digest(0, 1, 2, "P"), "")],
)
def test_an_alarm_names_its_request(record: LedgerRecord, request_id: str) -> None:
    """Else nobody could look at its story; a digest is nobody's."""
    told = list[Fact]()
    settings = DemoPlan().settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")
    Connector(settings, observe=told.append)._ledger_seen(record, Step(alarm=Alarm.SECOND_SUBMITTED))

    assert told == [AlarmRaised("SECOND_SUBMITTED", request_id)]


def test_bindings_written_lately_count_as_new_contacts() -> None:
    """Those of the 25 hours before the newest record; one without a time says nothing; all are bound."""
    hour_ms, now_ms, views = 3_600_000, 1_770_019_200_000, Views(Fold(), "P")
    written_ms = {b"": now_ms, b"new-----": now_ms - hour_ms, b"old-----": now_ms - 25 * hour_ms, b"none----": None}
    take_bindings(views, {contact: ("a", None) for contact in written_ms if contact}, written_ms)
    take_bindings(views, {}, {})

    assert views.firsts_at.since("a", 0) == [now_ms - hour_ms]
    assert {views.line_of(contact) for contact in written_ms if contact} == {"a"}
