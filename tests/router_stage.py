"""A router and a reconciler over one replica: topics that remember, a ledger in memory."""

import asyncio
from dataclasses import dataclass, field

from connector.core.delays import Delay
from connector.core.events import MessageEvent
from connector.core.facts import Observer
from connector.core.messages import Dispatch, Origin, SendRequest, Source
from connector.core.preparing import NOTHING_SET, Preparing
from connector.core.routing import Lines
from connector.core.steps import Held
from connector.roles.ends import DeadLetter, Ends, PublishFailed
from connector.roles.reconciler import Binding, Reconciler
from connector.roles.replica import Replica
from connector.roles.router import RequestRecord, Router
from tests.core.ledger_story import contact_id, origin
from tests.sender_stage import NOW_MS, Log

NUMBER, LINE = "+12025550123", "+13035550100"
SOURCE = Source(b"key", b"value", (("h", b"x"),), NOW_MS)


@dataclass
class Topics:
    """Every topic, as lists; ``refuse`` counts how many publishes fail first."""

    events: list[MessageEvent] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    dispatched: list[Dispatch] = field(default_factory=list)
    parked_keys: list[tuple[bytes, bool]] = field(default_factory=list)
    bindings: list[tuple[Binding, int]] = field(default_factory=list)
    reached_to: list[int] = field(default_factory=list)
    refuse: int = 0
    writes_s: float = 0.0

    async def event(self, event: MessageEvent) -> None:
        self._maybe()
        self.events.append(event)

    async def dead_letter(self, letter: DeadLetter) -> None:
        self._maybe()
        self.letters.append(letter)

    async def delay(self, delay: Delay, contact: bytes, dispatch: Dispatch) -> None:
        raise AssertionError("the router delays nothing")

    async def parked(self, key: bytes, held: Held | None, attempt: str) -> None:
        self.parked_keys.append((key, held is not None))

    async def dispatch(self, dispatch: Dispatch) -> None:
        self._maybe()
        self.dispatched.append(dispatch)

    async def write(self, binding: Binding, ledger_offset: int) -> None:
        self._maybe()
        await asyncio.sleep(self.writes_s)
        self.bindings.append((binding, ledger_offset))

    async def reached(self, ledger_offset: int) -> None:
        self.reached_to.append(ledger_offset)

    def _maybe(self) -> None:
        if self.refuse:
            self.refuse -= 1
            raise PublishFailed


class Stage:
    """A router and a reconciler over one replica."""

    def __init__(
        self,
        observe: Observer = lambda _: None,
        topics: Topics | None = None,
        preparing: Preparing = NOTHING_SET,
    ) -> None:
        self.log, self.topics = Log(), topics or Topics()
        self.replica = Replica("P", self.log)
        self.log.replicas.append(self.replica)
        self.replica.restored.set()
        self.impossible: set[str] = set()
        ends = self.ends = Ends(self.topics, self.now_ms, observe, "router")
        self.paused: list[tuple[int, bool]] = []
        self.router = Router(
            self.replica,
            Lines({LINE: "a", "+13035550101": "b"}, ("a", "b")),
            ends,
            lambda number: number not in self.impossible,
            self.now_ms,
            lambda _: None,
            b"k" * 16,
            lambda partition, full: self.paused.append((partition, full)),
            preparing=preparing,
        )
        self.reconciler = Reconciler(self.replica, ends, self.topics, self.mono, lambda _: None, self.log.end)
        self.router.assigned([0])

    def mono(self) -> float:
        return asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return NOW_MS + int(self.mono() * 1000)

    async def route(
        self,
        request: SendRequest | None,
        offset: int = 0,
        timestamp_ms: int | None = NOW_MS,
        headers: tuple[tuple[str, bytes], ...] = SOURCE.headers,
    ) -> None:
        """Hand over one record and let it come to its end."""
        place = Origin("sendblue.requests", 0, offset)
        source = SOURCE._replace(headers=headers)
        self.router.records([RequestRecord(place, source, request, timestamp_ms)])
        await asyncio.sleep(5)


def request(request_id: str = "r", **more: object) -> SendRequest:
    return SendRequest(request_id, **{"number": NUMBER, "content": "hello", **more})  # type: ignore[arg-type]  # fields


def held(place: str = "o1") -> Held:
    return Held(
        Dispatch(request(), origin(place), NOW_MS, "a", source=SOURCE), NOW_MS, contact_id("c"), contact_id("b")
    )
