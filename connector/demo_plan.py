"""What the demo does and what it counts: its plan, and the tally of what a consumer saw and the simulator counted."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.core.facts import AttemptInDoubt, DoubtSettled, Fact, MessageSettled
from connector.core.messages import EventType
from connector.core.not_free import PARK_AFTER_MIN_S
from connector.kafka.avro import Codec
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName
from connector.settings import Settings
from connector.simulator.app import Simulator
from connector.simulator.faults import Fault, Faults
from connector.simulator.ports import free_ports

PARKING_S = PARK_AFTER_MIN_S


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """How much, how fast, how ill. ``rate``: requests a second over all lines; ``gap_s``: of each line.

    ``silent``: the share of texts of which Sendblue never reports a status.
    """

    seconds: float = 60.0
    lines: int = 5
    gap_s: float = 0.1
    rate: float = 40.0
    seed: int = 1
    naive: bool = False
    silent: float = 0.15

    def faults(self) -> Faults:
        """Lost replies, errors after the text was accepted, callbacks twice, out of order, or not at all.

        A demo long enough to see it parked also loses requests: nothing proves what became of those.
        """
        send = {Fault.LOSE_REPLY: 0.03, Fault.ERROR_AFTER: 0.02, Fault.TRUNCATE: 0.01, Fault.TOO_MANY: 0.01}
        if self.seconds >= PARKING_S:
            send[Fault.DROP] = 0.002
        return Faults(send, callback_twice=0.05, callback_late=0.1, silent=self.silent, seed=self.seed)

    def settings(self, bootstrap: str, registry: str, api: str) -> Settings:
        """The connector's settings for this demo; ports are chosen by the system."""
        numbers = [f"+1{303 + n // 100}55501{n % 100:02d}" for n in range(self.lines)]
        ports = {"host": "127.0.0.1", "health_port": 0, "metrics_port": 0}
        (port,) = free_ports(1)
        callbacks = {"host": "127.0.0.1", "port": port, "public_url": f"http://127.0.0.1:{port}"}
        return Settings.model_validate(
            {
                "name": "demo",
                "kafka": {"bootstrap_servers": bootstrap, "group_protocol": "consumer"},
                "registry": {"url": registry},
                "sendblue": {"base_url": api, "api_key_id": "demo-key", "api_secret_key": "demo-secret"},
                "lines": [
                    {"alias": f"line-{n}", "number": number, "gap_s": self.gap_s} for n, number in enumerate(numbers)
                ],
                "ledger": {"hash_key": "a key for the demo only"},
                "in_doubt": {"park_after_s": PARKING_S},
                "fuses": {"contact_per_minute": 0, "contact_per_hour": 0},  # 500 people get what is asked for
                "callbacks": {**callbacks, "keys": {"k1": "a signing key for the demo"}},
                "observability": ports,
                "shutdown": {"endpoint_drain_s": 0},
                "unsafe_dev": True,
            }
        )


@dataclass
class Tally:
    """What the demo has seen so far: by facts, by events, by the simulator."""

    produced: int = 0
    in_doubt_total: int = 0
    events: int = 0
    finals: dict[str, str] = field(default_factory=dict)
    parked: set[str] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    settled_by: Counter[str] = field(default_factory=Counter)

    def __call__(self, fact: Fact, /) -> None:
        """Hear a fact."""
        if isinstance(fact, AttemptInDoubt):
            self.in_doubt_total += 1
        elif isinstance(fact, DoubtSettled):
            self.settled_by[fact.by] += 1
        elif isinstance(fact, MessageSettled) and fact.disposition == EventType.SUBMITTED:
            self.seconds.append(fact.seconds)

    def take(self, codec: Codec, records: Sequence[KafkaRecord]) -> None:
        """Read events as a consumer would."""
        for record in records:
            row = codec.decode(SchemaName.MESSAGE_EVENT, record.value)
            self.events += 1
            request_id = row["request_id"]
            if row["type"] == EventType.PARKED:
                self.parked.add(request_id)
            if row["final"]:
                self.finals.setdefault(request_id, row["type"])

    @property
    def settled(self) -> int:
        """Requests with a final event, or parked."""
        return len(self.finals.keys() | self.parked)

    def report(self, simulator: Simulator, in_doubt_now: int) -> dict[str, Any]:
        """The demo's result."""
        truth = simulator.record.totals()
        quantiles = statistics.quantiles(self.seconds, n=100) if len(self.seconds) > 1 else [0.0] * 99
        return {
            "requests": self.produced,
            "texts": truth["texts"],
            "duplicate_texts": truth["duplicate_texts"],
            "lost": self.produced - self.settled,
            "in_doubt": in_doubt_now,
            "in_doubt_total": self.in_doubt_total,
            "settled_by_callback": self.settled_by["callback"],
            "settled_by_list": self.settled_by["list"],
            "parked": len(self.parked - self.finals.keys()),
            "events": self.events,
            "over_limit_seconds": truth["over_limit_seconds"],
            "contacts_two_lines": truth["contacts_two_lines"],
            "overlapping_contacts": truth["overlapping_contacts"],
            "latency_ms": {"p50": round(quantiles[49] * 1000, 1), "p99": round(quantiles[98] * 1000, 1)},
        }
