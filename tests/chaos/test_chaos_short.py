"""The short form of chaos: every kind of fault once, in one trial, while requests keep coming.

``SEED`` in the environment repeats a run. The whole set, each act apart, and kill -9 by the hundred: `make chaos`.
"""

import os
import random
import time

import pytest

from tests.chaos.fleet import PROTOCOLS
from tests.chaos.scenarios import Played, play, why_not
from tests.chaos.stack import Stack

SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(10**6))))
ACTS: tuple[tuple[str, ...], ...] = (
    ("rolling-deploy",),
    ("kill-loop",),
    ("operators-at-work",),
    ("rebalance-storm",),
    ("offsets-reset",),
    ("registry-away",),
    ("disk-full", "sendblue-unreachable"),
    ("freezes", "sendblue-answers-wrong"),
    ("broker-killed", "callbacks-astray"),
    ("cut-from-all-brokers",),
    ("answers-of-brokers-lost", "sendblue-slow"),
    ("slow-network",),
    ("ledger-slow",),
)
"""What starts processes comes first: an attempt in doubt is parked a minute after its holder has read it. What leaves
the machine waiting is played beside something else."""
SINGLE = [act for together in ACTS for act in together]


@pytest.fixture(scope="module")
def played(stack: Stack) -> Played:
    """All acts that this machine can play, in one trial."""
    protocol = PROTOCOLS[SEED % len(PROTOCOLS)]
    print(f"\nseed {SEED}, {protocol}")  # noqa: T201 - to repeat the run
    began = time.monotonic()

    def said(what: str) -> None:
        print(f"{time.monotonic() - began:4.0f} s  {what}")  # noqa: T201

    here = [tuple(act for act in together if why_not(act) is None) for together in ACTS]
    return play(stack, [together for together in here if together], SEED, said, protocol)


def test_no_promise_is_broken(played: Played) -> None:
    """No text twice, one end for each record, in pace, in order, one line a contact, every 2xx callback an event."""
    print(played.judgement.figures)  # noqa: T201

    assert played.judgement.complaints == ()


@pytest.mark.parametrize("act", SINGLE)
def test_the_fault_really_happened(act: str, played: Played) -> None:
    """An act says what it did; one that did nothing has failed before this."""
    if why := why_not(act):
        pytest.skip(why)

    assert played.fired[act]
