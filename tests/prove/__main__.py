"""``python -m tests.prove``: the long form of everything, one stage after the other. ``... table``: the page alone."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tests.chaos.report import commit
from tests.chaos.stack import ended_by_sigterm
from tests.prove.noise import Noise
from tests.prove.page import PAGE, markdown, put
from tests.prove.rows import append, is_bad, never_taken, read
from tests.prove.running import run
from tests.prove.stages import STAGES, Size

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console()
NORMAL = Size()
Report = Annotated[Path, typer.Option("--report", help="results, as JSON lines; with the same file a proof goes on")]
Also = Annotated[list[Path], typer.Option("--also", help="a report of `tests.chaos kills` that counts too; repeat it")]
Page = Annotated[bool, typer.Option("--page/--no-page", help="write the table into docs/reliability.md")]
Stages = Annotated[list[str], typer.Option(help=f"a stage: {', '.join(STAGES)}; repeat it")]


@app.callback(invoke_without_command=True)
def prove(
    context: typer.Context,
    report: Report = Path("docs/evidence.jsonl"),
    also: Also = [],  # noqa: B006 - typer copies it
    only: Stages = [],  # noqa: B006
    skip: Stages = [],  # noqa: B006
    worlds: Annotated[int, typer.Option(help="simulated")] = NORMAL.worlds,
    runs: Annotated[int, typer.Option(help="of kills, policy PARK")] = NORMAL.runs,
    resend_runs: Annotated[int, typer.Option(help="of kills, policy RESEND")] = NORMAL.resend_runs,
    requests: Annotated[int, typer.Option(help="in each run of kills")] = NORMAL.requests,
    kills: Annotated[int, typer.Option(help="in each run of kills")] = NORMAL.kills,
    seed: Annotated[int, typer.Option(help="the first one of chaos")] = NORMAL.seed,
    page: Page = True,
) -> None:
    """Prove everything at length. A stage that fails is told at the end; the others go on."""
    if context.invoked_subcommand is not None:
        return
    if unknown := {*only, *skip} - STAGES.keys():
        raise typer.BadParameter(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}")
    size = Size(worlds, runs, resend_runs, requests, kills, seed)
    chosen = [name for name in STAGES if (not only or name in only) and name not in skip]
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, TextColumn("{task.fields[what]}", markup=False), console=console) as progress:
        tasks = {name: progress.add_task(name, start=False, total=None, what="") for name in chosen}
        failed = [name for name, task in tasks.items() if not _stage(name, size, report.resolve(), progress, task)]
    _end(report, also, failed, page=page)


@app.command("table")
def show(report: Report = Path("docs/evidence.jsonl"), also: Also = [], page: Page = True) -> None:  # noqa: B006
    """Write the table of what is in these reports."""
    _end(report, also, [], page=page)


def _stage(name: str, size: Size, report: Path, progress: Progress, task: TaskID) -> bool:
    """Run what is missing of a stage; whether it all went well."""
    commands, began, done, codes = STAGES[name](read(report), size, str(report)), time.monotonic(), 0, [0]
    progress.start_task(task)
    progress.update(task, total=sum(command.lines for command in commands))
    with Noise() as noise:
        for command in commands:

            def say(lines: int, what: str, before: int = done) -> None:
                progress.update(task, completed=before + lines, what=what)

            codes.append(run(command, report, report.with_suffix(".log"), say))
            done += command.lines
            say(0, "", done)
    told = {"form": "stage", "stage": name, "exit": max(codes), "seconds": round(time.monotonic() - began)}
    if commands:
        append(report, [{**told, "commit": commit(), **noise.told()}])
    return not any(codes)


def _end(report: Path, also: list[Path], failed: list[str], *, page: bool) -> None:
    rows = [row for path in (report, *also) for row in read(path)]
    text = markdown(rows)
    if page:
        PAGE.write_text(put(PAGE.read_text(), text))
    console.print(text, markup=False, highlight=False)
    bad = [row for row in rows if is_bad(row)]
    for row in bad:
        console.print(f"FAILED: {row['form']}, seed {row.get('seed', row.get('first', '-'))}", style="red")
    for path in (never := never_taken(rows)):
        console.print(f"FAILED: no simulated world took the path: {path}", style="red")
    for name in failed:
        console.print(f"FAILED: stage {name}", style="red")
    raise typer.Exit(1 if bad or never or failed else 0)


if __name__ == "__main__":
    ended_by_sigterm()
    app()
