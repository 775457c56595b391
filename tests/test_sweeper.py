"""The sweep at work: whatever no callback told arrives all the same, once. In virtual time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from connector.core.callbacks import Report
from connector.core.events import MessageEvent, status_event
from connector.core.facts import AuditFound, Fact, StatusLookedUp, StatusSwept, StatusTimedOut
from connector.core.messages import EventOrigin, EventType
from connector.core.outstanding import LONGEST_MS, LOOK_UP_AT_MS, READ_BACK_MS, Told, told_by
from connector.core.sights import SweepSeen
from connector.core.statuses import Flags
from connector.core.sweeping import GRACE_MS, Page
from connector.core.tokens import Claim
from connector.roles.sweeper import EVERY_S, Miss, Rows, Sweeper, Turn
from tests.sender_stage import NOW_MS
from tests.test_opt_outs import CONTACT, Ear
from tests.virtual_time import run

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


def test_what_no_callback_told_arrives_by_the_sweep() -> None:
    """Within two sweeps and the lag; tied to its request; under the id that the callback would have had."""

    async def story() -> None:
        stage = Stage()
        stage.sendblue.lag_s = 40
        stage.sweeper()
        for n in range(250):
            await stage.submit(f"h{n}")
        await asyncio.sleep(5)
        reports = [stage.sendblue.has(f"h{n}", "DELIVERED") for n in range(250)]
        await asyncio.sleep(GRACE_MS / 1000 + 2 * EVERY_S + 40)

        wanted = {status_event(r, None, flags(""), 0).event_id for r in reports}
        assert {event.event_id for event in stage.topic.swept()} == wanted
        assert len(stage.topic.swept()) == 250
        assert {(event.request_id, event.attempt) for event in stage.topic.swept()} == {
            (f"r-h{n}", f"a-h{n}") for n in range(250)
        }
        assert sum(isinstance(fact, StatusSwept) for fact in stage.facts) == 250

    run(story())


def test_an_opt_out_that_no_callback_told_is_heard() -> None:
    """In the list, or by the look-up of what the list hides; once Kafka takes it, and though its status is no news."""

    async def story(*, hidden: bool) -> None:
        stage = Stage()
        stage.ear.topics.refuse = 3
        stage.sweeper()
        await stage.submit("h")
        stage.sendblue.has("h", "QUEUED" if hidden else "DELIVERED", opted_out=True)
        if hidden:
            stage.sendblue.hidden.add("h")
        await stage.callback("h")
        await asyncio.sleep(3600)

        assert CONTACT in stage.ear.opt_outs.known

    for hidden in (False, True):
        run(story(hidden=hidden))


def test_what_callbacks_told_is_not_told_again() -> None:
    """Not while they are on the way, and not by later sweeps."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        for n in range(60):
            await stage.submit(f"h{n}")
            stage.sendblue.has(f"h{n}", "DELIVERED")
            await asyncio.sleep(7)
            await stage.callback(f"h{n}")
        await asyncio.sleep(DAY_S)

        assert stage.topic.swept() == []

    run(story())


def test_a_take_over_repeats_nothing_and_loses_nothing() -> None:
    """At any moment; the old one may go on for a while."""

    async def story() -> None:
        stage = Stage()
        old = stage.sweeper()
        for n in range(40):
            await stage.submit(f"h{n}")
            await asyncio.sleep(3)
            stage.sendblue.has(f"h{n}", "DELIVERED" if n % 2 else "SENT")
            if n % 10 == 9:
                new = stage.sweeper()
                await asyncio.sleep(4)
                await old.end()
                old = new
        await asyncio.sleep(5 * EVERY_S)

        told = {event.event_id: (event.message_handle, event.status) for event in stage.topic.swept()}
        assert sorted(told.values()) == sorted((h, r.status) for h, r in stage.sendblue.messages.items())

    run(story())


