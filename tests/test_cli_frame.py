"""What a command says when Kafka refuses it."""

import pytest
import typer
from confluent_kafka import KafkaError, KafkaException

from connector.commands.cli_frame import on_kafka


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (KafkaError._UNKNOWN_PARTITION, "run `kafka-sendblue topics apply`"),
        (KafkaError._UNKNOWN_TOPIC, "run `kafka-sendblue topics apply`"),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, "run `kafka-sendblue topics apply`"),
        (KafkaError._TRANSPORT, "check kafka.bootstrap_servers"),
    ],
)
def test_the_sentence_names_the_way_out(code: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before there are topics a command is not at fault with its brokers."""

    async def refused() -> None:
        raise KafkaException(KafkaError(code))

    with pytest.raises(typer.Exit) as ended:
        on_kafka(refused())

    assert (ended.value.exit_code, told in capsys.readouterr().err) == (1, True)
