"""The page of figures: fixed lines give fixed Markdown, and nothing else of the page is touched."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.scenarios import ACTS
from tests.prove.brokers_table import ranges
from tests.prove.page import BEGIN, END, PAGE, markdown, put
from tests.prove.rows import read

Row = dict[str, Any]


def run(form: str, seed: int, **more: Any) -> Row:
    """One run on brokers, as `tests/chaos/report.py` wrote it before it had commits and calls that were too close."""
    return {
        "form": form, "seed": seed, "seconds": 60, "gap_s": 0.15, "requests": 1000, "repeats": 20, "kills": 50,
        "posts": 1100, "texts": 990, "doubled": 0, "explained": 0, "lost": 0, "in_doubt": 4, "callback": 2, "list": 1,
        "absence": 0, "parked": 1, "parked_text_out": 0, "events": 3000, "callbacks": 2000, "two_lines": 0,
        "smallest_gap_s": 0.0971, "settle_p50_s": 0.2, "settle_p95_s": 60.0, "settle_s": [0.1, 0.2, 0.3, 60.0],
        "complaints": [], **more,
    }  # fmt: skip


def lines() -> list[Row]:
    """A proof with everything in it, and something wrong in most of it."""
    close = "r7: 20.0 ms after another POST of its line, gap 0.15 s"
    return [
        {
            "form": "simulation", "first": 0, "seeds": 1000, "requests": 17_000, "posts": 12_000, "processes": 7000,
            "failed": {}, "never": [],
        },
        {
            "form": "simulation", "first": 1000, "seeds": 500, "requests": 8000, "posts": 6000, "processes": 3000,
            "failed": {"1203": ["a text twice"]}, "never": ["a rare path"],
        },
        {"form": "mutants", "killed": 123, "of": 124, "not_killed": ["no-lease"]},
        {
            "form": "fuzz", "shots": {"token": 62_000, "body": 13_000, "wire": 25_000}, "growth_bytes": 3_145_728,
            "judged": {"forged": 61_000, "genuine": 14_000}, "complaints": [],
        },
        {"form": "model", "world": "a crash", "states": 90_000, "complete": True, "violation": None},
        {"form": "model", "world": "an operator resolves", "states": 100_000, "complete": False, "violation": None},
        {
            "form": "stage", "stage": "model", "exit": 0, "seconds": 900, "commit": "abc1234", "late_p99_s": 0.02,
            "late_max_s": 0.5, "load_p50": 9.7, "cpus": 2,
        },
        run("freezes", 5, kills=0, commit="abc1234", too_close=0),
        {"form": "disk-full", "left_out": "this system has no such thing"},
        run("kills", 2001, protocol="classic", policy="park", held=0),
        run("kills", 2002, protocol="static", policy="park", held=0, complaints=[close], smallest_gap_s=0.02),
        run(
            "kills", 1, policy="resend", doubled=1, explained=1, absence=3, commit="def5678", too_close=0, pauses=9,
            moves=140, both_lines=60, opt_outs=30, turned_away=170, given_back=5,
        ),
    ]  # fmt: skip


EXPECTED = """\
| Real brokers | 1 of {acts} acts, each apart | kill -9, `PARK` | kill -9, `RESEND` |
|---|---|---|---|
| runs | 1 | 2 | 1 |
| requests | 1,000 | 2,000 | 1,000 |
| `kill -9` of a replica | 0 | 100 | 50 |
| texts | 990 | 1,980 | 990 |
| **requests texted twice** | 0 | 0 | 1 |
| of them explained by the limit of `RESEND` | 0 | 0 | 1 |
| **records without an end** | 0 | 0 | 0 |
| contacts on two lines without a REBIND | 0 | 0 | 0 |
| pauses / contacts moved / of them heard from both lines | 0 / 0 / 0 | 0 / 0 / 0 | 9 / 140 / 60 |
| contacts opted out / requests refused for it | 0 / 0 | 0 / 0 | 30 / 170 |
| grants given back: paused, opted out, moved | 0 | 0 | 5 |
| sent after a later one of their contact, as they came to their line | 0 | 0 | 0 |
| attempts in doubt | 4 | 8 | 4 |
| settled by callback / list / absence | 2 / 1 / 0 | 4 / 2 / 0 | 2 / 1 / 3 |
| parked / of them with a text out | 1 / 0 | 2 / 0 | 1 / 0 |
| time to settle, p50 / p95 | 0.3 s / 60.0 s | 0.3 s / 60.0 s | 0.3 s / 60.0 s |
| calls of a line too close | 0 | 1 | 0 |
| smallest gap, at a gap of | 0.097 s at 0.15 s | 0.020 s at 0.15 s | 0.097 s at 0.15 s |
| callbacks answered 2xx, each with its event | 2,000 | 4,000 | 2,000 |
| broken promises of any kind | 0 | 1 | 0 |
| seeds | 5 | 2001 to 2002 | 1 |

Too close: closer than the gap of the line by more than 0.025 s, from the arrival of a call at the proxy before the \
simulator to the arrival of the next one at the simulator, as the kernel has them.
2 of these runs are older: judged by arrivals alone, closer than the gap by up to three quarters let pass.

| Without brokers | |
|---|---|
| Simulated worlds | 1,500 (seeds 0 to 1499): 25,000 requests, 18,000 calls, 10,000 processes begun; worlds with a \
violation: 1203; rare paths never taken: none |
| Small worlds explored | 2, 1 of them completely: 190,000 states; forbidden or stuck: none |
| Rules removed | 123 of 124 missed by a test; not missed: no-lease |
| Callbacks forged and damaged | 100,000 over real sockets: 62,000 with a forged address, 13,000 with a damaged body, \
25,000 damaged anywhere; 61,000 forged ones reached the ingress, and 14,000 genuine ones; memory grew by 3.0 MiB; \
accepted though forged, lost, or an error of ours: none |

Commits: abc1234, def5678.

- model: 900 s, 2 processors, load 9.7; a sleep of 50 ms ended up to 0.02 s late (p99), 0.5 s at most

Left out: disk-full, this system has no such thing.
"""


def test_fixed_lines_give_fixed_markdown() -> None:
    """Every figure, from lines of every form, old ones too."""
    assert markdown(lines()) == EXPECTED.format(acts=len(ACTS))


def test_a_report_of_kills_alone_is_enough(tmp_path: Path) -> None:
    """What was not run is not mentioned; a last line that is still being written is left alone."""
    report = tmp_path / "park.jsonl"
    report.write_text(json.dumps(run("kills", 7, policy="park")) + '\n{"form": "kil')
    told = markdown(read(report))

    assert told.startswith("| Real brokers | kill -9, `PARK` |\n|---|---|\n| runs | 1 |\n")
    assert "Without brokers" not in told


def test_nothing_but_what_is_between_the_comments_is_replaced() -> None:
    """Once and once more: the same page."""
    page = f"Before.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"
    expected = f"Before.\n\n{BEGIN}\n\nnew\n\n{END}\n\nAfter.\n"

    assert put(page, "new\n") == expected
    assert put(expected, "new\n") == expected


def test_a_page_without_the_comments_is_refused() -> None:
    """Figures are not written just anywhere; the page of this project has them."""
    with pytest.raises(ValueError, match="lacks the comments"):
        put("A page.", "new\n")

    assert put(PAGE.read_text(), "new\n").count("\nnew\n") == 1


def test_numbers_that_follow_each_other_are_told_as_a_range() -> None:
    """In order, each once."""
    assert ranges([3, 1, 2, 2, 9]) == "1 to 3, 9"
