"""The commands, but for those with modules of their own in ``commands``."""

from typing import Annotated, Any

import typer
from rich.live import Live

from connector import __version__, demo
from connector.app import Connector, StartRefused, both
from connector.commands import doctor_command, operations
from connector.commands.cli_dlq import dlq_cli
from connector.commands.cli_frame import EXITS, FATAL, FAULTS, WRONG, AsJson, Config, stop_on_signal
from connector.commands.cli_frame import on_kafka as _kafka
from connector.commands.cli_frame import run as _run
from connector.commands.cli_frame import settings_of as _settings
from connector.commands.cli_healthcheck import healthcheck
from connector.commands.cli_keys import keys_cli
from connector.commands.cli_ledger import ledger_cli
from connector.commands.cli_lines import lines_cli
from connector.commands.cli_optouts import optouts_cli
from connector.commands.cli_orders import cancel
from connector.commands.cli_output import (
    fail,
    out,
    print_changes,
    print_event,
    print_findings,
    print_json,
    print_pairs,
    print_rows,
)
from connector.commands.cli_parked import parked_cli
from connector.commands.cli_pauses import orders_cli, pause, pause_line, resume, resume_line
from connector.commands.cli_roles import Roles, roles_of
from connector.commands.cli_send import send
from connector.commands.cli_simulate import simulate
from connector.commands.cli_webhooks import webhooks_cli
from connector.core.nearest import none_such
from connector.demo_plan import DemoPlan
from connector.demo_view import picture
from connector.kafka.records import KafkaFatal
from connector.kafka.schemas import SchemaName, text_of
from connector.kafka.topics import TIMEOUT_S
from connector.observability.logs import FactLog, configure
from connector.observability.metrics import Metrics
from connector.wiring.shown import told

