"""What may never be seen from outside, checked as it happens (docs/reliability.md, "Invariants", by their numbers).

The oracle has its own fold over the whole log, from its beginning, and knows what the world knows: which POST was
accepted, which bytes left when, whose clock is off by how much. ``wrong`` is a violation. What the design names as a
residual (a process frozen between its last check and the socket) is ``noted`` and counted apart.
"""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from connector.core.events import WAITING, MessageEvent
from connector.core.ledger import GRANTED, Alarm, Fold, Step
from connector.core.messages import MAX_AGE_MS, EventType
from connector.core.orders import CancelRequest, CancelTag
from connector.core.quiet import UTC, allowed_ms, hours_for
from connector.core.records import Intent, LedgerRecord, Outcome, Park
from connector.core.requests import expires_ms
from connector.core.resend import ABSENT, Q_S
from connector.core.standing import Status
from connector.roles.ingress import Reply
from tests.simulation import content
from tests.simulation.begun import differences, plain, reaches
from tests.simulation.broker import EPOCH_MS, Entry
from tests.simulation.rare import ledger_rarities

if TYPE_CHECKING:
    from tests.simulation.messages import Moment, Text
    from tests.simulation.process import Process
    from tests.simulation.world import World

SKEW_MS = 2_000
CLOSE = 1e-6


