"""Runs on real brokers, added up: one column for each kind of run, one row for each figure."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from tests.chaos.oracle import percentile
from tests.chaos.scenarios import ACTS
from tests.prove.rows import Row, of_acts, of_kills

CLOSE = "after another POST of its line"
"""How a complaint of two calls that were too close is told by `tests/chaos/pace.py`."""
Cell: TypeAlias = Callable[[Sequence[Row]], str]


def columns(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The kinds of runs that there are, with their lines."""
    acts = of_acts(rows)
    kinds = {
        f"{len({row['form'] for row in acts})} of {len(ACTS)} acts, each apart": acts,
        "kill -9, `PARK`": of_kills(rows, "park"),
        "kill -9, `RESEND`": of_kills(rows, "resend"),
    }
    return {name: of for name, of in kinds.items() if of}


def ranges(numbers: Iterable[int]) -> str:
    """Numbers that follow each other, as from-to."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in spans)


def _sum(*names: str) -> Cell:
    return lambda runs: " / ".join(f"{sum(run.get(name, 0) for run in runs):,}" for name in names)


def _settle(runs: Sequence[Row]) -> str:
    spans = sorted(span for run in runs for span in run["settle_s"])
    return f"{percentile(spans, 0.5)} s / {percentile(spans, 0.95)} s" if spans else "-"


def _too_close(runs: Sequence[Row]) -> str:
    """Lines of before this was a figure tell it by their complaints."""
    return str(sum(run.get("too_close", sum(CLOSE in one for one in run["complaints"])) for run in runs))


def _gap(runs: Sequence[Row]) -> str:
    gaps = [(run["smallest_gap_s"], run["gap_s"]) for run in runs if run["smallest_gap_s"] is not None]
    return "{:.3f} s at {:g} s".format(*min(gaps)) if gaps else "-"


ROWS: dict[str, Cell] = {
    "runs": lambda runs: str(len(runs)),
    "requests": _sum("requests"),
    "`kill -9` of a replica": _sum("kills"),
    "texts": _sum("texts"),
    "**requests texted twice**": _sum("doubled"),
    "of them explained by the limit of `RESEND`": _sum("explained"),
    "**records without an end**": _sum("lost"),
    "contacts on two lines without a REBIND": _sum("two_lines"),
    "pauses / contacts moved / of them heard from both lines": _sum("pauses", "moves", "both_lines"),
    "contacts opted out / requests refused for it": _sum("opt_outs", "turned_away"),
    "grants given back: paused, opted out, moved": _sum("given_back"),
    "sent after a later one of their contact, as they came to their line": _sum("appended_again"),
    "attempts in doubt": _sum("in_doubt"),
    "settled by callback / list / absence": _sum("callback", "list", "absence"),
    "parked / of them with a text out": _sum("parked", "parked_text_out"),
    "time to settle, p50 / p95": _settle,
    "calls of a line too close": _too_close,
    "smallest gap, at a gap of": _gap,
    "callbacks answered 2xx, each with its event": _sum("callbacks"),
    "broken promises of any kind": lambda runs: str(sum(len(run["complaints"]) for run in runs)),
    "seeds": lambda runs: ranges(run["seed"] for run in runs),
}


def table(rows: Sequence[Row]) -> list[str]:
    """Markdown lines; none without runs."""
    kinds = columns(rows)
    if not kinds:
        return []
    head = [f"| Real brokers | {' | '.join(kinds)} |", "|---|" + "---|" * len(kinds)]
    return head + [f"| {name} | {' | '.join(cell(of) for of in kinds.values())} |" for name, cell in ROWS.items()]
