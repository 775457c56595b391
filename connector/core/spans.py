"""Spans, as the roles see them: begun with the trace context of a record, ended with what came of it.

A span is a context manager; ``traceparent`` inside it is what goes on with the record, so that whatever is done later
hangs below it. Without tracing a span is nothing at all, and the context that came in goes on as it came.

Attributes follow OpenTelemetry's conventions for messaging and HTTP, but for what would be personal: a record's key is
a contact's number, so it is left out; Sendblue is sent no trace context, for it could only leak.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from connector.core.messages import Origin

Attributes: TypeAlias = Mapping[str, str | int]


class Kind(StrEnum):
    """Who does what in a span."""

    CONSUMER = "CONSUMER"
    CLIENT = "CLIENT"


class Span(Protocol):
    """A span under way."""

    @property
    def traceparent(self) -> str | None:
        """The context for whatever follows from this span."""

    def tell(self, attributes: Attributes, error: str = "") -> None:
        """Add what is known now; ``error``: a code, for a span that failed."""


class Tracing(Protocol):
    """Begins spans."""

    def span(self, name: str, kind: Kind, parent: str | None, attributes: Attributes) -> AbstractContextManager[Span]:
        """A span below ``parent`` (a traceparent, None for none); it ends with the ``with`` block."""

    async def close(self) -> None:
        """Send what is left."""


@dataclass(frozen=True, slots=True)
class NoSpan:
    """Nothing is traced: the context goes on as it came."""

    traceparent: str | None

    def tell(self, attributes: Attributes, error: str = "") -> None:
        """To nobody."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class NoTracing:
    """What is used unless tracing is switched on."""

    def span(self, name: str, kind: Kind, parent: str | None, attributes: Attributes) -> NoSpan:  # noqa: ARG002 - as all
        """No span."""
        return NoSpan(parent)

    async def close(self) -> None:
        """Nothing is left."""


OFF = NoTracing()


def processing(origin: Origin, request_id: str | None) -> Attributes:
    """What is told of a record that is processed."""
    known: dict[str, str | int] = {} if request_id is None else {"messaging.message.id": request_id}
    return known | {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": origin.topic,
        "messaging.destination.partition.id": str(origin.partition),
        "messaging.kafka.offset": origin.offset,
    }


def posting(operation: str, line: str, request_id: str, attempt: str) -> Attributes:
    """What is told of a call of a send endpoint before it is made; ``operation``: which of them."""
    return {
        "http.request.method": "POST",
        "sendblue.operation": operation,
        "sendblue.line": line,
        "sendblue.request_id": request_id,
        "sendblue.attempt": attempt,
    }


def posted(status: int | None, outcome: str, code: str) -> Attributes:
    """What is told of it afterwards."""
    told: dict[str, str | int] = {"sendblue.outcome": outcome, "sendblue.code": code}
    return told if status is None else told | {"http.response.status_code": status}
