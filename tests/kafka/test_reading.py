"""A question to the brokers, asked by a client that has only just begun."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from connector.kafka.reading import TRIES, asked

LOST, FORBIDDEN = KafkaError(KafkaError._DESTROY_BROKER), KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)


class Brokers:
    """Answers after these errors; ``questions`` counts."""

    def __init__(self, *errors: KafkaError) -> None:
        self._errors = list(errors)
        self.questions = 0

    def __call__(self) -> str:
        self.questions += 1
        if self._errors:
            raise KafkaException(self._errors.pop(0))
        return "the places"


def test_what_a_client_loses_while_it_finds_the_brokers_is_asked_again() -> None:
    """A command ended with it, a start was refused: the way by a bootstrap server gave way to the broker's own."""
    brokers = Brokers(LOST, LOST)

    assert (asked(brokers), brokers.questions) == ("the places", TRIES)


@pytest.mark.parametrize(("error", "questions"), [(LOST, TRIES), (FORBIDDEN, 1)])
def test_what_stays_wrong_is_told(error: KafkaError, questions: int) -> None:
    """After a few questions; at once where asking again cannot help."""
    brokers = Brokers(*[error] * TRIES)
    with pytest.raises(KafkaException):
        asked(brokers)

    assert questions == brokers.questions
