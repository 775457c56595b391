"""What all commands have in common: the settings, the event loop, its end by a signal, errors told as one sentence."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from confluent_kafka import KafkaException
from pydantic import ValidationError

from connector.commands.cli_output import fail
from connector.commands.ledger_reading import LedgerSaysOtherwise, RiskNotAccepted
from connector.kafka.avro import Undecodable
from connector.kafka.records import KafkaFatal
from connector.kafka.registry import RegistryAway, SchemaRefused, UnknownSchema
from connector.observability.logs import configure
from connector.settings import Settings, explain, load

T = TypeVar("T")
WRONG, OTHERWISE, RISK = 1, 6, 7
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="SENDBLUE_CONFIG", help="settings file, YAML; see docs/settings.md"),
]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on standard output, for machines")]


def settings_of(config: Path | None) -> Settings:
    """Load the settings; every mistake in them becomes a sentence."""
    try:
        return load(config)
    except ValidationError as error:
        sentence = "\n".join(explain(error))
    except (OSError, ValueError) as error:
        sentence = str(error)
    fail(sentence, WRONG)


def on_kafka(work: Coroutine[Any, Any, T]) -> T:
    """Run a command that talks to Kafka, the registry or Sendblue; its errors become sentences."""
    configure("error")
    try:
        return run(work)
    except KafkaException as error:
        sentence = f"Kafka: {error.args[0].str()}; check kafka.bootstrap_servers and kafka.client"
    except LedgerSaysOtherwise as error:
        fail(str(error), OTHERWISE)
    except RiskNotAccepted as error:
        fail(str(error), RISK)
    except (RegistryAway, UnknownSchema, SchemaRefused, Undecodable, KafkaFatal, OSError, ValueError) as error:
        sentence = str(error)
    fail(sentence, WRONG)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on the loop that the connector runs on."""
    return uvloop.run(work)


def stop_on_signal() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT; the second ends the process at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def told() -> None:
        if stop.is_set():
            sys.stderr.flush()
            signal.raise_signal(signal.SIGKILL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    return stop
