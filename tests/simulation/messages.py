"""The messages of the account, as Sendblue knows them: ours and those that somebody sent by hand.

Each has a story, drawn when it is made: which statuses it goes through and when. Callbacks tell it, the list shows
where it has got to; both say the same of the same moment. Some stories never end, some end in an error.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from connector.core.callbacks import Report, parse
from connector.core.calls import Answer
from connector.core.messages import Dispatch, SendRequest
from tests.simulation.broker import EPOCH_MS

if TYPE_CHECKING:
    from tests.simulation.process import Process

NUMBERS = {"a": "+13035550100", "b": "+13035550101", "c": "+13035550102"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ERRORS = ("10001", "5504", "4002")


class Moment(NamedTuple):
    """From ``at`` on the message is in this status."""

    at: float
    status: str
    error_code: str | None = None


@dataclass(eq=False)
class Text:
    """A POST on its way, and what came of it; ``message`` once it is accepted."""

    process: "Process"
    dispatch: Dispatch
    attempt: str
    contact: bytes
    checked_at: float
    lease_end: float
    passed_at: float = -1.0
    written_at: float = -1.0
    arrived: bool = False
    lost: bool = False
    message: "Message | None" = None
    answered: Answer | None = None

    @property
    def late(self) -> bool:
        """Written after its lease: the process was frozen between the last check and the socket."""
        return self.written_at > self.lease_end + 1e-6

    @property
    def frozen(self) -> bool:
        """The process stood still between its last word and the socket."""
        return self.written_at > self.passed_at

    @property
    def is_gone(self) -> bool:
        """It was not accepted, and cannot be any more."""
        return self.lost or (self.arrived and self.message is None)


@dataclass(eq=False)
class Message:
    """A message of one of our lines. ``text``: of ours, None for one sent by hand."""

    handle: str
    request: SendRequest
    line: str
    made_at: float
    visible_at: float
    service: str
    story: tuple[Moment, ...]
    text: Text | None = None
    _reports: dict[Moment, Report] = field(default_factory=dict)

    @property
    def made_ms(self) -> int:
        """When it was made, by Sendblue's clock."""
        return ms_of(self.made_at)

    def stands(self, now: float) -> Moment:
        """Where its story has got to."""
        return next((moment for moment in reversed(self.story) if moment.at <= now), self.story[0])

    def report(self, now: float) -> Report:
        """Its row in the list."""
        moment = self.stands(now)
        if moment not in self._reports:
            self._reports[moment] = parse(self.body(moment))
        return self._reports[moment]

    def body(self, moment: Moment) -> dict[str, object]:
        """The message object, as answers and callbacks have it."""
        number = list(self.request.numbers) or self.request.number
        return {
            "status": moment.status,
            "message_handle": self.handle,
            "error_code": moment.error_code,
            "date_sent": iso(self.made_ms),
            "date_updated": iso(ms_of(moment.at)),
            "service": self.service,
            "content": self.request.content,
            "media_url": self.request.media_url,
            "is_outbound": True,
            "from_number": NUMBERS[self.line],
            "sendblue_number": NUMBERS[self.line],
            "number": number,
            "to_number": number,
            "group_id": self.request.group_id or ("made-up" if self.request.numbers else None),
        }


def drawn(rng: Random, made_at: float) -> tuple[str, tuple[Moment, ...]]:
    """The service and the story of a message made now."""
    service, kind = rng.choice(("iMessage", "iMessage", "iMessage", "SMS")), rng.random()
    queued, sent = Moment(made_at, "QUEUED"), Moment(made_at + 2 + rng.random(), "SENT")
    if kind < 0.04:
        return service, (queued,)
    if kind < 0.12:
        return service, (queued, Moment(sent.at, "ERROR", rng.choice(ERRORS)))
    if kind < 0.22:
        return service, (queued, sent)
    return service, (queued, sent, Moment(made_at + 5 + rng.random(), "DELIVERED"))


def ms_of(at: float) -> int:
    """The wall clock's milliseconds at this time of the world."""
    return EPOCH_MS + int(at * 1000)


def seconds_of(ms: int) -> float:
    """The inverse of ``ms_of``."""
    return (ms - EPOCH_MS) / 1000


def iso(ms: int) -> str:
    """As Sendblue writes a time."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")