class Oracle:
    """Watches one world."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.violations: list[str] = []
        self.notes: Counter[str] = Counter()
        self.fold = Fold()
        self.steps: list[Step] = []
        self.granted: dict[str, tuple[int, Intent]] = {}
        self.open: dict[str, float] = {}
        self.granted_at: dict[str, float] = {}
        self.parks: dict[str, Park] = {}
        self.absent: dict[str, str] = {}
        self.proposals: dict[str, float] = {}
        self.touched: dict[str, list[int]] = defaultdict(list)
        self.texts: dict[str, list[Text]] = defaultdict(list)
        self.by_attempt: dict[str, Text] = {}
        self.last_write: dict[str, Text] = {}
        self.heard: dict[bytes, tuple[str, int]] = {}
        self.written: dict[bytes, list[Text]] = defaultdict(list)
        self.firsts: dict[tuple[bytes, int], Text] = {}
        self.events: dict[str, MessageEvent] = {}
        self.landed_events: set[str] = set()
        self.submitted_at: dict[str, float] = {}
        broker = world.broker
        broker.listen("ledger", self._ledger)
        broker.listen("events", self._event)

    def wrong(self, rule: str, what: str) -> None:
        """A violation: the world ends here, so that the last line of its history is the one to look at."""
        self.world.scheduler.stopped = True
        self.world.say(None, "VIOLATION", f"{rule}: {what}")
        self.violations.append(f"{rule}: t={self.world.scheduler.now:.3f} {what}")

    def finish(self) -> None:
        """9: whoever begins to read later judges alike."""
        log = self.world.broker.log("ledger")
        for begin in reaches(log):
            self.world.saw("a fold begun later")
            for difference in differences(log, self.steps, begin)[:1]:
                self.wrong("9 verdicts", difference)

    def noted(self, what: str) -> None:
        """A residual the design names."""
        self.notes[what] += 1

    def proposed(self, process: "Process", intent: Intent) -> None:
        """A process begins to append an INTENT."""
        if not process.replica.fold.rules_known:
            self.wrong("rules", f"{process} proposes under rules it does not know")
        if self._is_cancelled(process, intent):
            self.wrong("cancel", f"{process} proposes {intent.request_id}, which it knows to be cancelled")
        self.world.consents.check(process, intent.contact, "proposes")
        self.world.rooms.proposed(process, intent)
        self.world.moves.proposed(process, intent)
        self.world.standstill.proposed(process, intent)
        self.proposals.setdefault(intent.attempt, self.world.scheduler.now)

    def _is_cancelled(self, process: "Process", intent: Intent) -> bool:
        """Whether an order that this process has read stands against it, by the order's own words."""
        read = self.world.broker.log("control")[: process.obedience.position]
        request = self.world.upstream.origins[str(intent.origin)]
        for order in {entry.key: entry.value for entry in read}.values():
            match order:
                case CancelRequest(request_id, until_ms):
                    meant = request_id == intent.request_id
                case CancelTag(name, value, until_ms):
                    tagged = request is not None and request.tags.get(name) == value
                    meant = tagged and intent.request_time_ms < until_ms
                case _:
                    continue
            if meant and self.world.broker.now_ms - until_ms < MAX_AGE_MS - 2 * SKEW_MS:
                return True
        return False

    def judged(self, process: "Process", offset: int, record: LedgerRecord, step: Step) -> None:
        """4: the verdicts of two replicas are equal, and so say their digests."""
        if step.alarm is Alarm.DIGEST_DIFFERS:
            self.wrong("4 digest", f"{process} at {offset}: {record}")
        if not isinstance(record, Intent):
            return
        ours = self.steps[offset].verdict
        if plain(step.verdict) != plain(ours):
            self.wrong("4 verdicts", f"{process} at {offset}: {step.verdict} but {ours}, log from {process.first}")

    def checked(self, text: "Text") -> None:
        """3, 10 and 19: the moment at which a process decided to write."""
        self.world.bounds.checked(text)
        self.world.consents.check(text.process, text.contact, "writes")
        self.world.moves.check(text)
        process, attempt, now = text.process, text.attempt, self.world.scheduler.now
        offset, intent = self.granted.get(attempt, (-1, None))
        if intent is None or intent.owner != process.owner or process.position <= offset:
            return self.wrong("3 grant", f"{process} writes {attempt} without its own grant read back")
        if any(offset < touch < process.position for touch in self.touched[attempt]):
            self.wrong("3 outcome", f"{process} writes {attempt}, which has an end already")
        if now > text.lease_end + 1e-6:  # a process counts from another moment, and rounds
            self.wrong("3 lease", f"{process} writes {attempt} {now - self.proposals[attempt]:.3f} s after its intent")
        late_ms = EPOCH_MS + int(now * 1000) - expires_ms(text.dispatch)
        if late_ms > SKEW_MS + process.setup.lease_s * 1000:
            self.wrong("10 expired", f"{process} writes {attempt} {late_ms} ms after it expired")
        self._by_day(text)
        return None

    def _by_day(self, text: "Text") -> None:
        """Nobody is texted in quiet hours; clocks differ by the skew."""
        now_ms, hours = EPOCH_MS + int(self.world.scheduler.now * 1000), hours_for(text.dispatch.request, None)
        if hours is not None and allowed_ms(hours, (), UTC, now_ms - SKEW_MS) > now_ms + SKEW_MS:
            self.wrong("quiet", f"{text.process} writes {text.attempt} in quiet hours")

    def wrote(self, text: "Text") -> None:
        """5 and 23: bytes have left for the socket."""
        line, attempt = text.dispatch.line, text.attempt
        self.world.say(text.process, "wrote", f"{text.dispatch.request.request_id} {attempt} on {line}")
        if text.late:
            self.world.saw("a write after the lease")
        if attempt in self.by_attempt:
            self.wrong("3 once", f"{text.process} writes {attempt} again")
        self.by_attempt[attempt] = text
        self.world.bounds.wrote()
        self._paced(text, self.last_write.get(line))
        self.last_write[line] = text
        self._alone(text)
        self._ordered(text)
        content.wrote(self.world, text)

    def accepted(self, text: "Text") -> None:
        """1 and 6: a person is texted."""
        request_id, line, contact = text.dispatch.request.request_id, text.dispatch.line, text.contact
        texts = self.texts[request_id]
        if texts and text.written_at - texts[-1].written_at > MAX_AGE_MS / 1000:
            self.noted("1 twice, more than 72 h apart")
        elif texts and any(self.came_late(one.attempt) for one in (*texts, text)):
            self.noted("1 twice, an effect later than Q")
        elif texts:
            self.wrong("1 twice", f"{request_id} by {texts[-1].attempt} and {text.attempt} of {text.process}")
        texts.append(text)
        if text.dispatch.request.is_group:
            self.world.saw("a text to a group")
        granted_at, _ = self.granted[text.attempt]
        before, since = self.heard.get(contact, (line, 0))
        if before != line and not any(at > since for at, _ in self.world.moves.rebound[contact]):
            tell = self.noted if text.late else self.wrong_line
            tell(f"6 line: {request_id} on {line} after {before}")
        self.heard[contact] = line, granted_at

    def came_late(self, attempt: str) -> bool:
        """It was proved absent, and its effect came after all, later than Q: what ``RESEND`` cannot exclude."""
        text = self.by_attempt.get(attempt)
        if attempt not in self.absent or text is None or text.message is None:
            return False
        return text.message.made_at - self.granted_at[attempt] > Q_S

    def wrong_line(self, what: str) -> None:
        self.wrong("6 line", what)

    def answered(self, process: "Process", text: "Text", moment: "Moment", token: str, reply: Reply) -> None:
        """11: Sendblue got its 2xx, so the event is durable, and the ledger knows that the attempt was sent.

        12: whoever does not know the key is told so.
        """
        if token in self.world.sendblue.forged:
            self.world.saw("a forged callback")
            if reply.status not in (401, 503):
                self.wrong("12 forged", f"{process} answered {reply.status}")
            return
        if reply.status != 200:
            return
        request_id, status = text.dispatch.request.request_id, moment.status
        if f"{text.attempt} {status}" not in self.landed_events:
            self.wrong("11 durable", f"{process} answered {status} of {text.attempt} without an event")
        standing = self.fold.standing(request_id)
        hours = (self.world.scheduler.now - text.written_at) / 3600
        if hours < 71 and (standing is None or standing.status is not Status.SUBMITTED):
            self.wrong("11 proof", f"{process} answered {status} of {text.attempt}; the ledger says {standing}")

    def _paced(self, text: "Text", before: "Text | None") -> None:
        if before is None:
            return
        apart, gap = text.written_at - before.written_at, text.process.setup.gap_s
        if apart < gap - CLOSE:
            what = f"{before.attempt} of {before.process}, {apart:.3f} s later {text.attempt} of {text.process}"
            if text.late or before.late:
                self.noted("5 pace, a frozen process")
            elif before.process is text.process and (before.frozen or text.frozen):
                self.noted("5 pace, two in flight, one frozen at the socket")
            else:
                self.wrong("5 pace", what)

    def _alone(self, text: "Text") -> None:
        for other in self.written[text.contact]:
            if self.fold.is_open(other.dispatch.request.request_id, other.attempt):
                if text.late or other.late:
                    self.noted("5 contact, a frozen process")
                else:
                    self.wrong("5 contact", f"{other.attempt} of {other.process} and {text.attempt} of {text.process}")
        self.written[text.contact].append(text)

    def _ordered(self, text: "Text") -> None:
        dispatch = text.dispatch
        place = (text.contact, dispatch.origin.partition)
        first = self.firsts.get(place)
        if first is None or dispatch.origin.offset >= first.dispatch.origin.offset:
            self.firsts[place] = text
        elif text.late or first.late:
            self.noted("23 order, a frozen process")
        elif not self.world.lost_place(dispatch, first.dispatch):
            self.wrong("23 order", f"{dispatch.request.request_id} after {first.dispatch.request.request_id}")

    def _ledger(self, entry: Entry) -> None:
        record: LedgerRecord = entry.value  # type: ignore[assignment]  # the ledger topic holds these
        step = self.fold.apply(entry.ms, record)
        self.steps.append(step)
        self.world.say(None, "ledger", f"{entry.offset} {_shown(record)} {plain(step.verdict) or ''}")
        ledger_rarities(self.world, record, step)
        if isinstance(record, Intent):
            if step.verdict is GRANTED:
                self.granted[record.attempt] = (entry.offset, record)
                self.granted_at[record.attempt] = self.open[record.attempt] = self.world.scheduler.now
        elif attempt := getattr(record, "attempt", None):
            self.touched[attempt].append(entry.offset)
        if step.was is not None and step.was.status is Status.OPEN and step.was is not step.now:
            self.open.pop(step.was.attempt or "", None)
        if isinstance(record, Park):
            self.parks.setdefault(record.attempt, record)
        if isinstance(record, Outcome) and record.detail == ABSENT:
            self.absent[record.attempt] = record.request_id
        if step.now is not None and step.now.status is Status.SUBMITTED and step.was is not step.now:
            self.submitted_at.setdefault(record.request_id, self.world.scheduler.now)  # type: ignore[union-attr]  # an Outcome
        self._alarmed(record, step)

    def _alarmed(self, record: LedgerRecord, step: Step) -> None:
        """2 and 22: no second attempt was ever open, and no proof comes after a proved negative."""
        if step.alarm is None or not isinstance(record, Outcome):
            return
        dropped = step.was is not None and step.was.status is Status.CLOSED
        if step.alarm is Alarm.SUBMITTED_AFTER_END and dropped:
            self.world.saw("SUBMITTED after a drop")
        elif not any(self.came_late(text.attempt) for text in self.texts[record.request_id]):
            self.wrong("2 alarm", f"{step.alarm} by {_shown(record)}, was {step.was}")

    def _event(self, entry: Entry) -> None:
        event: MessageEvent = entry.value  # type: ignore[assignment]  # the events topic holds these
        self.world.say(None, "event", f"{event.type} {event.request_id} {event.request_origin} {event.status or ''}")
        if event.type is EventType.STATUS:
            self.landed_events.add(f"{event.attempt} {event.status}")
        known = self.events.setdefault(event.event_id, event)
        if known is not event:
            self.world.saw("an event again")
            if _content(known) != _content(event):
                self.wrong("13 event id", f"{event.event_id} is {known} and {event}")


def _content(event: MessageEvent) -> tuple[object, ...]:
    """What a repeat of an event must repeat; a replay of our own has no report any more."""
    status = event.status if event.type is EventType.STATUS else None
    code = None if event.type in WAITING else event.code  # the first of several reasons is told
    about = (None, None) if event.type is EventType.STATUS else (event.request_id, event.attempt)  # the sweep forgets
    return (event.type, *about, code, event.message_handle, status, event.duplicate_of)


def _shown(record: LedgerRecord) -> str:
    names = ("attempt", "request_id", "line", "result", "detail", "via", "resolution", "disposition", "code", "owner")
    return " ".join([type(record).__name__.upper(), *(str(getattr(record, n)) for n in names if hasattr(record, n))])
