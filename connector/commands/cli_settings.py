"""The settings of a command, and the options that all of them have. Nothing here is slow to import."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from connector.commands.cli_output import fail
from connector.settings import Settings, explain, load

WRONG = 1
FAULTS, FATAL, STUCK, OTHERWISE, RISK, NOT_SENT, STOPPED = 3, 4, 5, 6, 7, 8, 130
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
