"""One line's work: turn by turn, at most one POST in flight.

A turn asks the core what comes next and does it, until the record has its end or must wait:

    own fold first: not free -> publish what its end owes, park it, or wait
    INTENT, read back, granted -> lease, ownership, fold, views again -> one POST
    answer classified -> OUTCOME until read back; unknown appends nothing, the attempt stays in doubt
    the event that the fold's state owes, durable -> the offset is done
"""

import asyncio
from dataclasses import replace
from functools import partial
from typing import assert_never

from connector.core import last_look, not_free, steps, turns
from connector.core.adoption import LEDGER_LOST
from connector.core.breakers import NOT_SUSPECTED
from connector.core.delays import Defer, Wait
from connector.core.facts import AttemptInDoubt, FuseBlown, PostAnswered, VerdictSeen
from connector.core.identities import words_hash
from connector.core.ledger import Duplicate, Expired, Granted
from connector.core.messages import OnInDoubt
from connector.core.opt_outs import OPTED_OUT, told_out
from connector.core.outcomes import (
    Answer,
    Classified,
    Rejected,
    Scope,
    Submitted,
    Unknown,
    Unsent,
    classify,
    outcome_of,
)
from connector.core.records import Close, Intent, Outcome, Park, Resolution, Resolve, Result
from connector.core.resend import ABSENT
from connector.core.spans import Kind, posted, posting
from connector.core.steps import Held
from connector.core.traceparent import sampled_trace
from connector.roles.lane import Lane
from connector.roles.line import Line
from connector.roles.seeing import grant_of, seen

STALLED_S = 1.0  # pause after a proposal that did not come back: the ledger is away, asking faster helps nobody


async def work(line: Line) -> None:
    """Begin a turn for each due record until no lane of the line goes on."""
    while (taken := await line.next()) is not None:
        lane, offset, held = taken
        with lane.at_work():
            await _Turn(line, lane, offset, held).run()


