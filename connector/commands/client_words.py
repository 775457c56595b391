"""What Kafka's client says while a command runs: in an outage a hundred lines alike, of which a person needs the last.

It often says more than the error that ends the command: that a password was refused, that a name is unknown.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from connector.kafka.clients import QUIET
from connector.observability.logs import scrub

WHERE = re.compile(r"^.*?\]: ")  # the client's own name and thread
SINCE = re.compile(r" \(after \d+ms in state [^)]*\)$")


class ClientWords(logging.Handler):
    """Keeps the last line."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line."""
        self._last = scrub(SINCE.sub("", WHERE.sub("", record.getMessage())))

    def __str__(self) -> str:
        """A part of a sentence, empty when nothing was said."""
        return f" ({self._last})" if self._last else ""


@contextmanager
def client_words() -> Iterator[ClientWords]:
    """Keep what the client says, instead of printing it."""
    words, before = ClientWords(), QUIET.propagate
    QUIET.addHandler(words)
    QUIET.propagate = False
    try:
        yield words
    finally:
        QUIET.removeHandler(words)
        QUIET.propagate = before
