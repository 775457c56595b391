"""The `simulate` command: its options, and the local Sendblue they make."""

import asyncio
import gc
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from connector.commands.cli_frame import WRONG, run, stop_on_signal
from connector.commands.cli_output import err, fail
from connector.observability.logs import configure
from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.bodies import E164
from connector.simulator.faults import Fault, Faults
from connector.simulator.server import running

Lines = Annotated[list[str], typer.Option("--line", help="a number on the account, E.164; repeat it")]
Host = Annotated[str, typer.Option(help="address to listen on; anybody who reaches it may change its faults")]
Port = Annotated[int, typer.Option(help="port to listen on")]
RecordFile = Annotated[Path | None, typer.Option(help="append every POST and its fate to this file, synced")]
AnswersFile = Annotated[Path | None, typer.Option(help="append every answered callback to this file")]
LoseReply = Annotated[float, typer.Option(min=0, max=1, help="share of texts accepted without an answer")]
Latency = Annotated[float, typer.Option(min=0, help="seconds a send takes")]
Seed = Annotated[int, typer.Option(help="of the faults")]
LineRate = Annotated[float, typer.Option(min=0, help="POSTs a second and line before 429; 0: no limit")]
Gap = Annotated[float, typer.Option(min=0, help="seconds between two POSTs of a line, for the record; 0: by line rate")]
Step = Annotated[float, typer.Option(min=0, help="seconds between two statuses of a text")]
Lag = Annotated[float, typer.Option(min=0, help="seconds the message list is behind")]
Lost = Annotated[float, typer.Option(min=0, max=1, help="share of callbacks that never come")]
Twice = Annotated[float, typer.Option(min=0, max=1, help="share of callbacks that come twice")]
Late = Annotated[float, typer.Option(min=0, max=1, help="share of callbacks that come late and out of order")]
Hourly = Annotated[int | None, typer.Option(min=0, help="new contacts of a line in a rolling hour; Sendblue: 15")]
Daily = Annotated[int | None, typer.Option(min=0, help="new contacts of a line until 3 AM in New York; Sendblue: 50")]
PreReply = Annotated[int, typer.Option(min=0, help="texts to a contact who never answered; 0: no limit")]
PlanSuffix = Annotated[bool, typer.Option("--plan-suffix", help="append to each text what the free plan appends")]
Verified = Annotated[
    list[str] | None,
    typer.Option(help="free plan: a contact who may be texted, E.164; others must text in first"),
]
OddTypes = Annotated[bool, typer.Option("--odd-types", help="the other spelling where Sendblue has two")]

SETTLE_S = 5.0
"""Between two looks at what lives: some ten thousand texts at full speed."""


def simulate(
    line: Lines,
    host: Host = "127.0.0.1",
    port: Port = 8900,
    record: RecordFile = None,
    answers: AnswersFile = None,
    lose_reply: LoseReply = 0.0,
    latency: Latency = 0.0,
    seed: Seed = 1,
    line_rate: LineRate = 0.0,
    gap: Gap = 0.0,
    step: Step = 0.1,
    lag: Lag = 0.0,
    callback_lost: Lost = 0.0,
    callback_twice: Twice = 0.0,
    callback_late: Late = 0.0,
    new_hourly: Hourly = None,
    new_daily: Daily = None,
    pre_reply: PreReply = 0,
    plan_suffix: PlanSuffix = False,
    verified: Verified = None,
    odd_types: OddTypes = False,
) -> None:
    """Run the local Sendblue alone. Keys: demo-key and demo-secret.

    What it saw: GET /_sim/record, and /_sim/orders by contact. What goes wrong: GET and PUT /_sim/faults, for example
    curl -X PUT :8900/_sim/faults -d '{"outage": "503"}'. A contact writes: POST /_sim/inbound.

    Example: kafka-sendblue simulate --line +12025550100 --line-rate 1 --lose-reply 0.03 --record posts.jsonl
    """
    if odd := [number for number in line if E164.fullmatch(number) is None]:
        fail(f"--line is no number in E.164 format: {', '.join(odd)}", 2)
    settings = SimulatorSettings(
        lines=tuple(line),
        line_rate=line_rate,
        gap_s=gap,
        step_s=step,
        lag_s=lag,
        latency_s=latency,
        record=record,
        answers=answers,
        new_contacts_hourly=new_hourly,
        new_contacts_daily=new_daily,
        pre_reply_limit=pre_reply,
        free_plan=plan_suffix,
        verified=tuple(verified) if verified else None,
        odd_types=odd_types,
    )
    faults = Faults({Fault.LOSE_REPLY: lose_reply}, callback_lost, callback_twice, callback_late, seed)
    configure("error")
    try:
        run(_served(Simulator(settings, faults), host, port))
    except OSError as error:
        fail(str(error), WRONG)


async def _served(simulator: Simulator, host: str, port: int) -> None:
    stop = stop_on_signal()
    async with running(simulator, host, port) as url:
        err.print(f"Sendblue simulator on {url}", soft_wrap=True)
        while not stop.is_set():
            _settle_memory()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SETTLE_S)


def _settle_memory() -> None:
    """Take what lives out of the garbage collector's sight.

    Texts are never thrown away; to look through 200,000 of them would stop the loop for a tenth of a second, and POSTs
    that came meanwhile would look too close together.
    """
    gc.collect(1)
    gc.freeze()
