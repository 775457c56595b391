"""The commands for the account's webhooks: where Sendblue tells replies and whatever else happens."""

from typing import Annotated

import typer

from connector.commands import webhook_commands
from connector.commands.cli_frame import AsJson, Config, on_kafka, settings_of
from connector.commands.cli_output import out, print_rows
from connector.commands.webhook_commands import Wish
from connector.core.account_webhooks import Kind
from connector.core.webhook_plan import Step

webhooks_cli = typer.Typer(help="Where Sendblue tells replies, and what else happens to the account.")
STEPS = ("action", "type", "url", "why")
Types = Annotated[
    list[Kind] | None, typer.Option("--type", help="a type to hear of; repeat it; default: webhooks.types")
]
Replaces = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL",
        help="a public address of ours, former or present: what is not wanted of it is removed; repeat it",
    ),
]
Renew = Annotated[bool, typer.Option("--renew", help="tell Sendblue the secret again where it has the webhook already")]


@webhooks_cli.command("list")
def webhooks_list(config: Config = None, as_json: AsJson = False) -> None:
    """Show the account's webhooks. Of those that are not ours only the host; no secrets: Sendblue shows none either.

    Example: kafka-sendblue webhooks list -c connector.yaml
    """
    rows = on_kafka(webhook_commands.listed(settings_of(config)))
    if not rows and not as_json:
        return out.print("the account has no webhooks")
    return print_rows(("type", "url", "ours", "lines"), rows, as_json)


@webhooks_cli.command("plan")
def webhooks_plan(
    types: Types = None,
    replaces: Replaces = None,
    renew: Renew = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say what `webhooks apply` would do. Notes tell what it would leave alone.

    Example: kafka-sendblue webhooks plan -c connector.yaml --type receive --type line_blocked
    """
    wish = Wish(tuple(types or ()), tuple(replaces or ()), renew)
    _print(on_kafka(webhook_commands.planned(settings_of(config), wish)), as_json)


@webhooks_cli.command("apply")
def webhooks_apply(
    types: Types = None,
    replaces: Replaces = None,
    renew: Renew = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Register our URLs, below callbacks.public_url, with a secret of webhooks.secrets. Others' are never touched.

    It may be given again at any time; what is registered already stays as it is. After a change of the public address:
    --replaces with the old one. Exit code 1 when Sendblue does not list what it has accepted, or lists what was renewed
    more than once.

    Example: kafka-sendblue webhooks apply -c connector.yaml --replaces https://old.example.com
    """
    wish = Wish(tuple(types or ()), tuple(replaces or ()), renew)
    _print(on_kafka(webhook_commands.applied(settings_of(config), wish)), as_json)


def _print(steps: tuple[Step, ...], as_json: bool) -> None:
    if not steps and not as_json:
        return out.print("nothing to do: the webhooks are as they should be")
    return print_rows(STEPS, [tuple(map(str, step[:4])) for step in steps], as_json)
