"""Kill -9 at random, lost replies and callbacks, an offset reset: no text twice, no request lost.

The short form of `python -m tests.chaos kills`, on the brokers of this folder. ``KILLS``, ``REQUESTS`` and ``SEED`` in
the environment make it longer, or repeat a run.
"""

import os
import random

from tests.chaos.kills import Plan, run
from tests.chaos.stack import Stack

KILLS = int(os.environ.get("KILLS", "20"))
REQUESTS = int(os.environ.get("REQUESTS", "2000"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(10**6))))


def test_no_kill_texts_twice_or_loses_a_request(bootstrap: str, registry_url: str) -> None:
    """Every promise that can be seen from outside, and at least so many kills."""
    print(f"\nseed {SEED}")  # noqa: T201 - to repeat the run
    with Stack(given=(bootstrap, registry_url)) as stack:
        told = run(stack, Plan(REQUESTS, KILLS, SEED), lambda *_: None)
    print({name: value for name, value in told.items() if name != "settle_s"})  # noqa: T201 - the figures of the run

    assert told["complaints"] == []
    assert (told["requests"], told["doubled"], told["lost"]) == (REQUESTS, 0, 0)
    assert told["kills"] >= KILLS