class _Turn:
    """One record's turn; its steps are the decisions of ``core.turns`` and ``core.last_look``."""

    def __init__(self, line: Line, lane: Lane, offset: int, held: Held) -> None:
        self.line, self.lane, self.offset, self.held = line, lane, offset, held
        self.around = lane.around
        self.request_id = held.dispatch.request.request_id

    async def run(self) -> None:
        """Go on until the record is done or waits; a lane that stops begins no attempt, but ends what it began."""
        while True:
            step = turns.before_intent(self.held, seen(self.lane, self.offset, self.held), self.around.policy)
            if self.lane.stopping and isinstance(step, steps.Propose):
                return None
            if isinstance(step, steps.NotNow):
                self._heed_fuses(step.reason)
                return self.lane.wait(self.offset, self.held, step.until, step.reason)
            if isinstance(step, steps.Look):
                self.around.doubts.look(self._as_sent(), step.attempt, newest=self._may_resend())
                continue
            if isinstance(step, steps.Ask):
                self.around.preparations.ask(self.held, step.question)
                continue
            if isinstance(step, steps.Owe | steps.HopTo | Defer):
                await self._leave(step)
                return self.lane.done(self.offset, self.held)
            await self._act(step)

    def _heed_fuses(self, waits: Wait | None = None) -> None:
        """Tell of a fuse that has just blown: one that makes the request wait, or, with its grant, of its text."""
        if waits not in (None, Wait.FUSE):
            return
        fuses, contact, now_ms = self.around.replica.fuses, self.held.contact, self.around.clocks.now_ms()
        words = words_hash(self.held.dispatch.request, self.around.hash_key)
        if waits is None:
            fuses.texted(contact, words, now_ms)
        blown = fuses.crowded(words, now_ms) if waits is None else fuses.holds(contact, words, now_ms)
        if blown is not None and fuses.is_news(blown, now_ms):
            self.around.observe(FuseBlown(str(blown.fuse), self.lane.line.alias))

    async def _leave(self, step: steps.Owe | steps.HopTo | Defer) -> None:
        match step:
            case steps.HopTo(line):
                await self.around.outlets.hop(self.held.dispatch, line)
            case Defer():
                await self.around.outlets.defer(self.held, step)
            case steps.Owe(standing):
                report = self.lane.reports.pop(standing.attempt or "", None)
                await self.around.outlets.owed(self._traced(), step, report)
            case _:
                assert_never(step)

    def _as_sent(self) -> Held:
        """With the media URL that goes over the wire: the file's at Sendblue, where it had to be uploaded."""
        media_url = self.lane.uploaded.get(self.offset)
        if media_url is None:
            return self.held
        dispatch = self.held.dispatch
        return replace(self.held, dispatch=replace(dispatch, request=replace(dispatch.request, media_url=media_url)))

    def _traced(self) -> Held:
        """With the trace context of the call, if one was made: the event hangs below it."""
        traceparent = self.lane.traceparents.get(self.offset)
        if traceparent is None:
            return self.held
        return replace(self.held, dispatch=replace(self.held.dispatch, traceparent=traceparent))

    async def _act(self, step: steps.Act) -> None:
        dispatch, contact = self.held.dispatch, self.held.contact
        match step:
            case steps.Announce():
                await self.around.outlets.scheduled(self.held)
                self.lane.announced.add(self.offset)
            case steps.Refute(attempt):
                line, unsent = self._line_of(attempt), Result.UNSENT
                await self._record(Outcome(attempt, self.request_id, line, contact, unsent, ABSENT, via="absence"))
            case steps.Propose(media_url):
                if media_url is not None:
                    self.lane.uploaded[self.offset] = media_url
                await self._propose()
            case steps.Close(disposition, code):
                await self._record(Close(self.request_id, dispatch.origin, dispatch.redrive, disposition, code))
            case steps.ParkIt(attempt):
                line = self._line_of(attempt)
                await self._record(Park(attempt, self.request_id, dispatch.origin, line, contact, "IN_DOUBT"))
            case steps.ParkUnknown():
                attempt, reason = self.around.ids.attempt(), LEDGER_LOST
                await self._record(Park(attempt, self.request_id, dispatch.origin, dispatch.line, contact, reason))
            case steps.DropIt(attempt):
                line, drop = self._line_of(attempt), Resolution.DROP
                await self._record(Resolve(attempt, self.request_id, dispatch.origin, line, contact, drop, "policy"))
            case _:
                assert_never(step)

    async def _propose(self) -> None:
        clocks, dispatch = self.around.clocks, self.held.dispatch
        lease_end = clocks.mono() + self.around.policy.lease_s
        intent = Intent(
            attempt=self.around.ids.attempt(),
            request_id=self.request_id,
            line=dispatch.line,
            contact=self.held.contact,
            body=self.held.body,
            request_time_ms=dispatch.request_time_ms,
            origin=dispatch.origin,
            redrive=dispatch.redrive,
            owner=self.around.replica.owner,
            lease_ms=round(self.around.policy.lease_s * 1000),
        )
        self.lane.guard.tried()
        written, is_new = False, self.lane.new.is_new(self.held, self.around.replica.views.line_of(self.held.contact))
        if is_new:
            self.lane.new.begun(self.held.contact)
        try:
            written = await self._proposed(intent, lease_end)
        finally:
            if is_new:
                self.lane.new.ended(self.held.contact)
                self.line.wake(self.held.contact)
            if not written:
                self.lane.guard.withdrawn()

    async def _proposed(self, intent: Intent, lease_end: float) -> bool:
        """Act on the verdict; True when the message was written."""
        verdict = await self.around.replica.propose(intent, self.around.policy.lease_s)
        match verdict:
            case Granted():
                self.around.observe(VerdictSeen("granted"))
                self._heed_fuses()
                return await self._granted(intent, lease_end)
            case Expired():
                self.around.observe(VerdictSeen("expired"))
                unsettled = self.around.replica.fold.was_in_doubt(intent.request_id)
                await self._act(turns.too_late(turns.AGED.code, unsettled))
            case Duplicate():
                self.around.observe(VerdictSeen("duplicate"))
            case None:
                self.around.observe(VerdictSeen("timeout"))
                await asyncio.sleep(STALLED_S)
        return False

    async def _granted(self, intent: Intent, lease_end: float) -> bool:
        try:
            refused = await self._ready_to_write(intent, lease_end)
        except asyncio.CancelledError:
            self.around.replica.record_later(self._outcome(intent, Result.UNSENT, "LATE"))
            raise
        if refused is None:
            await self._post(intent, lease_end)
        elif refused:
            await self._record(self._outcome(intent, Result.UNSENT, refused))
        return refused is None

    async def _ready_to_write(self, intent: Intent, lease_end: float) -> str | None:
        """Return None when the socket may be written now, the code of an UNSENT, or "" when overtaken."""
        while True:
            match last_look.before_write(grant_of(self.lane, self.held, intent, lease_end, self.lane.writes.begun)):
                case last_look.Write():
                    return None
                case last_look.WriteAt(at):
                    await self.line.until(at)
                case last_look.GiveUp(code):
                    return code
                case last_look.Overtaken():
                    return ""

    async def _post(self, intent: Intent, lease_end: float) -> None:
        dispatch = self.held.dispatch
        told = posting(
            "send_group" if dispatch.request.is_group else "send", intent.line, self.request_id, intent.attempt
        )
        with self.around.tracing.span("POST", Kind.CLIENT, dispatch.traceparent, told) as span:
            if span.traceparent:
                self.lane.traceparents[self.offset] = span.traceparent
            classified, answer = await self._called(intent, lease_end)
            outcome, code = outcome_of(classified)
            span.tell(posted(answer.status, outcome, code), "" if isinstance(classified, Submitted) else code)
        self.lane.new.heard(self.held.contact, classified)
        if self.lane.guard.heard(classified) or self.offset in self.lane.suspicions:
            self._suspect(classified)
        await self._settle(intent, classified, answer)

    async def _called(self, intent: Intent, lease_end: float) -> tuple[Classified, Answer]:
        """One POST; what it means, and when it was written."""
        clocks, writes = self.around.clocks, self.lane.writes
        writes.begin(began := clocks.mono())
        may_write = partial(self._may_write, intent, lease_end)
        answer = await self.around.sendblue.send(self._as_sent().dispatch, intent.attempt, may_write)
        ended = writes.answered = clocks.mono()
        writes.make(ended if answer.written_after_s is None else began + answer.written_after_s)
        classified = classify(answer, self.around.policy.unknown_code)
        (outcome, code), trace_id = outcome_of(classified), sampled_trace(self.held.dispatch.traceparent)
        self.around.observe(PostAnswered(intent.line, outcome, code, ended - began, trace_id))
        return classified, answer

    def _may_write(self, intent: Intent, lease_end: float) -> float | None:
        """The last look once more, in the moment before the write, which takes the line's pace."""
        grant = grant_of(self.lane, self.held, intent, lease_end, self.lane.writes.made)
        match last_look.before_write(grant):
            case last_look.Write():
                self.lane.writes.make(grant.mono)
                self.line.wrote(self.lane)
                return 0.0
            case last_look.WriteAt(at):
                return at - grant.mono
            case last_look.GiveUp() | last_look.Overtaken():
                return None

    def _suspect(self, classified: Classified) -> None:
        """The account was stopped by this message although a GET succeeds: others go first."""
        if isinstance(classified, Unsent) and classified.scope is Scope.ACCOUNT_STOPPED:
            before = self.lane.suspicions.get(self.offset, NOT_SUSPECTED)
            self.lane.suspicions[self.offset] = before.stopped(self.around.clocks.mono())

    async def _settle(self, intent: Intent, classified: Classified, answer: Answer) -> None:
        report = self.around.sendblue.report(answer) if isinstance(classified, Submitted) else None
        if outcome_of(classified)[1] == OPTED_OUT or (report is not None and told_out(report) is not None):
            self.around.refused(self.held, answer.date_ms or self.around.clocks.now_ms())
        match classified:
            case Submitted(handle=handle):
                if report is not None:
                    self.lane.reports[intent.attempt] = report
                await self._record(self._outcome(intent, Result.SUBMITTED, handle))
            case Unsent(code=code):
                await self._record(self._outcome(intent, Result.UNSENT, code))
            case Rejected(code=code):
                await self._record(self._outcome(intent, Result.REJECTED, code))
            case Unknown():
                self.around.doubts.began(intent.attempt)
                self.around.observe(AttemptInDoubt(intent.line))

    async def _record(self, record: Outcome | Park | Resolve | Close) -> None:
        await self.around.replica.record(record)

    def _outcome(self, intent: Intent, result: Result, detail: str) -> Outcome:
        return Outcome(intent.attempt, intent.request_id, intent.line, intent.contact, result, detail, via="sender")

    def _line_of(self, attempt: str) -> str:
        live = self.around.replica.views.attempt(attempt)
        return live.line if live else self.held.dispatch.line

    def _may_resend(self) -> bool:
        return not_free.in_doubt_policy(self.held, self.around.policy) is OnInDoubt.RESEND
