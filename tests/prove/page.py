"""The report as Markdown, and its place in docs/reliability.md: between two comments, where nobody writes by hand."""

from collections.abc import Sequence
from pathlib import Path

from tests.chaos.pace import TOLERANCE_S
from tests.prove.brokers_table import ranges, table
from tests.prove.noise import MOMENT_S
from tests.prove.rows import Row, never_taken, of_form

BEGIN = "<!-- proof: begin; `make prove` writes what is between, nobody else -->"
END = "<!-- proof: end -->"
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
TOLERANCE = (
    f"Too close: closer than the gap of the line by more than {TOLERANCE_S:g} s, from the arrival of a call at the "
    "proxy before the simulator to the arrival of the next one at the simulator, as the kernel has them."
)
OLDER = "{} of these runs are older: judged by arrivals alone, closer than the gap by up to three quarters let pass."


def markdown(rows: Sequence[Row]) -> str:
    """All that the lines show; what was not run is not mentioned."""
    brokers = table(rows)
    parts = [brokers, _tolerance(rows) if brokers else [], _without_brokers(rows), _machine(rows), _left_out(rows)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def put(page: str, text: str) -> str:
    """The page with this text between its two comments. Raises ValueError where it lacks one of them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page lacks the comments between which the figures go")
    return f"{before}{begin}\n\n{text}\n{end}{after}"


def _tolerance(rows: Sequence[Row]) -> list[str]:
    older = sum("settle_s" in row and "too_close" not in row for row in rows)
    return [TOLERANCE, *([OLDER.format(older)] if older else [])]


def _without_brokers(rows: Sequence[Row]) -> list[str]:
    cells = {
        "Simulated worlds": _worlds(of_form(rows, "simulation")),
        "Small worlds explored": _model(of_form(rows, "model")),
        "Rules removed": _mutants(of_form(rows, "mutants")),
        "Callbacks forged and damaged": _fuzz(of_form(rows, "fuzz")),
    }
    told = [f"| {name} | {cell} |" for name, cell in cells.items() if cell]
    return ["| Without brokers | |", "|---|---|", *told] if told else []


def _worlds(chunks: Sequence[Row]) -> str:
    if not chunks:
        return ""
    worlds, requests, posts, processes = (
        f"{sum(row[name] for row in chunks):,}" for name in ("seeds", "requests", "posts", "processes")
    )
    seeds = ranges(n for row in chunks for n in range(row["first"], row["first"] + row["seeds"]))
    failed = sorted({int(seed) for row in chunks for seed in row["failed"]})
    return (
        f"{worlds} (seeds {seeds}): {requests} requests, {posts} calls, {processes} processes begun; worlds with a "
        f"violation: {ranges(failed) or 'none'}; rare paths never taken: {', '.join(never_taken(chunks)) or 'none'}"
    )


def _model(worlds: Sequence[Row]) -> str:
    if not worlds:
        return ""
    states, whole = sum(row["states"] for row in worlds), sum(row["complete"] for row in worlds)
    bad = [row["world"] for row in worlds if row["violation"]]
    return (
        f"{len(worlds)}, {whole} of them completely: {states:,} states; forbidden or stuck: {', '.join(bad) or 'none'}"
    )


def _mutants(told: Sequence[Row]) -> str:
    if not told:
        return ""
    last = told[-1]
    return f"{last['killed']} of {last['of']} missed by a test; not missed: {', '.join(last['not_killed']) or 'none'}"


def _fuzz(told: Sequence[Row]) -> str:
    if not told:
        return ""
    last = told[-1]
    shots, judged = last["shots"], last["judged"]
    return (
        f"{sum(shots.values()):,} over real sockets: {shots['token']:,} with a forged address, {shots['body']:,} with "
        f"a damaged body, {shots['wire']:,} damaged anywhere; {judged['forged']:,} forged ones reached the ingress, "
        f"and {judged['genuine']:,} genuine ones; memory grew by {last['growth_bytes'] / 2**20:.1f} MiB; accepted "
        f"though forged, lost, or an error of ours: {', '.join(last['complaints']) or 'none'}"
    )


def _machine(rows: Sequence[Row]) -> list[str]:
    """Where it ran, and of which sources."""
    commits = list(dict.fromkeys(row["commit"] for row in rows if row.get("commit")))
    ends = [row for row in of_form(rows, "stage") if row.get("late_p99_s") is not None]
    noise = [
        f"- {row['stage']}: {row['seconds']} s, {row['cpus']} processors, load {row['load_p50']:g}; a sleep of "
        f"{MOMENT_S * 1000:g} ms ended up to {row['late_p99_s']:g} s late (p99), {row['late_max_s']:g} s at most"
        for row in ends
    ]
    return ([f"Commits: {', '.join(commits)}.", ""] if commits else []) + noise


def _left_out(rows: Sequence[Row]) -> list[str]:
    return [f"Left out: {row['form']}, {row['left_out']}." for row in rows if "left_out" in row]
