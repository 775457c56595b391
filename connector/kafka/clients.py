"""How our Kafka clients are configured.

Whatever the user sets under ``kafka.client`` goes through to librdkafka (TLS, SASL, timeouts), but for the few settings
the promises rest on: those are ours, and setting them is refused.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

OURS = {
    "acks": "every promise needs acks=all",
    "request.required.acks": "every promise needs acks=all",
    "enable.idempotence": "the ledger's order needs an idempotent producer",
    "enable.auto.commit": "offsets are committed when a record has its end",
    "enable.auto.offset.store": "offsets are committed when a record has its end",
    "auto.offset.reset": "a group without offsets must begin at the earliest record",
    "bootstrap.servers": "set kafka.bootstrap_servers",
    "group.id": "set kafka.group_prefix",
    "group.protocol": "set kafka.group_protocol",
    "partition.assignment.strategy": "partitions are given up one by one, which only cooperative-sticky does",
    "enable.partition.eof": "the ledger's reader needs it",
}
_SECRET_WORDS = ("password", "secret", "key.pem", "sasl.jaas", "oauthbearer.config")
QUIET = logging.getLogger("librdkafka")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where the brokers are and how to talk to them. ``group_protocol``: consumer (KIP-848) or classic."""

    bootstrap_servers: str
    client_id: str = "kafka-sendblue"
    extra: Mapping[str, str] = field(default_factory=dict)
    group_protocol: str = "classic"
    session_timeout_ms: int = 30_000
    delivery_timeout_ms: int = 10_000
    linger_ms: float = 0.0

    def __post_init__(self) -> None:
        for name in self.extra:
            if name in OURS:
                raise ValueError(f"kafka.client.{name} cannot be set: {OURS[name]}")

    def __repr__(self) -> str:
        extra = {k: "***" if any(word in k for word in _SECRET_WORDS) else v for k, v in self.extra.items()}
        return f"ClientSettings({self.bootstrap_servers!r}, group_protocol={self.group_protocol!r}, extra={extra})"

    def common(self) -> dict[str, object]:
        """What all clients share."""
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "client.id": self.client_id,
            "socket.timeout.ms": 10_000,
            "topic.metadata.refresh.interval.ms": 10_000,
            "reconnect.backoff.max.ms": 2_000,
            "log_level": 3,
            "logger": QUIET,
            **self.extra,
        }

    def admin(self) -> dict[str, str | int | float]:
        """The admin client; it logs nothing, its errors are raised."""
        quiet = {**self.common(), "log_level": 0, **self.extra}
        return {k: v for k, v in quiet.items() if isinstance(v, str | int | float)}

    def producer(self) -> dict[str, object]:
        """An idempotent producer that waits for all in-sync replicas."""
        return {
            "linger.ms": self.linger_ms,
            "delivery.timeout.ms": self.delivery_timeout_ms,
            **self.common(),
            "acks": "all",
            "enable.idempotence": True,
        }

    def group(self, group: str) -> dict[str, object]:
        """A member of a group that commits by hand, from the earliest record on."""
        assignment: dict[str, object] = {"group.protocol": "consumer"}
        if self.group_protocol == "classic":
            assignment = {
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": self.session_timeout_ms,
            }
        return {
            **self.reader(),
            "group.id": group,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "max.poll.interval.ms": 120_000,
            **assignment,
            **self.extra,
        }

    def reader(self) -> dict[str, object]:
        """A reader without a group; it has a group id only because the client wants one."""
        return {
            **self.common(),
            "group.id": "kafka-sendblue-unused",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 100,
            "queued.max.messages.kbytes": 16_384,
            **{k: v for k, v in self.extra.items() if k.startswith("fetch.")},
        }
