"""One account, its events topic and any number of sweepers, in virtual time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from connector.core.callbacks import Report
from connector.core.events import MessageEvent, status_event
from connector.core.facts import AuditFound, Fact
from connector.core.messages import EventOrigin, EventType
from connector.core.outstanding import Told, told_by
from connector.core.statuses import Flags
from connector.core.sweeping import Page
from connector.core.tokens import Claim
from connector.roles.sweeper import Miss, Rows, Sweeper, Turn
from tests.sender_stage import NOW_MS
from tests.test_opt_outs import Ear

DAY_S = 24 * 3600.0
LINE, NUMBER = "+13035550100", "+12025550123"


def mono() -> float:
    return asyncio.get_running_loop().time()


def now_ms() -> int:
    return NOW_MS + int(mono() * 1000)


@dataclass
class Topic:
    """The events topic: what is appended is read by whoever follows, a little later."""

    events: list[MessageEvent] = field(default_factory=list)
    followers: list[Callable[[Sequence[Told]], None]] = field(default_factory=list)

    async def event(self, event: MessageEvent) -> None:
        await asyncio.sleep(0.005)
        self.events.append(event)
        if (told := told_by(event)) is not None:
            for take in self.followers:
                asyncio.get_running_loop().call_later(0.05, take, [told])

    async def follow(self, since_ms: int, take: Callable[[Sequence[Told]], None], at_end: Callable[[], None]) -> None:
        back = [told_by(event) for event in self.events if event.received_at_ms >= since_ms]
        take([told for told in back if told is not None])
        self.followers.append(take)
        try:
            at_end()
            await asyncio.Event().wait()
        finally:
            self.followers.remove(take)

    def swept(self) -> list[MessageEvent]:
        return [event for event in self.events if event.origin is EventOrigin.SWEEP]


@dataclass
class Sendblue:
    """Messages by handle; ``hidden`` ones only the look-up shows. ``requests``: when it was asked."""

    messages: dict[str, Report] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    requests: list[float] = field(default_factory=list)
    lag_s: float = 0.0
    away: bool = False

    def has(self, handle: str, status: str, **more: object) -> Report:
        """The message is in this status from now on."""
        made_ms = self.messages[handle].date_sent_ms if handle in self.messages else now_ms()
        fields = {"content": handle, "from_number": LINE, "to_number": NUMBER, "date_sent_ms": made_ms, **more}
        report = Report(status, handle, is_outbound=True, date_updated_ms=now_ms(), service="iMessage")
        self.messages[handle] = replace(report, **fields)  # type: ignore[arg-type]  # fields by name
        return self.messages[handle]

    async def changed(self, since_ms: int, offset: int) -> Rows | None:
        await self._asked()
        if self.away:
            return None
        until_ms = now_ms() - int(self.lag_s * 1000)
        rows = [(report.date_updated_ms or 0, report) for h, report in self.messages.items() if h not in self.hidden]
        seen = sorted((row for row in rows if since_ms <= row[0] <= until_ms), key=lambda row: row[0])
        page = tuple(report for _, report in seen[offset : offset + 100])
        times = tuple(report.date_updated_ms or 0 for report in page)
        return Rows(page, Page(times, len(page), offset + 100 < len(seen)), now_ms())

    async def status(self, handle: str) -> Report | Miss:
        await self._asked()
        return Miss.NO_ANSWER if self.away else self.messages.get(handle, Miss.UNKNOWN)

    def is_ours(self, report: Report) -> bool:
        return report.from_number == LINE

    async def _asked(self) -> None:
        self.requests.append(mono())
        await asyncio.sleep(0.05)


class NothingParked:
    async def look(self, turn: Turn) -> None:
        return


class Clocks:
    def mono(self) -> float:
        return mono()

    def now_ms(self) -> int:
        return now_ms()


@dataclass
class Stage:
    """One account, one topic, any number of sweepers one after the other."""

    topic: Topic = field(default_factory=Topic)
    sendblue: Sendblue = field(default_factory=Sendblue)
    facts: list[Fact] = field(default_factory=list)
    ear: Ear = field(default_factory=Ear)

    def sweeper(self) -> Sweeper:
        told = self.ear.opt_outs.told
        sweeper = Sweeper(
            self.sendblue, self.topic, self.topic, NothingParked(), Clocks(), self.facts.append, opted=told
        )
        sweeper.begin()
        return sweeper

    async def submit(self, handle: str) -> None:
        """A message is submitted, and its event is on the topic, with what Sendblue answered."""
        report = self.sendblue.has(handle, "QUEUED")
        event = status_event(report, self.claim(handle), flags(handle), now_ms(), line="line-1")
        await self.topic.event(replace(event, type=EventType.SUBMITTED, origin=EventOrigin.API))

    async def prove(self, handle: str) -> None:
        """A message of some time ago is found to be submitted, or said to be so once more."""
        event = status_event(Report("QUEUED", handle), self.claim(handle), flags(handle), now_ms(), line="line-1")
        await self.topic.event(replace(event, type=EventType.SUBMITTED, origin=EventOrigin.CONNECTOR, report=None))

    async def callback(self, handle: str) -> None:
        """Sendblue tells what it has."""
        report = self.sendblue.messages[handle]
        await self.topic.event(status_event(report, self.claim(handle), flags(handle), now_ms()))

    def claim(self, handle: str) -> Claim:
        return Claim(f"r-{handle}", f"a-{handle}", 0)

    def found(self) -> list[tuple[str, str]]:
        return [(fact.finding, fact.handle) for fact in self.facts if isinstance(fact, AuditFound)]


def flags(handle: str) -> Flags:
    return Flags(False, Report("QUEUED", handle).seen)
