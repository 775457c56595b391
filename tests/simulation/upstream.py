"""Whoever asks for texts: requests from a few people and groups, so that they meet, and repeats of them."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from connector.core.messages import MAX_AGE_MS, OnInDoubt, Priority, SendRequest, ServicePolicy
from connector.core.redriving import Headers, Redriven, redriven
from tests.simulation.broker import EPOCH_MS, Entry
from tests.simulation.content import GREEN, SIGNED, may_be_refused
from tests.simulation.messages import NUMBERS
from tests.simulation.plan import LINES, PARTITIONS

if TYPE_CHECKING:
    from tests.simulation.world import World

PEOPLE = tuple(f"+1202555012{n}" for n in range(4))
BLACKLISTED, MISTYPED = "+12025550130", "12025550123"
GROUPS = (SendRequest("g", group_id="group-1"), SendRequest("g", numbers=PEOPLE[:2]))
HELLO, OTHER = "harbour, quiet", "harbour, loud"
TAGS = ("spring", "autumn")


class Asked(NamedTuple):
    """A record of the requests topic. ``value``: its bytes; None for those that name its own place."""

    request: SendRequest | None
    headers: Headers = ()
    value: bytes | None = None


class Upstream:
    """Requests over the first half of the faults."""

    def __init__(self, world: "World") -> None:
        self.world, self._plan = world, world.plan
        self.origins: dict[str, SendRequest | None] = {}
        self.made_ms: dict[str, int] = {}
        self.redriven: dict[str, Redriven] = {}
        self._firsts: dict[str, int] = {}
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
            self.produce(Asked(None), 0)
        elif known and rng.random() < 0.12:
            again = rng.choice(known)
            changed = rng.random() < 0.4 and again.number != MISTYPED
            self.produce(Asked(replace(again, content=OTHER) if changed else again), self._place(again))
        else:
            request = self._new()
            self.produce(Asked(request), self._place(request))
            if request.from_number is not None and rng.random() < 0.7:
                other = replace(request, request_id=request.request_id + "b", from_number=NUMBERS[rng.choice(LINES)])
                self.produce(Asked(other), self._place(request))

    def _new(self) -> SendRequest:
        request = self._kind(f"r{self._made + 1}")
        self._made += 1
        tags = {"season": self._plan.rng.choice(TAGS)} if self._plan.rng.random() < 0.3 else {}
        priority = Priority.REPLY if self._plan.rng.random() < 0.3 else Priority.NORMAL
        return replace(request, tags=tags, priority=priority, quiet_hours=self._quiet())

    def _quiet(self) -> str | None:
        """A few minutes of the night, around now: the world begins at 22:13 UTC."""
        minute = (self.world.broker.now_ms // 60_000 + self._plan.rng.randrange(3)) % 1440
        hours = f"{minute // 60:02}:{minute % 60:02}-{(minute + 2) % 1440 // 60:02}:{(minute + 2) % 60:02}"
        return hours if self._plan.rng.random() < 0.06 else None

    def _kind(self, request_id: str) -> SendRequest:
        rng, now_ms = self._plan.rng, self.world.broker.now_ms
        request = SendRequest(request_id, number=rng.choice(PEOPLE), content=HELLO)
        kind = rng.random()
        if kind < 0.04:
            return replace(request, number=MISTYPED)
        if kind < 0.08:
            return replace(request, number=BLACKLISTED)
        if kind < 0.22:
            return replace(request, from_number=NUMBERS[rng.choice(LINES)])
        if kind < 0.28:
            return replace(request, expires_at_ms=now_ms + rng.randint(1_000, 60_000))
        if kind < 0.32:
            return replace(request, send_at_ms=now_ms + rng.randint(1_000, 30_000))
        if kind < 0.40:
            return replace(request, on_in_doubt=rng.choice((*OnInDoubt,)))
        if kind < 0.48:
            line = rng.choice((NUMBERS["a"], NUMBERS["a"], NUMBERS["b"], None))
            return replace(rng.choice(GROUPS), request_id=request_id, content=HELLO, from_number=line)
        if kind < 0.56:
            return replace(request, number=rng.choice((GREEN, *PEOPLE)), service_policy=ServicePolicy.IMESSAGE_ONLY)
        if kind < 0.62:
            return replace(request, media_url=SIGNED)
        return request

    def _place(self, request: SendRequest) -> int:
        who = request.number or request.group_id or "".join(request.numbers)
        return int(who[-1]) % PARTITIONS

    def produce(self, asked: Asked, partition: int) -> None:
        """Append a record."""
        self.world.broker.land("requests", partition, asked, b"key")

    def _landed(self, entry: Entry) -> None:
        request, headers, _ = self.asked(entry)
        origin = f"requests/{entry.partition}/{entry.offset}"
        self.origins[origin], self.made_ms[origin] = request, entry.ms
        if isinstance(redrive := redriven(headers, entry.ms), Redriven):
            self.redriven[origin] = redrive
        request_id = request.request_id if request else None
        if request_id is not None:
            self._firsts.setdefault(request_id, entry.ms)
        self.world.say(None, "request", f"{entry.partition}/{entry.offset} {request_id}")

    def asked(self, entry: Entry) -> Asked:
        """What a record of the requests topic holds."""
        assert isinstance(entry.value, Asked)
        return entry.value

    def is_old(self, request_id: str | None, at: float | None = None) -> bool:
        """Whether the id was first used more than 72 h before: from then on the ledger may have forgotten it."""
        at_ms = EPOCH_MS + int((self.world.scheduler.now if at is None else at) * 1000)
        return at_ms - self._firsts.get(request_id or "", at_ms) > MAX_AGE_MS

    def first_of(self, origin: str) -> str:
        """The origin of the record whose bytes this one has."""
        return self.redriven[origin].first_origin if origin in self.redriven else origin

    def redrive_of(self, origin: str) -> int:
        """How often this record had been sent round again."""
        return self.redriven[origin].number if origin in self.redriven else 0

    def faults_of(self, origin: str) -> set[str]:
        """The codes for which this request may be refused."""
        request = self.origins[origin]
        if request is None:
            return {"UNDECODABLE"}
        codes = {"4002"} if request.number == BLACKLISTED else set()
        if request.number in self.world.consents.ever:
            codes.add("OPTED_OUT")
        if request.number == MISTYPED:
            codes.add("NUMBER_INVALID")
        if may_be_refused(request):
            codes.add("NOT_IMESSAGE")
        if request.is_group and request.from_number is None:
            codes.add("FROM_NUMBER_MISSING")
        if request.from_number is not None or self.world.moves.may_be_refused(origin):
            codes.add("LINE_CONFLICT")
        if request.expires_at_ms is not None and request.expires_at_ms <= self._time_ms(origin):
            codes.add("EXPIRES_AT_TOO_EARLY")
        return codes

    def _time_ms(self, origin: str) -> int:
        made_ms = self.made_ms[origin]
        return min(self.redriven[origin].first_time_ms, made_ms) if origin in self.redriven else made_ms
