"""What one replica does next in the world of the model check: it reads, decides by the real code, and acts."""

from collections.abc import Iterator

from connector.core import last_look, steps, turns
from connector.core.last_look import Grant
from connector.core.records import Close, Intent, LedgerRecord, Outcome, Park, Result
from connector.core.seen import Seen
from connector.core.standing import Standing, Status
from tests.core.ledger_story import contact_id
from tests.core.model_knowledge import ATTEMPTS, BASE_MS, CONTACT, GAP_S, LEASE_S, Library, Look, request_origin
from tests.core.model_world import (
    POLICY,
    Bounds,
    Copy,
    Replica,
    State,
    Work,
    held,
    minus,
    put,
    with_replica,
    with_request,
)

Move = tuple[str, State]


class Violation(AssertionError):  # noqa: N818 - what the rules forbid, not an error of the check
    """Something that must never happen has happened."""


class Steps:
    """What one replica does by itself."""

    def __init__(self, bounds: Bounds, library: Library) -> None:
        self.b, self.lib = bounds, library
        self.without = bounds.without

    def replica(self, s: State, replica: Replica) -> Iterator[Move]:
        """It reads as far as it likes, then does one thing."""
        reader = replica
        yield from self.acts(s, reader, replica)
        while reader.upto < s.base + len(s.log):
            reader = self.read_one(s, reader)
            yield from self.acts(s, reader, replica)

    def acts(self, s: State, reader: Replica, old: Replica) -> Iterator[Move]:
        look = self.lib.look(reader.known, s.now)
        for record in reader.outbox:
            yield from self._append(s, old, reader._replace(outbox=minus(reader.outbox, record)), record)
        if reader.work is not None:
            yield from self._working(s, old, reader, reader.work, look)
            return
        for n, copy in enumerate(reader.holds):
            if copy is not None:
                yield from self._turn(s, old, reader, n, copy, look)

    def _turn(self, s: State, old: Replica, r: Replica, n: int, copy: Copy, look: Look) -> Iterator[Move]:
        standing = look.standings[n]
        step = turns.before_intent(held(n, copy), self._seen(s, standing, look), POLICY)
        attempt = standing.attempt if standing else None
        match step:
            case steps.Propose() if s.left.attempts:
                yield from self._propose(s, old, r, n, copy)
            case steps.NotNow(reason="open" | "in doubt") if "open_waits" in self.without:
                yield "marks it done", self._done(s, old, r, n)
            case steps.HopTo(line):
                there = with_request(s, n, s.requests[n]._replace(copy=Copy(line, copy.hops + 1), done=False))
                yield "hops", with_replica(there, old, _without(r, n))
            case steps.Close(disposition, code):
                yield from self._once(s, old, r, Close(f"r{n}", request_origin(n), 0, disposition, code))
            case steps.ParkIt(attempt=doubtful):
                park = Park(doubtful, f"r{n}", request_origin(n), copy.line, CONTACT, "IN_DOUBT")
                yield from self._once(s, old, r, park)
            case steps.Owe(event=event):
                after = with_replica(self.ended(s, n, str(event)), old, _without(r, n))
                if event == "PARKED":
                    after = after._replace(parked=after.parked | {(n, int(attempt or "", 16) - 1)})
                yield f"owes {event}", after

    def _seen(self, s: State, standing: Standing | None, look: Look) -> Seen:
        live = look.live.get(standing.attempt or "") if standing else None
        busy = look.busy and "busy" not in self.without
        return Seen(
            BASE_MS + s.now * 1000,
            float(s.now),
            standing,
            bound=look.bound,
            contact_busy=busy,
            attempt_read_at=live.read_at if live else None,
            attempt_granted_ms=live.granted_ms if live else None,
        )

    def _propose(self, s: State, old: Replica, r: Replica, n: int, copy: Copy) -> Iterator[Move]:
        a = s.proposed
        record = self.lib.number(
            Intent(
                *(ATTEMPTS[a], f"r{n}", copy.line, CONTACT, contact_id("b"), BASE_MS, request_origin(n), 0, "P"),
                lease_ms=int(LEASE_S * 1000),
            )
        )
        stage = "granted" if "arbitration" in self.without else "wait"
        new = r._replace(work=Work(stage, n, a, copy.line, s.now, record), own=r.own | {a})
        s = s._replace(proposed=a + 1, left=s.left._replace(attempts=s.left.attempts - 1))
        yield from self._append(s, old, new, record)

    def _working(self, s: State, old: Replica, r: Replica, w: Work, look: Look) -> Iterator[Move]:
        match w.stage:
            case "wait":
                if w.record in s.late:
                    yield "gives up", with_replica(s, old, r._replace(work=None, abandoned=r.abandoned | {w.attempt}))
            case "granted":
                yield from self._granted(s, old, r, w, look)
            case "flight":
                yield "the answer", self._answered(s, old, r, w)
            case "outcome":
                yield from self._once(s, old, r, self.lib.records[w.record])

    def _granted(self, s: State, old: Replica, r: Replica, w: Work, look: Look) -> Iterator[Move]:
        check = last_look.before_write(self._grant(s, r, w, look))
        match check:
            case last_look.Write():
                yield from self._written(s, old, r, w, look)
                if s.left.freezes:
                    frozen = r._replace(frozen=True, work=w._replace(stage="checked"))
                    yield (
                        "freezes",
                        with_replica(s._replace(left=s.left._replace(freezes=s.left.freezes - 1)), old, frozen),
                    )
            case last_look.GiveUp(code):
                yield f"gives up: {code}", with_replica(s, old, self._owes(r, w, Result.UNSENT, code))
            case last_look.Overtaken():
                yield "overtaken", with_replica(s, old, r._replace(work=None))

    def _grant(self, s: State, r: Replica, w: Work, look: Look) -> Grant:
        attempt, line = ATTEMPTS[w.attempt], w.line
        unchecked = bool(self.without & {"recheck", "arbitration"})
        return Grant(
            mono=float(s.now),
            lease_end=w.since + LEASE_S,
            owned=True,
            still_open=unchecked or attempt in look.open,
            contact_busy=attempt in look.busy_before and "busy" not in self.without,
            line=line,
            bound=look.bound,
            own_last_write=dict(r.wrote).get(line),
            gap_s=GAP_S,
            foreign=look.earlier.get(attempt, look.foreign[line]),
        )

    def _written(self, s: State, old: Replica, r: Replica, w: Work, look: Look) -> Iterator[Move]:
        if f"r{w.request}" in look.submitted:
            raise Violation("written though its own fold says submitted")
        for result in ("sent", "reply lost", "never sent", *(["refused"] if s.left.refused else [])):
            yield f"writes: {result}", self._write(s, old, r, w, result, zombie=False)

    def _write(self, s: State, old: Replica, r: Replica, w: Work, result: str, *, zombie: bool) -> State:
        request, line = s.requests[w.request], w.line
        texts = request.texts + (result in ("sent", "reply lost"))
        if texts > 1 + request.risks:
            raise Violation("two texts")
        if not zombie and any(self._may_be_on_its_way(s, a) for a, other in s.flight if not other):
            raise Violation("two in flight for one contact")
        if not zombie and line in dict(s.lines) and s.now - dict(s.lines)[line] < GAP_S:
            raise Violation("two writes within the gap")
        s = with_request(s, w.request, request._replace(texts=texts))
        sent = s.sent | {(w.attempt, w.request, line)} if result in ("sent", "reply lost") else s.sent
        left = s.left._replace(refused=s.left.refused - (result == "refused"))
        lines = s.lines if zombie else put(s.lines, line, s.now)
        s = s._replace(sent=sent, left=left, flight=s.flight | {(w.attempt, zombie)}, lines=lines)
        new = r._replace(frozen=False, work=w._replace(stage="flight", result=result), wrote=put(r.wrote, line, s.now))
        return with_replica(s, old, new)

    def _may_be_on_its_way(self, s: State, attempt: int) -> bool:
        """Not once a callback has proved it."""
        known = self.lib.look(s.oracle, s.now)
        return any(x.attempt == ATTEMPTS[attempt] for x in known.standings if x and x.status is Status.OPEN)

    def woken(self, s: State, r: Replica, result: str = "reply lost") -> State:
        """A zombie: nothing stands between its last look and the socket. That its text goes out is the worse case."""
        assert r.work is not None
        return self._write(s, r, r, r.work, result, zombie=True)

    def _answered(self, s: State, old: Replica, r: Replica, w: Work) -> State:
        s = s._replace(flight=frozenset(f for f in s.flight if f[0] != w.attempt))
        match w.result:
            case "sent":
                return with_replica(s, old, self._owes(r, w, Result.SUBMITTED, f"h{w.attempt}"))
            case "refused":
                return with_replica(s, old, self._owes(r, w, Result.UNSENT, "HTTP_429"))
        if "unknown_stays_open" in self.without:
            return with_replica(s, old, self._owes(r, w, Result.UNSENT, "TIMEOUT"))
        return with_replica(s, old, r._replace(work=None))

    def _owes(self, r: Replica, w: Work, result: Result, detail: str) -> Replica:
        return r._replace(
            work=w._replace(stage="outcome", record=self._outcome(w.attempt, w.request, w.line, result, detail))
        )

    def _outcome(self, attempt: int, request: int, line: str, result: Result, detail: str) -> int:
        name = ATTEMPTS[attempt]
        return self.lib.number(Outcome(name, f"r{request}", line, CONTACT, result, detail, "model"))

    # reading and appending -------------------------------------------------------------------------------------------

    def read_one(self, s: State, r: Replica) -> Replica:
        """Read the next record; it may be the answer to what the replica waits for, or a grant nobody waits for."""
        at, number = s.log[r.upto - s.base]
        record = self.lib.records[number]
        attempt = int(record.attempt, 16) - 1 if isinstance(record, Intent) else -1
        known, granted = self.lib.read(r.known, (r.upto, at, number, s.now, attempt in r.own))
        work, outbox = r.work, r.outbox
        if work is not None and work.record == number and work.stage in ("wait", "outcome"):
            work = work._replace(stage="granted") if granted and work.stage == "wait" else None
        if attempt in r.abandoned and granted:
            assert isinstance(record, Intent)
            late = self._outcome(attempt, int(record.request_id[1:]), record.line, Result.UNSENT, "LATE")
            outbox = (*outbox, late)
        gone = {attempt}
        return r._replace(
            known=known, upto=r.upto + 1, work=work, outbox=outbox, own=r.own - gone, abandoned=r.abandoned - gone
        )

    def caught_up(self, s: State, r: Replica) -> Replica:
        """Read everything there is."""
        while r.upto < s.base + len(s.log):
            r = self.read_one(s, r)
        return r

    def land(self, s: State, number: int) -> State:
        """The record is in the log now."""
        offset = s.base + len(s.log)
        oracle, _ = self.lib.read(s.oracle, (offset, s.now, number, s.now, False))
        return s._replace(log=(*s.log, (s.now, number)), oracle=oracle)

    def _append(self, s: State, old: Replica, new: Replica, number: int) -> Iterator[Move]:
        """It lands; or nobody hears of it, and it may land later or never."""
        after = with_replica(s, old, new)
        yield "appends", self.land(after, number)
        if s.left.late:
            left = s.left._replace(late=s.left.late - 1)
            yield "append without an answer", after._replace(late=tuple(sorted((*s.late, number))), left=left)

    def _once(self, s: State, old: Replica, r: Replica, record: LedgerRecord) -> Iterator[Move]:
        """Not while the record is on its way to be read."""
        number = self.lib.number(record)
        if all(n != number for _, n in s.log[r.upto - s.base :]):
            yield from self._append(s, old, r, number)

    # ends ------------------------------------------------------------------------------------------------------------

    def ended(self, s: State, n: int, event: str) -> State:
        """The event is published, the record is done. A late proof may add SUBMITTED to DROPPED, and beats it."""
        request = s.requests[n]
        finals = request.ends - {"PARKED"}
        if event not in ("PARKED", "SUBMITTED", "DROPPED") and finals - {event} and not self.b.long:
            raise Violation(f"{event} after {sorted(finals)}")
        return with_request(s, n, request._replace(ends=request.ends | {event}, done=True))

    def _done(self, s: State, old: Replica, r: Replica, n: int) -> State:
        if not s.requests[n].ends:
            raise Violation("done without an end")
        return with_replica(with_request(s, n, s.requests[n]._replace(done=True)), old, _without(r, n))


def _without(r: Replica, n: int) -> Replica:
    return r._replace(holds=(*r.holds[:n], None, *r.holds[n + 1 :]))
