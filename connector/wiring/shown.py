"""What /statusz shows, and what tells one replica from another: versions and a hash of the settings.

Lines by alias, errors by code, numbers: nothing personal is there to be shown. Of many lines the worst 50 are shown,
and of all of them how many are in which state.
"""

import hashlib
import os
import platform
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from operator import attrgetter

import confluent_kafka

from connector import __version__
from connector.core.line_facts import shown_fact
from connector.core.sights import LineSeen
from connector.settings import Settings
from connector.wiring.assembly import ROLES
from connector.wiring.intake import Intake
from connector.wiring.obeying import shown_pauses
from connector.wiring.parts import Parts
from connector.wiring.sampling import Sampler, in_flight

SHOWN_LINES = 50
REVISION = "KAFKA_SENDBLUE_REVISION"
"""The environment variable in which an image names the commit it was made from."""


@cache
def versions() -> dict[str, str]:
    """Of what the connector runs on, and the commit it was made from."""
    return {
        "revision": os.environ.get(REVISION, "unknown"),
        "python": platform.python_version(),
        "librdkafka": confluent_kafka.libversion()[0],
    }


def settings_hash(settings: Settings) -> str:
    """Equal for replicas with equal settings. Secrets, files' contents and the clients' own settings are left out:
    among those may be passwords, and what is hashed can be guessed."""
    plain = settings.model_dump_json(exclude={"kafka": {"client"}})
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def told(settings: Settings, roles: Iterable[str] = tuple(ROLES)) -> dict[str, dict[str, str]]:
    """What the ``_info`` metrics tell; settings are compared among processes of the same roles."""
    config = {"hash": settings_hash(settings), "roles": " ".join(sorted(roles))}
    return {"build": {"version": __version__, **versions()}, "config": config}


def shown(parts: Parts, sampler: Sampler, ledger_lag: int) -> dict[str, object]:
    """The state of a process that has read its ledger."""
    replica, account = parts.replica, parts.account
    lines = sorted(sampler.lines, key=attrgetter("worst"), reverse=True)
    breaker = account.breaker.state.value if account else None
    return {
        "requests": {
            "in_flight": in_flight(parts),
            "parked": None if parts.reconciler is None else len(parts.reconciler),
        },
        "lines_by_state": dict(Counter(str(line.state) for line in lines)),
        "ledger": {
            "offset": replica.next_offset,
            "behind": ledger_lag,
            "requests": len(replica.fold),
            "open": replica.views.open_attempts(),
        },
        "opted_out": len(parts.opt_outs.known),
        "account": {"breaker": breaker, "stopped_because": account.stopped_because if account else None},
        "pauses": shown_pauses(parts.orders.pauses.holding(parts.system.now_ms())[:SHOWN_LINES]),
        "errors": sampler.errors(),
        "lines": {line.alias: _line(line) for line in lines[:SHOWN_LINES]},
        "line_facts": _facts(parts),
        "topics": {intake.name: _topic(intake) for intake in parts.intakes},
    }


def _line(line: LineSeen) -> dict[str, object]:
    return _rounded({name: value for name, value in line._asdict().items() if name != "alias"})


def _facts(parts: Parts) -> dict[str, dict[str, object]]:
    """What Sendblue says of the first lines, where this process asks."""
    if parts.known.watch is None:
        return {}
    facts, now, now_ms = parts.known.facts, parts.system.mono(), parts.system.now_ms()
    told = {alias: facts.fact(alias, now, now_ms) for alias in facts.aliases[:SHOWN_LINES]}
    return {alias: _rounded(shown_fact(fact)) for alias, fact in told.items()}


def _rounded(told: dict[str, object]) -> dict[str, object]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in told.items()}


def _topic(intake: Intake) -> dict[str, object]:
    seen = intake.seen
    return _rounded(
        {name: value for name, value in (asdict(seen) | intake.behind()._asdict()).items() if name != "topic"}
    )
