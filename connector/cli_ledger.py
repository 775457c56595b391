"""The commands that write to the send ledger by an operator's word."""

from typing import Annotated

import typer

from connector import ledger_commands
from connector.cli_frame import Config, on_kafka, settings_of
from connector.cli_output import out

ledger_cli = typer.Typer(help="What an operator says in the send ledger.")


@ledger_cli.command("rebind")
def rebind(
    line: Annotated[str, typer.Option(help="alias of the line the contact is texted from, from now on")],
    number: Annotated[str | None, typer.Argument(help="the contact, E.164")] = None,
    group_id: Annotated[str | None, typer.Option(help="a group, instead of a number")] = None,
    parked_too: Annotated[
        bool, typer.Option("--parked-too", help="although a text to the contact is parked on its old line")
    ] = False,
    config: Config = None,
) -> None:
    """Move a contact to another line. Refused while a text to it is in flight or in doubt.

    Example: kafka-sendblue ledger rebind +12025550123 --line line-2
    """
    on_kafka(ledger_commands.rebind(settings_of(config), number, group_id, line, parked_too=parked_too))
    out.print(f"the contact is texted from {line} from now on", markup=False)


@ledger_cli.command("rules")
def rules(
    version: Annotated[int, typer.Argument(help="of the rules of the ledger")],
    config: Config = None,
) -> None:
    """Let the ledger follow this version of its rules. For good: whoever does not know it sends nothing any more.

    Run it from the new release, once every replica runs that release. Example: kafka-sendblue ledger rules 1
    """
    on_kafka(ledger_commands.rules(settings_of(config), version))
    out.print(f"the ledger follows rules version {version} from now on", markup=False)
