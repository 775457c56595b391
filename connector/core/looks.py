"""When the holder of an attempt in doubt looks at Sendblue's message list, and when it may look at all.

A callback proves most attempts within a second or two, and the list shows a new message only after a while; so looks
begin late and grow rare. Every reader of the account shares 100 requests in 10 seconds, over all replicas, without
talking to each other: each purpose has a fixed share, and of the senders' share a replica has as much as it has of the
lines.
"""

from typing import NamedTuple

LOOKS_AT_S = (10.0, 30.0, 75.0, 150.0, 270.0)
"""After the grant was read. The third comes after the minute that the list may lag behind."""
LOOK_EVERY_S = 120.0
"""Between later looks."""

PARKED_LOOKS_AT_S = (900.0, 3_600.0, 6 * 3_600.0, 24 * 3_600.0)
"""After an attempt was parked: the list shows it by then, or shows what else it was; beyond a day a person decides."""

ACCOUNT_REQUESTS, ACCOUNT_WINDOW_S = 100, 10.0
"""Of the list, and of the account, as Sendblue documents them."""
SENDERS_SHARE, RECONCILER_SHARE, PROBE_SHARE, SERVICE_SHARE, LINES_SHARE = 30, 35, 10, 10, 8
"""Requests in ACCOUNT_WINDOW_S for looks, for the reconciler, for probes, for look-ups of a contact's service and
for line facts (which 16 processes ask for once a minute); the rest is left to other programs."""
OPT_OUTS_SHARE = 5
"""Of what is left, for each process that tells Sendblue of opt-outs."""


def next_look_s(looks: int) -> float:
    """How long after the grant was read the look after so many looks is due, in seconds."""
    if looks < len(LOOKS_AT_S):
        return LOOKS_AT_S[looks]
    return LOOKS_AT_S[-1] + LOOK_EVERY_S * (looks - len(LOOKS_AT_S) + 1)


def parked_look_is_due(parked_ms: int, looked_ms: int | None, now_ms: int) -> bool:
    """Whether an attempt parked at ``parked_ms`` is looked for now; ``looked_ms``: the last time, None for never."""
    passed = [parked_ms + at_s * 1_000 for at_s in PARKED_LOOKS_AT_S if parked_ms + at_s * 1_000 <= now_ms]
    return bool(passed) and (looked_ms is None or looked_ms < passed[-1])


class Allowance(NamedTuple):
    """A share of the account's requests, as tokens that fill up again; seconds are monotonic."""

    tokens: float = 1.0
    at: float = 0.0

    def take(self, now: float, rate: float, requests: int = 1) -> "Allowance | None":
        """The allowance after so many requests at ``rate`` a second, None when there is none left now.

        It holds at most what one second brings, or one request, so that no burst of it is felt by the others; a look
        of several requests begins when there is one, and the others are waited for after it.
        """
        filled = min(max(rate, 1.0), self.tokens + max(now - self.at, 0.0) * rate)
        return Allowance(filled - requests, now) if filled >= 1.0 else None


RECONCILER_RATE = RECONCILER_SHARE / ACCOUNT_WINDOW_S
"""Requests a second of the one active reconciler."""


def senders_rate(lanes_here: int, lanes: int) -> float:
    """Looks a second of a replica that has so many of all lines' lanes."""
    return SENDERS_SHARE / ACCOUNT_WINDOW_S * lanes_here / max(lanes, 1)


def service_rate(looks_rate: float) -> float:
    """Look-ups of contacts' services a second, of a replica that may make so many looks."""
    return looks_rate * SERVICE_SHARE / SENDERS_SHARE
