"""Operators and contacts who have their say while requests keep coming, and a replica dies in the middle of it."""

import random

from tests.chaos.operators import ACTS, SHORT_S, Operators
from tests.chaos.trial import Trial

EVERY = 8
"""Requests between two of their acts."""


def operators_at_work(trial: Trial, chance: random.Random) -> str:
    """Each of their acts once, and kill -9 after the first ones."""
    with Operators(trial, f"operators {chance.random()}", SHORT_S) as operators:
        begin = trial.load.requests
        operators.begin([begin + EVERY * n for n in range(len(ACTS))], list(ACTS))
        trial.wait_posts(2 * EVERY)
        victim = chance.choice(sorted(trial.fleet.running))
        trial.fleet.kill(victim)
        trial.fleet.start(victim)
        operators.finish()
    trial.fleet.ready()
    did = operators.did
    assert min(did["pauses"], did["moved"], did["words"]) > 0, f"something was not done: {dict(did)}"
    return f"kill -9; {', '.join(f'{count} {what}' for what, count in did.items())}"
