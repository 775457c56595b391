"""All states of the real fold, views and turns within small bounds; and that the check has teeth.

Larger bounds: ``python -m tests.core.model_check --full``.
"""

from dataclasses import replace

import pytest

from tests.core.model_check import NOTHING, Explorer
from tests.core.model_world import Bounds

ONE = replace(NOTHING, requests=1, replicas=2)
TWO = replace(NOTHING, replicas=2)

SMALL: dict[str, Bounds] = {
    "three replicas, two requests, ten minutes": replace(NOTHING, ticks=1),
    "two requests, a late append": replace(TWO, late=1),
    "a frozen holder wakes": replace(TWO, freezes=1, lines="AB"),
    "a frozen holder wakes after ten minutes": replace(ONE, freezes=1, ticks=1, callbacks=1, late=1),
    "two crashes": replace(ONE, crashes=2),
    "a crash and a late append": replace(ONE, crashes=1, late=1),
    "an operator resolves": replace(ONE, ticks=1, callbacks=1, resolve=1, refused=1),
    "five days of silence, then a replica that begins late": replace(ONE, late=1, long=1),
}


@pytest.mark.parametrize("name", SMALL)
def test_what_must_hold_holds_in_every_state(name: str) -> None:
    """No second text, no record done without an end, one attempt in flight a contact, the gap kept, nothing stuck."""
    found = Explorer(SMALL[name]).run()
    print(f"{name}: {found.states:,} states")  # noqa: T201

    assert found.violation is None, found.way
    assert found.complete


MUTANTS: dict[str, tuple[Bounds, str]] = {
    "arbitration": (ONE, "two texts"),
    "unknown_stays_open": (ONE, "two texts"),
    "open_waits": (replace(ONE, crashes=1), "done without an end"),
    "busy": (replace(TWO, lines="AB"), "two in flight for one contact"),
    "recheck": (replace(ONE, ticks=1, callbacks=1, resolve=1), "written though its own fold says submitted"),
}


@pytest.mark.parametrize("rule", MUTANTS)
def test_a_rule_taken_away_is_missed(rule: str) -> None:
    """Trust the acknowledgement; take unknown for unsent; mark DUPLICATE(open) done; forget the contact; look once."""
    bounds, expected = MUTANTS[rule]

    assert Explorer(replace(bounds, without=frozenset({rule}))).run().violation == expected
