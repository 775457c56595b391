"""The stages of the proof, and which commands of each are still to be run, by what the report has already."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from tests.chaos.fleet import PROTOCOLS
from tests.chaos.scenarios import ACTS
from tests.prove.rows import Row, of_form, of_kills

CHUNK = 1000
"""Seeds of a command: what an interrupted proof does again at most."""
FIRST_SEED = 1
"""Of the runs of chaos; each further one has the next seed."""


class Size(NamedTuple):
    """How much of each: simulated worlds, runs of kills for each policy, what is in a run, shots at the ingress."""

    worlds: int = 10_000
    runs: int = 10
    resend_runs: int = 2
    requests: int = 20_000
    kills: int = 50
    seed: int = FIRST_SEED
    shots: int = 100_000


class Command(NamedTuple):
    """``parts``: after ``python -m``. ``to_rows``: makes lines of its output; None when it appends them by itself.

    ``lines``: how many lines it will bring.
    """

    parts: tuple[str, ...]
    lines: int
    to_rows: Callable[[str], list[Row]] | None = None


Stage: TypeAlias = Callable[[Sequence[Row], Size, str], list[Command]]
"""Lines so far, how much is wanted, the report's path; what is still to be run."""


def simulate(rows: Sequence[Row], size: Size, report: str) -> list[Command]:
    """Simulated worlds, by the thousand."""
    done = {row["first"] for row in of_form(rows, "simulation")}
    return [
        _told(("tests.simulation.run", "--json", "--first", str(first), "--seeds", str(seeds)), _worlds(first))
        for first, seeds in ((n, min(CHUNK, size.worlds - n)) for n in range(0, size.worlds, CHUNK))
        if first not in done
    ]


def mutants(rows: Sequence[Row], size: Size, report: str) -> list[Command]:
    """Every rule removed once."""
    return [] if of_form(rows, "mutants") else [_told(("tests.mutants", "--json"), _mutants)]


def model(rows: Sequence[Row], size: Size, report: str) -> list[Command]:
    """Small worlds, explored as far as they go."""
    return [] if of_form(rows, "model") else [_told(("tests.core.model_check", "--full", "--json"), _model)]


def fuzz(rows: Sequence[Row], size: Size, report: str) -> list[Command]:
    """Forged and damaged callbacks."""
    command = ("tests.fuzz.run", "--json", "--shots", str(size.shots), "--seed", str(size.seed))
    return [] if of_form(rows, "fuzz") else [_told(command, _fuzz)]


def chaos(rows: Sequence[Row], size: Size, report: str) -> list[Command]:
    """Every act in a trial of its own."""
    done = {row["form"] for row in rows}
    missing = [act for act in ACTS if act not in done]
    only = [part for act in missing for part in ("--only", act)]
    command = ("tests.chaos", *only, "--seed", str(size.seed), "--report", report)
    return [Command(command, len(missing))] if missing else []


def kills_park(rows: Sequence[Row], size: Size, report: str) -> list[Command]:
    """kill -9 under load, policy PARK."""
    return _kills(of_kills(rows, "park"), "park", size.runs, size, report)


def kills_resend(rows: Sequence[Row], size: Size, report: str) -> list[Command]:
    """kill -9 under load, calls held back and replicas frozen besides, policy RESEND."""
    return _kills(of_kills(rows, "resend"), "resend", size.resend_runs, size, report)


STAGES: Mapping[str, Stage] = {
    "simulate": simulate,
    "mutants": mutants,
    "model": model,
    "fuzz": fuzz,
    "chaos": chaos,
    "kills-park": kills_park,
    "kills-resend": kills_resend,
}


def _kills(done: Sequence[Row], policy: str, wanted: int, size: Size, report: str) -> list[Command]:
    """One command a run, so that a run that breaks is not the end of the others."""
    seeds = {row["seed"] for row in done}
    fresh = [seed for seed in range(size.seed, size.seed + wanted + len(seeds)) if seed not in seeds]
    amount = ("--requests", str(size.requests), "--kills", str(size.kills), "--policy", policy, "--report", report)
    return [
        Command(("tests.chaos", "kills", "--seed", str(seed), "--protocol", _protocol(seed), *amount), 1)
        for seed in fresh[: max(wanted - len(done), 0)]
    ]


def _protocol(seed: int) -> str:
    return PROTOCOLS[seed % len(PROTOCOLS)]


def _told(parts: tuple[str, ...], to_rows: Callable[[str], list[Row]]) -> Command:
    return Command(parts, 1, to_rows)


def _worlds(first: int) -> Callable[[str], list[Row]]:
    return lambda output: [{"form": "simulation", "first": first, **json.loads(output)}]


def _mutants(output: str) -> list[Row]:
    results = json.loads(output)
    alive = [row["name"] for row in results if row["fate"] != "killed"]
    return [{"form": "mutants", "killed": len(results) - len(alive), "of": len(results), "not_killed": alive}]


def _model(output: str) -> list[Row]:
    return [{"form": "model", **json.loads(line)} for line in output.splitlines()]


def _fuzz(output: str) -> list[Row]:
    return [{"form": "fuzz", **json.loads(output)}]
