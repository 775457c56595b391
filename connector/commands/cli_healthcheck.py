"""The command of a container's HEALTHCHECK. It runs every few seconds, so it imports neither Kafka's client nor httpx.

It asks the process beside it, on an address of this machine; whether Kafka or Sendblue are there is not its business.
"""

import http.client
from typing import Annotated

import typer

from connector.commands.cli_output import fail
from connector.commands.cli_settings import WRONG, Config, settings_of
from connector.settings import Observability

WITHIN_S = 3.0  # an answer of the loop takes milliseconds; a loop that is busy for longer is asked again
ANY = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - listened on, not bound here

healthcheck_cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@healthcheck_cli.command()
def healthcheck(
    config: Config = None,
    within: Annotated[float, typer.Option(min=0.1, help="seconds to wait for the answer")] = WITHIN_S,
) -> None:
    """Ask /livez of the connector on this machine, at the health port of the settings. Exit code 0: alive, 1: not.

    Example: HEALTHCHECK CMD ["kafka-sendblue", "healthcheck"] in an image that sets SENDBLUE_CONFIG
    """
    part = settings_of(config).observability
    if part.health_port == 0:
        fail("observability.health_port is 0, a port chosen at the start: set a fixed one", WRONG)
    if why := trouble(part, within):
        fail(why, WRONG)


def trouble(part: Observability, within_s: float) -> str | None:
    """Why the process is not alive, None when it is."""
    connection = http.client.HTTPConnection(ANY.get(part.host, part.host), part.health_port, timeout=within_s)
    try:
        connection.request("GET", "/livez")
        answer = connection.getresponse()
        return None if answer.status == http.client.OK else answer.read(1_000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"no answer from port {part.health_port} ({type(error).__name__}); is the connector running?"
    finally:
        connection.close()


def main() -> None:
    """This command alone, for those who must not wait for the others to be imported."""
    healthcheck_cli(prog_name="kafka-sendblue healthcheck")
