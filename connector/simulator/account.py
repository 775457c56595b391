"""The account: its messages and their lives, what it knows of contacts and lines, and whom it tells.

A message goes through the statuses of its service, one each ``step_s``, and every one of them is told to its status
callback and to the account's ``outbound`` webhooks. A fate drawn when it is accepted may end it early.
"""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from connector.simulator.archive import Archive
from connector.simulator.callbacks import Callbacks, Timers
from connector.simulator.connections import Delivery
from connector.simulator.faults import Faults
from connector.simulator.journal import Answers
from connector.simulator.limits import Limits
from connector.simulator.posting import Poster
from connector.simulator.record import Record
from connector.simulator.settings import SUFFIX, SimulatorSettings
from connector.simulator.texts import PATHS, State, Text, wire
from connector.simulator.webhooks import Webhooks

STOP_WORDS = frozenset({"STOP", "QUIT", "END", "REVOKE", "OPT OUT", "CANCEL", "UNSUBSCRIBE"})
START_WORD = "START"
_encode = msgspec.json.Encoder().encode

Clock = Callable[[], float]
Steps = tuple[tuple[str, int | str | None], ...]


def steady_clock() -> Clock:
    """Seconds since the epoch that only go forward, whatever happens to the machine's clock."""
    offset = time.time() - time.monotonic()
    return lambda: offset + time.monotonic()


class Account:
    """Everything the endpoints share. ``post`` replaces the network for callbacks."""

    def __init__(
        self, settings: SimulatorSettings, faults: Faults, clock: Clock, post: Callable[[Delivery], None] | None = None
    ) -> None:
        self.settings, self.faults, self.now = settings, faults, clock
        self.record = Record(settings.record, settings.pace_s, settings.tolerance_s, int(clock()))
        self.archive = Archive()
        self.limits = Limits(settings)
        self.webhooks = Webhooks(settings.dropped_types, appends=settings.hooks_append)
        self.opted_out: set[str] = set()
        self.verified = None if settings.verified is None else set(settings.verified)
        self.line_states: dict[str, dict[str, Any]] = {}
        self._timers = Timers()
        self._poster = Poster(settings.callback_wait_s)
        self._answers = Answers(settings.answers) if settings.answers else None
        answered = self._answers.append if self._answers else _unheard
        self._callbacks = Callbacks(
            settings, faults, post or self._poster, self._timers, self.record.callbacks, answered
        )

    def close(self) -> None:
        """Stop what is still going on."""
        self._timers.close()
        self._poster.close()
        self.record.close()
        if self._answers is not None:
            self._answers.close()

    def wire(self, text: Text, state: State | None = None) -> dict[str, Any]:
        """The message object of this account, now or in that state."""
        return wire(text, state or text.state, self.settings.free_plan, self.settings.odd_types)

    def content(self, content: str | None) -> str:
        """A text as the plan lets it out."""
        return (content or "") + (SUFFIX if self.settings.free_plan else "")

    def begin(self, text: Text) -> None:
        """It is accepted, or was born with an error: keep it, and let it live."""
        self.archive.add(text)
        self._tell(text)
        if text.state.status == "QUEUED":
            self._step(text, self._fate(text))

    def force(self, text: Text, status: str, error_code: int | str | None) -> None:
        """Give it this status now; its life goes on no further."""
        text.forced = True
        self._become(text, status, error_code)

    def heard(self, text: Text) -> None:
        """A contact wrote: known, answered, maybe opted out or in again; ``receive`` webhooks hear of it."""
        word = text.content.strip().upper()
        if word in STOP_WORDS:
            self.opted_out.add(text.contact)
        elif word == START_WORD:
            self.opted_out.discard(text.contact)
        text.opted_out = text.contact in self.opted_out
        if self.verified is not None:
            self.verified.add(text.contact)
        self.limits.heard(text.line, text.contact, text.created)
        self.archive.add(text)
        for row in _apart(self.wire(text)):
            self.announce("receive", row, text.line)

    def set_line(self, line: str, status: str) -> None:
        """Change what ``lines/state`` says of a line; OFFLINE is told to ``line_blocked`` webhooks."""
        self.line_states[line] = {"status": status, "since": self.now()}
        if status == "OFFLINE":
            self.announce("line_blocked", {"sendblue_number": line, "status": status})

    def announce(self, kind: str, payload: dict[str, Any], line: str | None = None) -> None:
        """Tell the account webhooks of this kind."""
        hooks = self.webhooks.of(kind, line)
        body = _encode(payload) if hooks else b""
        for url, secret in hooks:
            self._callbacks.tell(url, body, secret)

    def _fate(self, text: Text) -> Steps:
        """The statuses after the first."""
        if (code := self.faults.late_code()) is not None:
            return ("ACCEPTED", None), ("ERROR", code)
        path = PATHS[text.service][1:]
        if self.faults.happens(self.faults.stuck):
            path = path[: path.index("SENT") + 1]
        return tuple((status, None) for status in path)

    def _step(self, text: Text, steps: Steps) -> None:
        if steps:
            self._timers.later(self.settings.step_s, lambda: self._live(text, steps))

    def _live(self, text: Text, steps: Steps) -> None:
        if not text.forced:
            self._become(text, *steps[0])
            self._step(text, steps[1:])

    def _become(self, text: Text, status: str, error_code: int | str | None) -> None:
        text.become(status, self.now(), error_code)
        text.opted_out = text.contact in self.opted_out
        self.archive.changed(text)
        self._tell(text)

    def _tell(self, text: Text) -> None:
        if text.callback or self.webhooks.of("outbound"):
            row = self.wire(text)
            if text.callback:
                self._callbacks.tell(text.callback, _encode(row))
            self.announce("outbound", row)


def _apart(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Photo and text of one message come in webhooks of their own."""
    return [{**row, "content": ""}, {**row, "media_url": ""}] if row["content"] and row["media_url"] else [row]


def _unheard(_: bytes, __: int) -> None:
    """Nobody keeps the answers of callbacks."""
