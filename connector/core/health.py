"""When the connector is not ready, one sentence a reason; and when its event loop counts as stuck.

Ready means: callbacks can be answered, and requests sent as far as it is up to this process. Readiness takes nobody out
of a consumer group; it tells people and load balancers. Being alive is another matter: only a loop that no longer turns
ends the process, never Kafka, the registry or Sendblue being away, since a restart would mend none of them. The same
holds for /livez, which asks sooner: whoever asks from outside may look again before it ends the process.
"""

from collections.abc import Mapping
from typing import NamedTuple

from connector.core.records import UNREADABLE

KAFKA_AWAY_S = 60.0  # a broker's restart or an election takes seconds; a minute is an outage
LEDGER_LAG = 1_000  # records: a tenth of a second of reading; more means the reader does not keep up
TURN_S = 10.0  # the loop turns twice a second; ten seconds without are far more than a collection of garbage
POLL_S = 100.0  # after 120, max.poll.interval.ms, the brokers take the partitions away
STUCK_CHECKS = 60  # looks at the loop in a row, one a second, in which it has not turned


class Sight(NamedTuple):
    """What is seen now. ``kafka_away_s``: seconds without a reachable broker, 0 while there is one.

    ``unknown_rules``: their version, None while the rules are ours; ``account_code``: why the account is stopped.
    """

    kafka_away_s: float = 0.0
    restored: bool = True
    ledger_lag: int = 0
    unknown_rules: int | None = None
    account_code: str | None = None


def reasons(sight: Sight) -> list[str]:
    """Why the connector is not ready; none when it is."""
    told = []
    if sight.kafka_away_s >= KAFKA_AWAY_S:
        told.append(f"no Kafka broker has been reachable for {sight.kafka_away_s:.0f} s")
    if not sight.restored:
        told.append("the ledger has not been read to its end")
    elif sight.ledger_lag > LEDGER_LAG:
        told.append(f"the ledger's reader is {sight.ledger_lag} records behind")
    if sight.unknown_rules == UNREADABLE:
        told.append("the ledger holds a record this program cannot read, so nothing is sent: upgrade it")
    elif sight.unknown_rules is not None:
        version = sight.unknown_rules
        told.append(f"the ledger follows rules version {version}, which this program does not know: upgrade it")
    return told


def notes(sight: Sight) -> list[str]:
    """What a person should look at though the connector is ready.

    A refused account stops the sending in every replica alike: none is better than another, callbacks go on being
    answered, and a deploy that brings the right key must not wait for it.
    """
    if sight.account_code is None:
        return []
    return [f"Sendblue refuses the whole account ({sight.account_code}): nothing is sent until a GET succeeds"]


def deaths(turn_age_s: float, poll_ages_s: Mapping[str, float]) -> list[str]:
    """Why the process should be ended: seconds since its loop last turned, and since each client was last asked.

    Nothing outside of the process is among it.
    """
    told = [f"the event loop has not turned for {turn_age_s:.0f} s"] if turn_age_s >= TURN_S else []
    stopped = {name: age_s for name, age_s in poll_ages_s.items() if age_s >= POLL_S}
    return told + [f"the reader of {name} has not polled for {age_s:.0f} s" for name, age_s in stopped.items()]


class Pulse:
    """Counts looks at the loop in which it had not turned since the last one.

    Looks are counted, not seconds: a process that was frozen as a whole missed its looks too, and is not stuck.
    """

    def __init__(self, stuck_checks: int = STUCK_CHECKS) -> None:
        self._stuck_checks = stuck_checks
        self._turns = -1
        self._still = 0

    def is_stuck(self, turns: int) -> bool:
        """One look: how often the loop has turned until now."""
        self._still = self._still + 1 if turns == self._turns else 0
        self._turns = turns
        return self._still >= self._stuck_checks
