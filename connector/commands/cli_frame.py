"""What all commands have in common: the event loop, its end by a signal, errors told as one sentence."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer
import uvloop
from confluent_kafka import KafkaError, KafkaException

from connector.commands.cli_output import fail
from connector.commands.cli_settings import (
    FATAL,
    FAULTS,
    NOT_SENT,
    OTHERWISE,
    RISK,
    STOPPED,
    STUCK,
    WRONG,
    AsJson,
    Config,
    settings_of,
)
from connector.commands.client_words import ClientWords, client_words
from connector.commands.ledger_reading import LedgerSaysOtherwise, RiskNotAccepted
from connector.kafka.avro import Undecodable
from connector.kafka.records import NO_TOPIC, KafkaFatal, ProduceFailed
from connector.kafka.registry import RegistryAway, SchemaRefused, UnknownSchema
from connector.observability.logs import configure
from connector.system import collect_rarely

T = TypeVar("T")
EXITS = {
    0: "fine",
    WRONG: "something is wrong and was said",
    2: "the command line is wrong",
    FAULTS: "the check found faults",
    FATAL: "the connector could not go on, or will not start like this",
    STUCK: "its event loop was stuck",
    OTHERWISE: "the ledger says otherwise",
    RISK: "a risk was not accepted",
    NOT_SENT: "the request ended, and not as SUBMITTED",
    STOPPED: "Ctrl-C",
}
"""What the exit codes mean, of all commands."""


def on_kafka(work: Coroutine[Any, Any, T], *, endless: bool = False) -> T:
    """Run a command that talks to Kafka, the registry or Sendblue; its errors become sentences.

    ``endless``: it goes on until Ctrl-C, which is its ordinary end.
    """
    configure("error")
    with client_words() as words:
        return _told(work, words, endless=endless)


def _told(work: Coroutine[Any, Any, T], words: ClientWords, *, endless: bool) -> T:
    try:
        return run(work)
    except KafkaException as error:
        sentence = f"Kafka: {error.args[0].str()}{words}; {_way_out(error.args[0])}"
    except LedgerSaysOtherwise as error:
        fail(str(error), OTHERWISE)
    except RiskNotAccepted as error:
        fail(str(error), RISK)
    except KeyboardInterrupt:
        if endless:
            raise typer.Exit from None
        fail("stopped", STOPPED)
    except BrokenPipeError:
        raise  # nobody reads any more: the frame of the command line ends it without a word
    except ProduceFailed as error:
        sentence = f"{error}; it may still land, so look before you say it again"
    except (RegistryAway, UnknownSchema, SchemaRefused, Undecodable, KafkaFatal, OSError, ValueError) as error:
        sentence = str(error)
    fail(sentence, WRONG)


def _way_out(error: KafkaError) -> str:
    missing = error.code() in NO_TOPIC
    return "run `kafka-sendblue topics apply`" if missing else "check kafka.bootstrap_servers and kafka.client"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on the loop that the connector runs on."""
    collect_rarely()
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


__all__ = [
    "EXITS", "FATAL", "FAULTS", "OTHERWISE", "RISK", "WRONG",
    "AsJson", "Config", "on_kafka", "run", "settings_of", "stop_on_signal",
]  # fmt: skip
