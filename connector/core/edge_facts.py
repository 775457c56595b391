"""What the edges tell of themselves: the Kafka clients, the calls of Sendblue, the ingress, the event loop.

Facts like those of ``facts``, told by whoever did it; no part of a message's story, so only metrics listen.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RecordsRead:
    """So many records were taken from a topic."""

    topic: str
    count: int


@dataclass(frozen=True, slots=True)
class Rebalanced:
    """So many partitions of a topic were ``assigned``, ``revoked`` or ``lost``."""

    topic: str
    kind: str
    partitions: int


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit of next offsets: ok or error."""

    topic: str
    result: str


@dataclass(frozen=True, slots=True)
class ClientFailed:
    """A Kafka client (producer, ledger_tail, or the topic it consumes) told an error, by librdkafka's name."""

    client: str
    code: str


@dataclass(frozen=True, slots=True)
class Produced:
    """An append to a topic: ok, error or too_large, and the seconds it took."""

    topic: str
    result: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ApiCalled:
    """A call of Sendblue: the operation, the HTTP status or why there is none, and its seconds."""

    operation: str
    code: str
    seconds: float


@dataclass(frozen=True, slots=True)
class WebhookAnswered:
    """A request to the ingress: of which type it was, the HTTP status, the seconds, the wall clock in ms."""

    type: str
    code: str
    seconds: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class LoopTurned:
    """A timer of the event loop came so many seconds late."""

    late_s: float


EdgeFact: TypeAlias = (
    RecordsRead | Rebalanced | Committed | ClientFailed | Produced | ApiCalled | WebhookAnswered | LoopTurned
)