cli = typer.Typer(
    help="Kafka and Sendblue, joined: send requests become texts at most once, status callbacks become events.",
    epilog="Begin with `kafka-sendblue demo`: it needs no Kafka, no account and no network. Exit codes: "
    + "; ".join(f"{code} {meaning}" for code, meaning in EXITS.items()),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
topics_cli = typer.Typer(help="Create the topics with the right settings, and give lines their partitions.")
schemas_cli = typer.Typer(help="The Avro schemas of the topics.")
cli.add_typer(topics_cli, name="topics")
cli.add_typer(schemas_cli, name="schemas")
cli.add_typer(ledger_cli, name="ledger")
cli.add_typer(keys_cli, name="keys")
cli.command()(cancel)
cli.command()(pause)
cli.command()(resume)
lines_cli.command("pause")(pause_line)
lines_cli.command("resume")(resume_line)
cli.add_typer(lines_cli, name="lines")
cli.add_typer(orders_cli, name="orders")
cli.command()(healthcheck)
cli.add_typer(parked_cli, name="parked")
cli.add_typer(dlq_cli, name="dlq")
cli.add_typer(optouts_cli, name="optouts")
cli.add_typer(webhooks_cli, name="webhooks")


@cli.command()
def run(
    config: Config = None,
    role: Roles = None,
) -> None:
    """Run the connector until SIGTERM or Ctrl-C; a second one ends it at once.

    Example: kafka-sendblue run --config connector.yaml --role router --role sender
    """
    settings, roles = _settings(config), roles_of(role)
    configure(settings.observability.log_level)
    metrics = Metrics((line.alias for line in settings.lines), told(settings, roles))

    async def main() -> None:
        metrics.serve(settings.observability.host, settings.observability.metrics_port)
        await Connector(settings, roles, both(metrics, FactLog())).run(stop_on_signal())

    try:
        _run(main())
    except (StartRefused, KafkaFatal, OSError, ValueError) as error:
        fail(str(error), FATAL)


@cli.command("demo")
def demo_command(
    seconds: Annotated[float, typer.Option(help="how long requests come in")] = 60.0,
    lines: Annotated[int, typer.Option(min=1, max=50, help="Sendblue lines")] = 5,
    rate: Annotated[float, typer.Option(help="requests a second, over all lines")] = 40.0,
    gap: Annotated[float, typer.Option(help="seconds between two texts of a line")] = 0.1,
    seed: Annotated[int, typer.Option(help="of the faults")] = 1,
    naive: Annotated[bool, typer.Option("--naive", help="the same through an ordinary at-least-once loop")] = False,
    no_ui: Annotated[bool, typer.Option("--no-ui", help="no live view")] = False,
    as_json: AsJson = False,
) -> None:
    """Watch requests become texts and events while replies get lost. Needs no Kafka, no account, no network.

    Example: kafka-sendblue demo --seconds 20 --json --no-ui
    """
    plan = DemoPlan(seconds, lines, gap, rate, seed, naive)
    configure("error")
    if no_ui or as_json or not out.is_terminal:
        report = _run(_demo(plan))
    else:
        with Live(console=out, refresh_per_second=4) as live:
            report = _run(_demo(plan, lambda state: live.update(picture(state))))
    print_json(report) if as_json else print_pairs("demo broker, no preflight", report)


async def _demo(plan: DemoPlan, show: Any = lambda _: None) -> dict[str, Any]:
    return await demo.run(plan, stop_on_signal(), show)


cli.command()(simulate)
cli.command()(send)


@cli.command()
def tail(
    config: Config = None,
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="all events, not only new ones")] = False,
    limit: Annotated[int, typer.Option(help="stop after so many; 0: never")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show events as they come, until Ctrl-C. Example: kafka-sendblue tail --json | jq .status"""
    events = operations.tail(_settings(config), from_beginning, limit, lambda row: print_event(row, as_json))
    _kafka(events, endless=True)


@topics_cli.command("plan")
def topics_plan(config: Config = None, as_json: AsJson = False) -> None:
    """Say what `topics apply` would do.

    Example: kafka-sendblue topics plan -c connector.yaml
    """
    print_changes(_kafka(operations.topics(_settings(config), apply=False)), as_json)


@topics_cli.command("apply")
def topics_apply(config: Config = None, as_json: AsJson = False) -> None:
    """Create missing topics, add partitions for new lines, mend settings, write genesis. Takes nothing away.

    Example: kafka-sendblue topics apply -c connector.yaml
    """
    print_changes(_kafka(operations.topics(_settings(config), apply=True)), as_json)


@schemas_cli.command("list")
def schemas_list(name: Annotated[str | None, typer.Argument(help="print this one")] = None) -> None:
    """Print the names of the schemas, or one schema.

    Example: kafka-sendblue schemas list send-request > send-request.avsc
    """
    if name is None:
        out.print("\n".join(SchemaName))
    elif name in list(SchemaName):
        print(text_of(SchemaName(name)), end="")  # noqa: T201 - exactly the file, for a pipe
    else:
        fail(none_such("schema", [name], SchemaName), 2)


@schemas_cli.command("register")
def schemas_register(config: Config = None, as_json: AsJson = False) -> None:
    """Protect every subject with FULL_TRANSITIVE and register its schema.

    Example: kafka-sendblue schemas register -c connector.yaml
    """
    print_rows(("subject", "id"), _kafka(operations.register(_settings(config))), as_json)


@schemas_cli.command("check")
def schemas_check(config: Config = None, as_json: AsJson = False) -> None:
    """Ask the registry whether each schema may follow all versions it has, and whether subjects are protected.

    Exit code 3 when a schema is incompatible or its subject is not protected (then `schemas register` mends it).

    Example: kafka-sendblue schemas check -c connector.yaml --json
    """
    rows = _kafka(operations.compatible(_settings(config)))
    print_rows(("subject", "protected", "compatible"), rows, as_json)
    if not all(protected and fits for _, protected, fits in rows):
        raise typer.Exit(FAULTS)


@cli.command()
def check(config: Config = None, role: Roles = None, as_json: AsJson = False) -> None:
    """Check settings, topics, registry, credentials and lines; say what to do about each fault. Exit code 3 on any.

    What none of the roles needs is not asked for: a router holds no key of the account.

    Example: kafka-sendblue check -c connector.yaml --json | jq '.[] | select(.ok | not)'
    """
    findings = _kafka(operations.check(_settings(config), roles_of(role)))
    print_findings(findings, as_json)
    if not all(f.ok for f in findings):
        raise typer.Exit(FAULTS)


@cli.command()
def doctor(
    status_url: Annotated[
        str | None, typer.Option(help="where a running process tells its state; default: here, by the settings")
    ] = None,
    config: Config = None,
    role: Roles = None,
    within: Annotated[float, typer.Option(min=0.1, help="how many seconds the brokers have to answer")] = TIMEOUT_S,
    as_json: AsJson = False,
) -> None:
    """Look at a running installation: all that `check` looks at, lag, clocks, readiness, breakers and lines.

    Exit code 1 when something is wrong; each fault says what to do. It writes nothing and sends nothing.

    Example: kafka-sendblue doctor -c connector.yaml --status-url http://connector:8081/statusz
    """
    settings, roles = _settings(config), roles_of(role)
    url = status_url or doctor_command.status_url_of(settings)
    findings = _kafka(doctor_command.examine(settings, url, roles, within))
    print_findings(findings, as_json)
    if not all(f.ok for f in findings):
        raise typer.Exit(WRONG)


@cli.command()
def version() -> None:
    """Print the version."""
    out.print(__version__)


def main() -> None:
    """The console script."""
    cli()
