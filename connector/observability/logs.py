"""Logs without numbers and texts: JSON lines for machines, colours for a terminal.

Keys come from an allow-list, so nothing can slip in by a new keyword; and whatever still reads like a phone number in
any value, tracebacks of other libraries included, is masked. One canonical line tells each message's end.
"""

import logging
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import fields
from typing import Any, TextIO

import msgspec
import structlog

from connector.core import edge_facts, facts

E164 = re.compile(r"\+\d{7,15}|(?<![\w.:-])\d{10,15}(?![\w.:-])")
ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "logger", "exception", "request_id", "attempt", "origin", "line", "disposition",
        "code", "seconds", "reason", "result", "status", "service", "count", "topic", "partition", "offset", "port",
        "url", "roles", "owner", "version", "alarm", "records", "lag", "stage", "outcome", "what_to_do", "error_code",
        "of", "to", "operator", "fuse", "handle", "finding", "trace_id",
    }
)  # fmt: skip
DROPPED = "<dropped>"
TOLD_EVERY = 100
RAISE = "raise max.message.bytes of this topic to 1000012 or more: docs/runbooks.md, SendblueRecordTooLarge"
Event = MutableMapping[str, Any]  # structlog's own type of an event


def scrub(text: str) -> str:
    """Mask whatever reads like a phone number."""
    return E164.sub("<number>", text)


def only_allowed(_: Any, __: str, event: Event) -> Event:
    """Keep the allowed keys; mask numbers in what they hold."""
    return {
        key: scrub(value) if isinstance(value, str) and key != "timestamp" else value
        for key, value in event.items()
        if key in ALLOWED or key.startswith("_")  # structlog's own marks, taken off before writing
    }


def configure(level: str, stream: TextIO | None = None) -> None:
    """Set logging up for the process: structlog's own lines and those of other libraries alike."""
    out = stream or sys.stderr
    shared: list[Callable[..., Any]] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        only_allowed,
    ]
    render: Any = structlog.dev.ConsoleRenderer() if out.isatty() else structlog.processors.JSONRenderer(_json)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("connector").setLevel(level.upper())


def _json(event: Event, **_: Any) -> str:
    return msgspec.json.encode(dict(event)).decode()


def _fields(fact: facts.Fact) -> dict[str, Any]:
    """A fact holds plain values alone, so nothing needs the deep copies of ``asdict``."""
    return {field.name: getattr(fact, field.name) for field in fields(fact)}


_TOLD: Mapping[type, tuple[int, str]] = {
    facts.MessageSettled: (logging.INFO, "message.settled"),
    facts.LineWaits: (logging.WARNING, "line.waits"),
    facts.PauseOrdered: (logging.WARNING, "pause.ordered"),
    facts.FuseBlown: (logging.WARNING, "fuse.blown"),
    facts.BreakerTurned: (logging.WARNING, "breaker.turned"),
    facts.AttemptInDoubt: (logging.WARNING, "attempt.in_doubt"),
    facts.RequestRefused: (logging.WARNING, "request.refused"),
    facts.PublishStuck: (logging.ERROR, "publish.stuck"),
    facts.AuditFound: (logging.ERROR, "audit.found"),
    facts.AlarmRaised: (logging.ERROR, "ledger.alarm"),
}


class FactLog:
    """Writes the facts that people read: every end, every wait, every alarm."""

    def __init__(self) -> None:
        self._log = structlog.stdlib.get_logger("connector")
        self._too_large: Counter[str] = Counter()

    def __call__(self, fact: facts.Fact, /) -> None:
        """Log one fact, if it is one for people."""
        if (told := _TOLD.get(type(fact))) is not None:
            level, name = told
            self._log.log(level, name, **_fields(fact))
        match fact:
            case edge_facts.Produced(topic, "too_large"):
                self._is_too_large(topic)
            case facts.CallbackAnswered(result="forged" | "refused" | "unreadable"):
                self._log.warning("callback.answered", **_fields(fact))
            case facts.AccountWebhookAnswered(result="forged" | "refused" | "unreadable"):
                self._log.warning("webhook.answered", of=fact.type, result=fact.result, seconds=fact.seconds)

    def _is_too_large(self, topic: str) -> None:
        """The first time, and again now and then: it is tried again every half second."""
        if self._too_large[topic] % TOLD_EVERY == 0:
            self._log.error("record.too_large", topic=topic, what_to_do=RAISE)
        self._too_large[topic] += 1
