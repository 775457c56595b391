"""The short form of chaos: every kind of fault once, in one trial, while requests keep coming.

``SEED`` in the environment repeats a run. The whole set, each act apart, and kill -9 by the hundred: `make chaos`.
"""

import os
import random
import time

from tests.chaos.fleet import PROTOCOLS
from tests.chaos.scenarios import play
from tests.chaos.stack import Stack

SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(10**6))))
ACTS = (
    "rolling-deploy", "kill-loop", "rebalance-storm", "offsets-reset", "registry-away", "sendblue-answers-wrong",
    "sendblue-unreachable", "freezes", "broker-killed", "cut-from-all-brokers", "callbacks-astray", "ledger-slow",
)  # fmt: skip
"""What starts processes comes first: an attempt in doubt is parked a minute after its holder has read it."""


def test_every_kind_of_fault_in_one_trial(stack: Stack) -> None:
    """No text twice, one end for each record, in pace, in order, one line a contact, every 2xx callback an event."""
    protocol = PROTOCOLS[SEED % len(PROTOCOLS)]
    print(f"\nseed {SEED}, {protocol}")  # noqa: T201 - to repeat the run
    began = time.monotonic()

    def said(what: str) -> None:
        print(f"{time.monotonic() - began:4.0f} s  {what}")  # noqa: T201

    played = play(stack, ACTS, SEED, said, protocol)
    print(played.judgement.figures)  # noqa: T201

    assert played.judgement.complaints == ()
    assert len(played.fired) == len(ACTS)
