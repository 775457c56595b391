"""The commands about contacts who do not want to be texted."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from connector.commands import opt_out_commands
from connector.commands.cli_frame import RISK, AsJson, Config, on_kafka, settings_of
from connector.commands.cli_output import fail, moment, out, print_rows
from connector.commands.cli_parked import Yes
from connector.commands.opt_out_commands import Said, Stand, Who, whom
from connector.settings import Settings

optouts_cli = typer.Typer(help="Contacts who do not want to be texted. Numbers go in, only their hashes come out.")
COLUMNS = ("contact", "opted_out", "since", "source")
STDIN = Path("-")
UNTOLD = "Sendblue was not told of {}: numbers it did not take, and contacts given without their number; run it again"

Numbers = Annotated[
    list[str] | None, typer.Argument(help="E.164; what is typed here stays in the shell's history", show_default=False)
]
NumberFile = Annotated[Path | None, typer.Option(help="a file of numbers, one a line; - for standard input")]
Contacts = Annotated[list[str] | None, typer.Option("--contact", help="by its hash, as `list` shows it; repeat it")]
Groups = Annotated[list[str] | None, typer.Option("--group-id", help="a group, as its requests name it; repeat it")]


@optouts_cli.command("list")
def optouts_list(config: Config = None, as_json: AsJson = False) -> None:
    """Show who is out, since when, and how that was heard: INBOUND, CALLBACK, REFUSAL or OPERATOR. No number.

    Example: kafka-sendblue optouts list --json | jq length
    """
    rows = on_kafka(opt_out_commands.stands(settings_of(config)))
    if not rows and not as_json:
        return out.print("nobody has opted out")
    return _print(rows, as_json)


@optouts_cli.command("check")
def optouts_check(
    numbers: Numbers = None,
    number_file: NumberFile = None,
    contact: Contacts = None,
    group_id: Groups = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say how contacts stand, in the order in which they are given.

    Example: kafka-sendblue optouts check --number-file - < numbers.txt
    """
    settings = settings_of(config)
    _print(
        on_kafka(opt_out_commands.stands(settings, _whom(settings, numbers, number_file, contact, group_id))), as_json
    )


@optouts_cli.command("add")
def optouts_add(
    numbers: Numbers = None,
    number_file: NumberFile = None,
    contact: Contacts = None,
    group_id: Groups = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Text these contacts no more. START does not undo it, only `optouts remove` does.

    Takes effect in every replica within seconds, also for requests that wait: they end as REJECTED (OPTED_OUT).

    Example: kafka-sendblue optouts add --number-file complaints.txt
    """
    settings = settings_of(config)
    whos = _whom(settings, numbers, number_file, contact, group_id)
    _tell(on_kafka(opt_out_commands.say(settings, whos, out=True)), as_json)


@optouts_cli.command("remove")
def optouts_remove(
    numbers: Numbers = None,
    number_file: NumberFile = None,
    contact: Contacts = None,
    group_id: Groups = None,
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let these contacts be texted again, whoever took them out, the person too. On a terminal it asks first.

    Sendblue keeps a list of its own: whom that holds it goes on refusing, unless optouts.write_through is set.

    Example: kafka-sendblue optouts remove --contact 6c6f6e6720616761 --yes
    """
    settings = settings_of(config)
    whos = _whom(settings, numbers, number_file, contact, group_id)
    if not yes and not sys.stdin.isatty():
        fail("nobody to ask: a person who said STOP must have asked for this; say --yes", RISK)
    if not yes and not typer.confirm(f"Have all {len(whos)} agreed to be texted again?"):
        fail("nothing was said", RISK)
    _tell(on_kafka(opt_out_commands.say(settings, whos, out=False)), as_json)


def _whom(
    settings: Settings,
    numbers: list[str] | None,
    file: Path | None,
    contacts: list[str] | None,
    groups: list[str] | None,
) -> list[Who]:
    try:
        return whom(settings, [*(numbers or ()), *numbers_in(file)], contacts or (), groups or ())
    except ValueError as error:
        fail(str(error), 2)


def numbers_in(file: Path | None) -> list[str]:
    """The lines of a file, without empty ones. Raises ValueError when it cannot be read."""
    if file is None:
        return []
    try:
        text = sys.stdin.read() if file == STDIN else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"--number-file cannot be read ({type(error).__name__})") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _tell(said: Said, as_json: bool) -> None:
    _print(said.stands, as_json)
    if said.untold:
        fail(UNTOLD.format(said.untold), 1)


def _print(stands: list[Stand], as_json: bool) -> None:
    rows = [
        (s.contact.hex(), s.out, moment(s.word.since_ms) if s.word else "", str(s.word.source) if s.word else "")
        for s in stands
    ]
    print_rows(COLUMNS, rows, as_json)
