"""Whoever asks for texts, and the operators: requests, repeats, resolves, redrives, rebinds.

The operators here know the truth, so they take no risk: *not sent* is said only of an attempt that was not accepted
and whose bytes cannot arrive any more.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from connector.core.identities import contact_hash
from connector.core.messages import MAX_AGE_MS, Dispatch, OnInDoubt, SendRequest
from connector.core.records import Rebind, Resolution, Resolve
from connector.core.standing import Standing, Status
from tests.simulation.broker import EPOCH_MS, Entry
from tests.simulation.plan import LINES, PARTITIONS
from tests.simulation.sendblue import NUMBERS

if TYPE_CHECKING:
    from tests.simulation.world import World

PEOPLE = tuple(f"+1202555012{n}" for n in range(4))
BLACKLISTED = "+12025550130"


class Upstream:
    """Requests over the first half of the faults, from a few people so that they meet."""

    def __init__(self, world: "World") -> None:
        self.world, self._plan = world, world.plan
        self.origins: dict[str, SendRequest | None] = {}
        self.made_ms: dict[str, int] = {}
        self.resolved: set[str] = set()
        self._made = 0
        world.sendblue.blacklist.add(BLACKLISTED)
        world.broker.listen("requests", self._landed)

    def begin(self, requests: int, over_s: float) -> None:
        """Ask for so many texts, in bursts, within this time."""
        now, rng = self.world.scheduler.now, self._plan.rng
        bursts = [rng.uniform(0.1, over_s) for _ in range(max(requests // 4, 1))]
        for _ in range(requests):
            self.world.scheduler.at(now + rng.choice(bursts) + rng.uniform(0, 0.5), self._ask)

    def _ask(self) -> None:
        rng = self._plan.rng
        known = [r for r in self.origins.values() if r is not None]
        if rng.random() < 0.04:
            self._produce(None, 0)
        elif known and rng.random() < 0.12:
            again = rng.choice(known)
            changed = rng.random() < 0.4 and again.number != "12025550123"
            self._produce(replace(again, content="another text") if changed else again, self._place(again))
        else:
            request = self._new()
            self._produce(request, self._place(request))
            if request.from_number is not None and rng.random() < 0.7:
                other = replace(request, request_id=request.request_id + "b", from_number=NUMBERS[rng.choice(LINES)])
                self._produce(other, self._place(request))

    def _new(self) -> SendRequest:
        rng, now_ms = self._plan.rng, self.world.broker.now_ms
        self._made += 1
        number = rng.choice(PEOPLE)
        kind = rng.random()
        request = SendRequest(f"r{self._made}", number=number, content="hello")
        if kind < 0.04:
            return replace(request, number="12025550123")
        if kind < 0.08:
            return replace(request, number=BLACKLISTED)
        if kind < 0.24:
            return replace(request, from_number=NUMBERS[rng.choice(LINES)])
        if kind < 0.30:
            return replace(request, expires_at_ms=now_ms + rng.randint(1_000, 60_000))
        if kind < 0.34:
            return replace(request, send_at_ms=now_ms + rng.randint(1_000, 30_000))
        if kind < 0.42:
            return replace(request, on_in_doubt=rng.choice((OnInDoubt.PARK, OnInDoubt.DROP)))
        return request

    def _place(self, request: SendRequest) -> int:
        number = request.number or ""
        return int(number[-1]) % PARTITIONS

    def _produce(self, request: SendRequest | None, partition: int) -> None:
        self.world.broker.land("requests", partition, request, b"key")

    def _landed(self, entry: Entry) -> None:
        request = entry.value
        assert request is None or isinstance(request, SendRequest)
        origin = f"requests/{entry.partition}/{entry.offset}"
        self.origins[origin], self.made_ms[origin] = request, entry.ms
        self.world.say(None, "request", f"{entry.partition}/{entry.offset} {request.request_id if request else None}")

    def is_old(self, request_id: str | None, at: float | None = None) -> bool:
        """Whether the id was first used more than 72 h before: from then on the ledger may have forgotten it."""
        at_ms = EPOCH_MS + int((self.world.scheduler.now if at is None else at) * 1000)
        first = min((ms for o, ms in self.made_ms.items() if self._id_of(o) == request_id), default=at_ms)
        return at_ms - first > MAX_AGE_MS

    def _id_of(self, origin: str) -> str | None:
        request = self.origins[origin]
        return request.request_id if request else None

    def faults_of(self, origin: str) -> set[str]:
        """The codes for which this request may be refused."""
        request = self.origins[origin]
        if request is None:
            return {"UNDECODABLE"}
        codes = {"4002"} if request.number == BLACKLISTED else set()
        if request.number == "12025550123":
            codes.add("NUMBER_INVALID")
        if request.from_number is not None:
            codes.add("LINE_CONFLICT")
        if request.expires_at_ms is not None and request.expires_at_ms <= self.made_ms[origin]:
            codes.add("EXPIRES_AT_TOO_EARLY")
        return codes

    def resolve(self, drop: bool = False) -> None:
        """An operator settles one parked request, or all by dropping them."""
        for standing, dispatch in self._parked():
            if drop or self._plan.rng.random() < 0.5:
                self._settle(standing, dispatch, drop)

    def _settle(self, standing: Standing, dispatch: Dispatch, drop: bool) -> None:
        attempt, request_id = standing.attempt or "", dispatch.request.request_id
        text = self.world.oracle.by_attempt.get(attempt)
        gone = text is None or text.lost or (text.arrived and text.accepted_at is None)
        holder = [p for p in self.world.processes if not p.loop.dead and p.owner == self._owner(attempt)]
        not_sent = not drop and gone and (text is not None or standing.proved_unsent or not holder)
        if not not_sent and not drop and self._plan.rng.random() < 0.5:
            return
        resolution = Resolution.NOT_SENT if not_sent else Resolution.DROP
        if not_sent:
            self.resolved.add(request_id)
        contact = contact_hash(dispatch.request, b"k" * 16)
        self.world.broker.land(
            "ledger", 0, Resolve(attempt, request_id, dispatch.origin, standing.line, contact, resolution, "operator")
        )

    def _owner(self, attempt: str) -> str:
        found = self.world.oracle.granted.get(attempt)
        return found[1].owner if found else ""

    def _parked(self) -> list[tuple[Standing, Dispatch]]:
        found = {}
        for entries in self.world.endings.dispatches.values():
            dispatch = entries[-1].value
            assert isinstance(dispatch, Dispatch)
            standing = self.world.oracle.fold.standing(dispatch.request.request_id)
            if standing is not None and standing.status is Status.PARKED and standing.origin == dispatch.origin:
                found[standing.attempt] = (standing, dispatch)
        return list(found.values())

    def redrive(self) -> None:
        """An operator sends a refused or dropped request round again, whose text surely never went out."""
        for origin, entries in self.world.endings.dispatches.items():
            dispatch = entries[-1].value
            assert isinstance(dispatch, Dispatch)
            request_id = dispatch.request.request_id
            standing = self.world.oracle.fold.standing(request_id)
            negative = standing is not None and standing.status in (Status.REJECTED, Status.CLOSED)
            texts = [t for t in self.world.sendblue.posts if t.dispatch.request.request_id == request_id]
            unsent = all(t.lost or (t.arrived and t.accepted_at is None) for t in texts)
            if negative and standing is not None and unsent and standing.origin == dispatch.origin:
                again = replace(dispatch, redrive=standing.redrive + 1, hops=0)
                self.world.say(None, "redrive", f"{origin} {request_id}")
                self.resolved.add(request_id)
                self.world.broker.land("dispatch", LINES.index(again.line), again)
                return

    def rebind(self) -> None:
        """An operator moves a person to another line, while nothing of theirs is open (the CLI refuses otherwise)."""
        number = self._plan.rng.choice(PEOPLE)
        contact = contact_hash(SendRequest("x", number=number), b"k" * 16)
        if not any(
            self.world.oracle.fold.is_open(intent.request_id, attempt)
            for attempt, (_, intent) in self.world.oracle.granted.items()
            if intent.contact == contact
        ):
            self.world.broker.land("ledger", 0, Rebind(contact, self._plan.rng.choice(LINES)))
