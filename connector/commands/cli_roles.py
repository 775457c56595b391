"""Which roles a command is about: the command line's, else the environment's, where a pod has its own; else all."""

from typing import Annotated

import typer

from connector.commands.cli_output import fail
from connector.core.nearest import none_such
from connector.wiring.assembly import ROLES

Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        envvar="SENDBLUE_ROLES",
        help=f"one of {', '.join(ROLES)}; repeat it; default SENDBLUE_ROLES, or all",
    ),
]


def roles_of(given: list[str] | None) -> tuple[str, ...]:
    """The roles that are meant. Ends the command, with code 2, for one that there is not."""
    roles = tuple(given or ROLES)
    if unknown := set(roles) - set(ROLES):
        fail(none_such("role", sorted(unknown), ROLES), 2)
    return roles
