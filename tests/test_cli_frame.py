"""What a command says when Kafka refuses it."""

import logging

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


WHO = "FAIL [kafka-sendblue#consumer-1] [thrd:b:1/bootstrap]: b:1/bootstrap: "
LINES = (
    f"{WHO}Connect to b:1 failed: Connection refused",
    f"{WHO}SASL authentication error: no such user (after 12ms in state AUTH_REQ)",
)


@pytest.mark.parametrize(
    ("lines", "told"), [((), "Kafka: "), (LINES, " (b:1/bootstrap: SASL authentication error: no such user); check")]
)
def test_of_what_the_client_says_only_the_last_line_is_told(
    lines: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An outage makes it say the same a hundred times; and it alone knows that a password was refused."""

    async def refused() -> None:
        for line in lines:
            logging.getLogger("librdkafka").error(line)
        raise KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN))

    with pytest.raises(typer.Exit):
        on_kafka(refused())
    said = capsys.readouterr().err

    assert told in said
    assert len(said.splitlines()) == 1
    assert "thrd" not in said
