"""What the start does with a Kafka that is away, and with one that refuses."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from connector.core.preflight import Finding
from connector.starting import StartRefused, ask_kafka, refuse_by


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

    with pytest.raises(StartRefused, match="check kafka.bootstrap_servers"):
        await ask_kafka(kafka.ask, kafka.tell)


def test_only_faults_refuse() -> None:
    """Findings that are well say nothing."""
    refuse_by([Finding(True, "a", "fine")])

    with pytest.raises(StartRefused, match=r"\Ab: wrong; mend it\Z"):
        refuse_by([Finding(True, "a", "fine"), Finding(False, "b", "wrong", "mend it")])
