"""``python -m tests.chaos``: every act in a trial of its own. ``... kills``: the long form. ``... report``: add up."""

import random
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.chaos import report
from tests.chaos.fleet import PROTOCOLS
from tests.chaos.kills import Plan, run
from tests.chaos.scenarios import ACTS, GAP_S, play, why_not
from tests.chaos.stack import Stack, ended_by_sigterm

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console()
Seed = Annotated[int | None, typer.Option(help="of all that is left to chance; by default another one each time")]
Report = Annotated[
    Path | None, typer.Option("--report", help="append each run to this file, as a JSON line, and add all up")
]
Only = Annotated[list[str], typer.Option("--only", help="this act; repeat it")]


@app.callback(invoke_without_command=True)
def scenarios(context: typer.Context, only: Only = [], seed: Seed = None, into: Report = None) -> None:  # noqa: B006 - typer copies it
    """Play every act in a trial of its own, and judge each."""
    if context.invoked_subcommand is not None:
        return
    if unknown := set(only) - ACTS.keys():
        raise typer.BadParameter(f"no such act: {', '.join(sorted(unknown))}; there are {', '.join(ACTS)}")
    began_with = _seed(seed)
    runs = []
    with Stack() as stack:
        for n, act in enumerate(only or ACTS):
            runs.append(_play(stack, act, began_with + n, PROTOCOLS[n % len(PROTOCOLS)]))
            _keep(into, runs[-1])
    _end(runs)


@app.command()
def kills(
    requests: Annotated[int, typer.Option(min=100, help="in each run")] = 20_000,
    kills: Annotated[int, typer.Option(min=1, help="in each run")] = 50,
    runs: Annotated[int, typer.Option(min=1, help="one after the other, with seeds that follow each other")] = 1,
    seed: Seed = None,
    policy: Annotated[str, typer.Option(help="park or resend")] = "park",
    protocol: Annotated[str, typer.Option(help="classic, static or consumer; by default in turn")] = "",
    into: Report = None,
) -> None:
    """kill -9 under load: texts doubled 0, requests lost 0."""
    first, done = _seed(seed), []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[what]}")
    with Stack() as stack, Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        for n in range(runs):
            plan = Plan(requests, kills, first + n, protocol or PROTOCOLS[n % len(PROTOCOLS)], policy)
            bar = progress.add_task(f"seed {plan.seed}, {plan.protocol}", total=kills, what="starting")

            def say(killed: int, sent: int, what: str, bar: object = bar) -> None:
                progress.update(bar, completed=killed, what=f"kills, {sent:,} requests, {what}")  # type: ignore[arg-type]

            done.append(run(stack, plan, say))
            _keep(into, done[-1])
            progress.update(bar, completed=kills, what=_in_short(done[-1]))
    _end(done if into is None else report.read(into))


@app.command("report")
def add_up(path: Path) -> None:
    """Add the runs of a report up."""
    report.show(report.read(path), console)


def _play(stack: Stack, act: str, seed: int, protocol: str) -> report.Run:
    if why := why_not(act):
        return report.left_out(act, why)
    began = time.monotonic()
    played = play(stack, [act], seed, console.print, protocol)
    more = {"gap_s": GAP_S, "protocol": protocol, "fired": list(played.fired.values())}
    return report.line_of(act, seed, time.monotonic() - began, played.judgement, **more)


def _seed(seed: int | None) -> int:
    return random.SystemRandom().randrange(10**6) if seed is None else seed


def _keep(into: Path | None, run: report.Run) -> None:
    if into is not None:
        report.append(into, run)


def _in_short(run: report.Run) -> str:
    said = f"{run['texts']:,} texts, {run['doubled']} doubled, {run['lost']} lost, {run['in_doubt']} in doubt"
    return f"{said}, {len(run['complaints'])} complaints"


def _end(runs: list[report.Run]) -> None:
    report.show(runs, console)
    raise typer.Exit(1 if any(run.get("complaints") for run in runs) else 0)


if __name__ == "__main__":
    ended_by_sigterm()
    app()