def test_an_outage_of_the_connector_is_made_good() -> None:
    """Five hours without a reconciler and without callbacks: thousands arrive by the list, not one by one."""

    async def story() -> None:
        stage = Stage()
        for n in range(2_000):
            await stage.submit(f"h{n}")
            await asyncio.sleep(2)
            stage.sendblue.has(f"h{n}", "DELIVERED")
        await asyncio.sleep(5 * 3600)
        stage.sweeper()
        await asyncio.sleep(300)

        assert len(stage.topic.swept()) == 2_000
        assert len(stage.sendblue.requests) < 500

    run(story())


def test_a_message_the_list_does_not_show_is_looked_up() -> None:
    """At ten minutes; and what it says is published once."""

    async def story() -> None:
        stage = Stage()
        stage.sendblue.hidden.add("h1")
        stage.sweeper()
        await stage.submit("h1")
        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(LOOK_UP_AT_MS[0] / 1000 + 2 * EVERY_S)

        assert [(event.status, event.request_id) for event in stage.topic.swept()] == [("DELIVERED", "r-h1")]
        assert [fact.result for fact in stage.facts if isinstance(fact, StatusLookedUp)] == ["new"]

    run(story())


def test_a_message_without_an_end_is_given_up_after_a_day() -> None:
    """After a last look, once, whoever is active; a status that comes later is published all the same."""

    async def story() -> None:
        stage = Stage()
        first = stage.sweeper()
        await stage.submit("h1")
        stage.sendblue.has("h1", "SENT")
        await asyncio.sleep(DAY_S - 600)
        assert [event.type for event in stage.topic.events[1:]] == [EventType.STATUS]
        await first.end()
        second = stage.sweeper()
        await asyncio.sleep(600 + 2 * EVERY_S)
        await second.end()
        stage.sweeper()
        await asyncio.sleep(3600)

        (timeout,) = [event for event in stage.topic.events if event.type is EventType.STATUS_TIMEOUT]
        assert (timeout.request_id, timeout.message_handle, timeout.line) == ("r-h1", "h1", "line-1")
        assert (timeout.final, timeout.terminal, timeout.code) == (False, False, "UNCONFIRMED")
        assert [fact.line for fact in stage.facts if isinstance(fact, StatusTimedOut)] == ["line-1"]

        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(3 * EVERY_S)
        assert [event.status for event in stage.topic.swept()] == ["SENT", "DELIVERED"]

    run(story())


def test_a_handle_that_sendblue_does_not_know_is_given_up_too() -> None:
    """There is nothing else to learn; nothing is published but the end."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        await stage.submit("h1")
        del stage.sendblue.messages["h1"]
        await asyncio.sleep(DAY_S + 2 * EVERY_S)

        assert [event.type for event in stage.topic.events] == [EventType.SUBMITTED, EventType.STATUS_TIMEOUT]
        assert {fact.result for fact in stage.facts if isinstance(fact, StatusLookedUp)} == {"unknown"}

    run(story())


def test_sendblue_is_asked_within_the_share_and_without_an_answer_rarely() -> None:
    """Forty requests in ten seconds and what a second brings; and nothing is given up unseen, nothing lost."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        for n in range(3_000):
            await stage.submit(f"h{n}")
        stage.sendblue.away = True
        for n in range(3_000):
            stage.sendblue.has(f"h{n}", "DELIVERED")
        await asyncio.sleep(DAY_S + 4 * 3600)
        assert not any(event.type is EventType.STATUS_TIMEOUT for event in stage.topic.events)
        assert len(stage.sendblue.requests) < 5 * 60 * 29
        stage.sendblue.away = False
        await asyncio.sleep(3600)

        assert {event.message_handle for event in stage.topic.swept()} == set(stage.sendblue.messages)
        times = stage.sendblue.requests
        assert all(later - earlier >= 10 for earlier, later in zip(times, times[45:], strict=False))

    run(story())


def test_a_late_proof_is_not_waited_for_in_the_list() -> None:
    """Its row is of long ago, and whoever took over since does not read that far back: nothing is missing."""

    async def story() -> None:
        stage = Stage()
        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(3600)
        stage.sweeper()
        await stage.prove("h1")
        await asyncio.sleep(3 * 3600)
        stage.sendblue.has("h2", "SENT")
        await asyncio.sleep(2 * EVERY_S)

        assert stage.found() == []

    run(story())


