"""Everything that can happen next in the world of the model check, and the fair way to the end."""

from collections.abc import Iterator

from connector.core import parking
from connector.core.records import Resolution, Resolve, Result
from connector.core.standing import Status
from connector.core.steps import Owe
from tests.core.model_knowledge import ATTEMPTS, CONTACT, request_origin
from tests.core.model_steps import Move, Steps
from tests.core.model_world import (
    LONG_S,
    TICK_S,
    Budget,
    Replica,
    Request,
    State,
    held,
    minus,
    trimmed,
    with_replica,
    with_request,
)

FAIR = Budget(
    attempts=9, late=0, crashes=0, freezes=0, ticks=9, callbacks=0, resolve=0, long=0, refused=0, rebalances=0
)
"""No faults, and as many attempts as it takes."""


class Moves(Steps):
    """All moves from a state."""

    def __call__(self, s: State) -> Iterator[Move]:
        """Every state that one step leads to."""
        for replica in dict.fromkeys(s.replicas):
            if replica.frozen:
                yield "wakes and writes", self.woken(s, replica)
            else:
                yield from self.replica(s, replica)
        yield from self._faults(s)
        yield from self._world(s)
        if s.left.callbacks:
            yield from self._callbacks(s)
        if s.left.resolve:
            yield from self._resolved(s)
        if s.left.ticks and not self._writing(s):
            yield "ten minutes", self._later(s, TICK_S)._replace(left=s.left._replace(ticks=s.left.ticks - 1))

    def fair(self, s: State) -> State | None:
        """One step towards the end, without faults; None when there is nothing left to do."""
        s = s._replace(left=FAIR)
        for record in s.late:
            return trimmed(self.land(s._replace(late=minus(s.late, record)), record))
        for replica in s.replicas:
            if replica.frozen:
                return trimmed(self.woken(s, replica, "sent"))
        for replica in s.replicas:
            for _, after in self.acts(s, self.caught_up(s, replica), replica):
                return trimmed(after)
        for _, after in self._world(s):
            return trimmed(after)
        for n, attempt in sorted(s.parked):
            return self._resolve(s, n, attempt, Resolution.DROP)
        return None if self.settled(s) else trimmed(self._later(s, TICK_S))

    def settled(self, s: State) -> bool:
        """Every record is done with a final end, nothing is parked, in work, or open in the ledger."""
        ended = all(r.done and r.ends - {"PARKED"} for r in s.requests)
        idle = not any(r.work or r.outbox for r in s.replicas)
        standings = self.lib.look(s.oracle, s.now).standings
        return ended and idle and not s.parked and not any(x and x.status is Status.OPEN for x in standings)

    def _faults(self, s: State) -> Iterator[Move]:
        """Crashes, with and without the last commits; five days of silence, then a replica that begins late."""
        for replica in dict.fromkeys(s.replicas):
            if s.left.crashes:
                after = self._crashed(s, replica)
                yield "crash", after
                if any(request.done for request in s.requests):
                    undone = tuple(r._replace(done=False) for r in s.requests)
                    yield "crash before the commit", after._replace(requests=undone)
            if s.left.long and not self._writing(s):
                yield "five days", self._five_days(s, replica)

    def _world(self, s: State) -> Iterator[Move]:
        """What the rest of the system does: late appends land, records are assigned, the reconciler looks."""
        for record in dict.fromkeys(s.late):
            yield "late append lands", self.land(s._replace(late=minus(s.late, record)), record)
        for n, request in enumerate(s.requests):
            if not request.done:
                yield from self._assigned(s, n)
        for n, attempt in sorted(s.parked):
            yield from self._reconciled(s, n, attempt)

    def _assigned(self, s: State, n: int) -> Iterator[Move]:
        """The record is read by somebody: by its new owner, who does not know what the old one still does."""
        rebalanced = any(r.holds[n] for r in s.replicas)
        if rebalanced and not s.left.rebalances:
            return
        after = s._replace(left=s.left._replace(rebalances=s.left.rebalances - rebalanced))
        for r in dict.fromkeys(s.replicas):
            if r.holds[n] is None and not r.frozen:
                holds = (*r.holds[:n], s.requests[n].copy, *r.holds[n + 1 :])
                yield "assigned", with_replica(after, r, r._replace(holds=holds))

    def _crashed(self, s: State, r: Replica) -> State:
        """A new incarnation has read the whole log before it begins; what it held is assigned anew."""
        s = s._replace(left=s.left._replace(crashes=s.left.crashes - 1))
        return with_replica(s, r, self.caught_up(s, Replica(upto=s.base, holds=(None,) * len(s.requests))))

    def _writing(self, s: State) -> bool:
        """A POST of somebody alive ends within seconds."""
        return any(r.work is not None and r.work.stage == "flight" for r in s.replicas)

    def _later(self, s: State, seconds: int) -> State:
        """Time passes: who is alive has read everything by then, and no POST is on its way any more."""
        replicas = [r if r.frozen else self.caught_up(s, r)._replace(wrote=()) for r in s.replicas]
        s = s._replace(replicas=tuple(sorted(replicas, key=hash)), lines=())
        return s._replace(now=s.now + seconds, flight=frozenset())

    def _five_days(self, s: State, replica: Replica) -> State:
        snapshot = self.lib.snapshot(s.oracle, s.now)
        holds = (None,) * len(s.requests)
        begun = Replica(known=self.lib.begin(snapshot), upto=s.base + len(s.log), holds=holds)
        s = with_replica(s, replica, begun)
        return self._later(s._replace(left=s.left._replace(long=s.left.long - 1)), LONG_S)

    def _callbacks(self, s: State) -> Iterator[Move]:
        """Sendblue calls back on the URL of an attempt that became a text; the ingress appends the proof."""
        left = s.left._replace(callbacks=s.left.callbacks - 1)
        for attempt, request, line in sorted(s.sent):
            proof = self._outcome(attempt, request, line, Result.SUBMITTED, f"h{attempt}")
            yield "a callback", self.land(s._replace(left=left), proof)

    def _reconciled(self, s: State, n: int, attempt: int) -> Iterator[Move]:
        """One parked record compared with the fold by a reconciler that has read all there is."""
        standing = self.lib.look(s.oracle, s.now).standings[n]
        name, copy = ATTEMPTS[attempt], s.requests[n].copy
        other = parking.OTHER_ATTEMPT_S if parking.stands_otherwise(name, standing) else 0.0
        log_ms = standing.changed_ms if standing else 0
        gone = s._replace(parked=s.parked - {(n, attempt)})
        match parking.next_of(held(n, copy), name, standing, log_ms, other):
            case parking.Reproduce():
                yield "re-produced", with_request(gone, n, s.requests[n]._replace(done=False))
            case Owe(event=event):
                yield f"reconciler owes {event}", self.ended(gone, n, str(event))

    def _resolved(self, s: State) -> Iterator[Move]:
        """A person resolves what is parked; NOT_SENT without proof is a risk he takes."""
        left = s.left._replace(resolve=s.left.resolve - 1)
        for n, attempt in sorted(s.parked):
            standing = self.lib.look(s.oracle, s.now).standings[n]
            if standing is None or (standing.status, standing.attempt) != (Status.PARKED, ATTEMPTS[attempt]):
                continue
            risk = not standing.proved_unsent
            taken = with_request(s, n, _risked(s.requests[n], risk))._replace(left=left)
            yield "resolved not sent", self._resolve(taken, n, attempt, Resolution.NOT_SENT)
            yield "dropped", self._resolve(s._replace(left=left), n, attempt, Resolution.DROP)

    def _resolve(self, s: State, n: int, attempt: int, resolution: Resolution) -> State:
        name, line = ATTEMPTS[attempt], s.requests[n].copy.line
        record = Resolve(name, f"r{n}", request_origin(n), line, CONTACT, resolution, "ann")
        return self.land(s, self.lib.number(record))


def _risked(request: Request, risk: bool) -> Request:
    return request._replace(risks=request.risks + risk)
