"""The commands about the send ledger: what an operator says in it, and what it says."""

import sys
from typing import Annotated

import typer

from connector.commands import adopt_command, key_command, ledger_commands, story_commands
from connector.commands.cli_frame import RISK, AsJson, Config, on_kafka, settings_of
from connector.commands.cli_output import fail, moment, out, print_json, print_rows, tell, time_ms
from connector.commands.cli_parked import Operator, Yes, check_operator
from connector.commands.story_commands import SHOWN
from connector.core.story import Line

ledger_cli = typer.Typer(help="What an operator says in the send ledger, and what it says.")


@ledger_cli.command("rebind")
def rebind(
    line: Annotated[str, typer.Option(help="alias of the line the contact is texted from, from now on")],
    number: Annotated[str | None, typer.Argument(help="the contact, E.164")] = None,
    group_id: Annotated[str | None, typer.Option(help="a group, instead of a number")] = None,
    parked_too: Annotated[
        bool, typer.Option("--parked-too", help="although a text to the contact is parked on its old line")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Move a contact to another line. Refused while a text to it is in flight or in doubt.

    Example: kafka-sendblue ledger rebind +12025550123 --line line-2
    """
    on_kafka(ledger_commands.rebind(settings_of(config), number, group_id, line, parked_too=parked_too))
    tell(f"the contact is texted from {line} from now on", as_json, line=line)


@ledger_cli.command("rules")
def rules(
    version: Annotated[int, typer.Argument(help="of the rules of the ledger")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let the ledger follow this version of its rules. For good: whoever does not know it sends nothing any more.

    Run it from the new release, once every replica runs that release. Example: kafka-sendblue ledger rules 1
    """
    on_kafka(ledger_commands.rules(settings_of(config), version))
    tell(f"the ledger follows rules version {version} from now on", as_json, version=version)


@ledger_cli.command("inspect")
def inspect(
    request_id: Annotated[str, typer.Argument(help="the request")],
    events: Annotated[bool, typer.Option("--events", help="its events of the last six days too")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Tell the whole story of one request: its records in the ledger, each verdict, and how it stands now.

    Example: kafka-sendblue ledger inspect order-17 --events
    """
    told = on_kafka(story_commands.inspect(settings_of(config), request_id, events=events))
    lines = [line._replace(append_ms=moment(line.append_ms))._asdict() for line in told.lines]  # type: ignore[arg-type]  # shown
    if as_json:
        shown = {"request_id": request_id, "now": told.now, "ledger": lines, "events": told.events}
        return print_json(shown)
    print_rows(Line._fields, [tuple(line.values()) for line in lines], as_json)
    if told.events is not None:
        rows = [(moment(e["occurred_at"]), *[e[name] or "" for name in SHOWN[1:]]) for e in told.events]
        print_rows(SHOWN, rows, as_json)
    return out.print(f"now: {told.now}")


@ledger_cli.command("adopt")
def adopt(
    park_before: Annotated[
        str | None, typer.Option(help="time (ISO 8601): what was made before may have been sent already")
    ] = None,
    operator: Operator = "operator",
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a ledger that does not remember all: one that was lost, or that begins after what contacts knows.

    A lost ledger needs --park-before: when the old one was last written, or now. Stop every replica first.

    Example: kafka-sendblue ledger adopt --park-before 2026-03-01T12:00:00Z
    """
    check_operator(operator)
    park_before_ms = time_ms(park_before, "--park-before") if park_before else None
    if not yes and not sys.stdin.isatty():
        fail("nobody to ask: read docs/operators.md, then say --yes", RISK)
    ask = None if yes else typer.confirm
    adoption = on_kafka(adopt_command.adopt(settings_of(config), park_before_ms, operator, ask))
    before = adoption.park_before_ms
    told = f"; what was made before {moment(before)} is parked if the ledger does not know it" if before else ""
    tell(f"adopted: the ledger from offset {adoption.begin} on{told}", as_json, **adoption._asdict())


@ledger_cli.command("accept-key")
def accept_key(
    operator: Operator = "operator",
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let these topics be used with a new API key of the same account, the one in the settings.

    Refused unless the key lists every line of ours. Run it before replicas start with the new key; those with the
    former one go on. Example: kafka-sendblue ledger accept-key --operator ann --yes
    """
    check_operator(operator)
    if not yes and not sys.stdin.isatty():
        fail("nobody to ask: read docs/operators.md, then say --yes", RISK)
    ask = None if yes else typer.confirm
    tell(on_kafka(key_command.accept_key(settings_of(config), operator, ask)), as_json)