def test_a_list_that_was_away_for_days_is_no_reason_to_suspect_our_own_messages() -> None:
    """They have ended, and what is known of them is forgotten, when the list shows them at last: nothing is found."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        stage.sendblue.away = True
        for n in range(3):
            await stage.submit(f"h{n}")
            stage.sendblue.has(f"h{n}", "DELIVERED")
            await stage.callback(f"h{n}")
            await asyncio.sleep(DAY_S)
        stage.sendblue.away = False
        await asyncio.sleep(3 * 3600)

        assert stage.found() == []

    run(story())


def test_a_message_that_is_never_answered_for_is_given_up_before_it_is_forgotten() -> None:
    """Else nobody would: whoever takes over later does not read it back."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        await stage.submit("h1")
        stage.sendblue.away = True
        await asyncio.sleep(LONGEST_MS / 1000 + 2 * EVERY_S)

        assert [event.type for event in stage.topic.events] == [EventType.SUBMITTED, EventType.STATUS_TIMEOUT]

    run(story())


def test_only_messages_of_ours_are_published() -> None:
    """Not what a person sent from our line, nor what left from another one; it is found an hour later."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        await stage.submit("h1")
        stage.sendblue.has("by hand", "DELIVERED")
        stage.sendblue.has("again", "DELIVERED", content="h1")
        stage.sendblue.has("another line", "DELIVERED", from_number="+13035550199")
        stage.sendblue.hidden.add("h2")
        await stage.submit("h2")
        await asyncio.sleep(2 * 3600)
        stage.sendblue.has("h3", "SENT")
        await asyncio.sleep(2 * EVERY_S)

        assert {event.message_handle for event in stage.topic.swept()} <= {"h1", "h2"}
        assert sorted(stage.found()) == [("duplicate", "again"), ("foreign", "by hand"), ("missing", "h2")]

    run(story())


def test_what_an_account_webhook_tells_makes_nothing_ours() -> None:
    """A foreign text is found although its status is on the topic; ours is looked up although it was told too early."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        for handle in ("by hand", "h1"):
            report = stage.sendblue.has(handle, "SENT")
            await stage.topic.event(status_event(report, None, flags(handle), now_ms()))
        await asyncio.sleep(1)
        await stage.submit("h1")
        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(2 * 3600)
        stage.sendblue.has("h3", "SENT")
        await asyncio.sleep(2 * EVERY_S)

        assert [(e.message_handle, e.status, e.request_id) for e in stage.topic.swept()] == [
            ("h1", "DELIVERED", stage.claim("h1").request_id)
        ]
        assert ("foreign", "by hand") in stage.found()

    run(story())


def test_a_message_of_days_ago_is_published_without_its_request() -> None:
    """Its events are no longer read back; its handle says which it was."""

    async def story() -> None:
        stage = Stage()
        stage.sendblue.has("h1", "SENT")
        await asyncio.sleep(READ_BACK_MS / 1000 + 60)
        stage.sweeper()
        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(DAY_S)

        assert [(e.status, e.request_id, e.message_handle) for e in stage.topic.events] == [("DELIVERED", None, "h1")]

    run(story())


def test_how_the_sweep_stands_is_seen_from_outside_also_when_it_stands_still() -> None:
    """Behind by a minute or two while it reads on; by more and more while there is no answer; not at all elsewhere."""

    async def story() -> None:
        stage = Stage()
        await stage.submit("h1")
        sweeper = stage.sweeper()
        await asyncio.sleep(3 * EVERY_S)
        stage.sendblue.has("h1", "SENT")
        await asyncio.sleep(2 * EVERY_S)
        well = sweeper.seen(now_ms())
        stage.sendblue.away = True
        await asyncio.sleep(3600)
        away = sweeper.seen(now_ms())
        await sweeper.end()

        assert well.outstanding == 1
        assert 0 < well.behind_s <= 2 * EVERY_S + 1
        assert away.behind_s == well.behind_s + 3600
        assert sweeper.seen(now_ms()) == SweepSeen(0, 0.0)

    run(story())
