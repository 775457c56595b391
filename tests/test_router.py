"""The router and the reconciler, in virtual time, with topics that remember and a ledger in memory."""

import asyncio
from dataclasses import dataclass, field

from connector.core.delays import Delay
from connector.core.events import MessageEvent
from connector.core.facts import Observer
from connector.core.messages import Dispatch, Disposition, EventType, Origin, SendRequest, ServicePolicy, Source
from connector.core.preparing import NOTHING_SET, Preparing
from connector.core.records import Close, Outcome, Rebind, Resolution, Resolve, Result
from connector.core.requests import MAX_RECORD_BYTES
from connector.core.routing import Lines
from connector.core.steps import Held
from connector.roles.ends import DeadLetter, Ends, PublishFailed
from connector.roles.reconciler import AT_ONCE, Binding, ParkedRecord, Reconciler
from connector.roles.replica import Replica
from connector.roles.router import MAX_PENDING, RequestRecord, Router
from connector.wiring.inbound import Elected
from tests.core.ledger_story import contact_id, intent, origin, park, rejected, submitted
from tests.sender_stage import NOW_MS, Log
from tests.virtual_time import run

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


def test_a_good_request_is_dispatched_with_its_untouched_record() -> None:
    """A pool line, the older time, the source; the offset is done."""

    async def story() -> None:
        stage = Stage()
        await stage.route(request(created_at_ms=NOW_MS - 5), offset=3)

        (dispatch,) = stage.topics.dispatched
        assert dispatch.line in ("a", "b")
        assert (dispatch.request_time_ms, dispatch.source) == (NOW_MS - 5, SOURCE)
        assert stage.router.next_offsets() == {0: 4}

    run(story())


def test_what_the_bytes_refuse_goes_to_the_dead_letters_and_is_told() -> None:
    """The letter first, then a REJECTED event with code and sentence; nothing in the ledger."""

    async def story() -> None:
        stage = Stage()
        await stage.route(request(number="12025550123"))

        assert [letter.code for letter in stage.topics.letters] == ["NUMBER_INVALID"]
        assert stage.topics.letters[0].source == SOURCE
        assert [(e.type, e.request_id, e.code) for e in stage.topics.events] == [
            (EventType.REJECTED, "r", "NUMBER_INVALID")
        ]
        assert stage.log.records == []

    run(story())


def test_undecodable_bytes_are_dead_lettered_without_an_event() -> None:
    """There is no request id to tell; neither when the id itself may not be shown."""

    async def story() -> None:
        stage = Stage()
        await stage.route(None, offset=0)
        await stage.route(request("2025550123"), offset=1)

        assert [letter.code for letter in stage.topics.letters] == ["UNDECODABLE", "REQUEST_ID_IS_A_PHONE_NUMBER"]
        assert stage.topics.events == []
        assert stage.router.next_offsets() == {0: 2}

    run(story())


def test_what_settings_refuse_ends_through_the_ledger() -> None:
    """A line that is not ours: CLOSE, read back, then the event."""

    async def story() -> None:
        stage = Stage()
        await stage.route(request(from_number="+13035550199"))

        assert [type(record) for record in stage.log.records] == [Close]
        assert [(e.type, e.code) for e in stage.topics.events] == [(EventType.REJECTED, "LINE_NOT_OURS")]

    run(story())


def test_a_link_that_must_be_uploaded_ends_through_the_ledger_or_passes() -> None:
    """As uploads are set; so does a group by iMessage only."""
    signed = "https://files.example.com/a.png?sig=x"
    group = {"number": None, "group_id": "g", "from_number": LINE, "service_policy": ServicePolicy.IMESSAGE_ONLY}

    async def story() -> None:
        refusing, uploading = Stage(), Stage(preparing=Preparing(upload=True))
        for stage in (refusing, uploading):
            await stage.route(request("r1", media_url=signed), 0)
            await stage.route(request("r2", **group), 1)
        codes = [[event.code for event in stage.topics.events] for stage in (refusing, uploading)]

        assert codes == [["MEDIA_URL_SIGNED", "IMESSAGE_ONLY_GROUP"], ["IMESSAGE_ONLY_GROUP"]]
        assert [type(record) for record in refusing.log.records] == [Close, Close]
        assert [dispatch.request.media_url for dispatch in uploading.topics.dispatched] == [signed]

    run(story())


def test_11_a_replay_after_uploads_were_switched_off_keeps_the_first_end() -> None:
    """Sent with its uploaded file: that end stands, and another record with its id is a DUPLICATE, not REJECTED."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(submitted(a))
        await stage.route(request(media_url="https://files.example.com/a.png?sig=x"))

        assert not any(isinstance(record, Close) for record in stage.log.records)
        assert [event.type for event in stage.topics.events] == [EventType.DUPLICATE]

    run(story())


def test_11_a_replay_after_a_change_of_settings_keeps_the_first_end() -> None:
    """Submitted while the line was ours; the line is gone; the replay owes SUBMITTED, not REJECTED."""

    async def story() -> None:
        stage = Stage()
        place = Origin("sendblue.requests", 0, 0)
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(submitted(a))
        stage.impossible.add(NUMBER)
        await stage.route(request(from_number="+13035550199"))

        assert not any(isinstance(record, Close) for record in stage.log.records)
        assert [e.type for e in stage.topics.events] == [EventType.DUPLICATE]
        assert place != a.origin

    run(story())


def test_an_impossible_number_is_refused_through_the_ledger() -> None:
    """The numbering plan may change with the library; the first answer stays."""

    async def story() -> None:
        stage = Stage()
        stage.impossible.add(NUMBER)
        await stage.route(request())
        stage.impossible.clear()
        await stage.route(request(), offset=1)

        assert [e.code for e in stage.topics.events] == ["NUMBER_IMPOSSIBLE"]
        assert len(stage.topics.dispatched) == 1

    run(story())


def test_a_request_the_ledger_holds_open_goes_on_to_a_line() -> None:
    """Its sender knows what to do with it; the router does not end it."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(intent("a1", "r", line="b", at_ms=NOW_MS))
        await stage.route(request(from_number="+13035550199"))

        assert [dispatch.line for dispatch in stage.topics.dispatched] == ["b"]
        assert stage.topics.events == []

    run(story())


def test_publishing_goes_on_until_it_is_acknowledged() -> None:
    """Kafka refuses three times; nothing is lost and nothing is done too early."""

    async def story() -> None:
        stage = Stage()
        stage.topics.refuse = 3
        stage.router.records([RequestRecord(origin("x"), SOURCE, request(), NOW_MS)])
        await asyncio.sleep(1.2)
        too_early = dict(stage.router.next_offsets())
        await asyncio.sleep(5)

        assert len(stage.topics.dispatched) == 1
        assert too_early != stage.router.next_offsets()

    run(story())


def held(place: str = "o1") -> Held:
    return Held(
        Dispatch(request(), origin(place), NOW_MS, "a", source=SOURCE), NOW_MS, contact_id("c"), contact_id("b")
    )


def test_a_parked_request_that_is_proved_gets_its_end_and_its_tombstone() -> None:
    """SUBMITTED after PARK: the event, then the record goes."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await stage.reconciler.look()
        kept = len(stage.reconciler)
        stage.log.land(submitted(a))
        await stage.reconciler.look()

        assert kept == 1
        assert [e.type for e in stage.topics.events] == [EventType.SUBMITTED]
        assert [written for _, written in stage.topics.parked_keys] == [False]
        assert len(stage.reconciler) == 0

    run(story())


def test_a_parked_request_resolved_not_sent_goes_back_to_its_line() -> None:
    """With its own origin, so that it is the same request."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.log.land(Resolve(a.attempt, "r", a.origin, a.line, a.contact, Resolution.NOT_SENT, "ann"))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await stage.reconciler.look()

        assert [dispatch.origin for dispatch in stage.topics.dispatched] == [a.origin]
        assert stage.topics.events == []

    run(story())


def test_21_nobody_resolved_it_for_71_hours() -> None:
    """RESOLVE(drop) by the reconciler, then DROPPED with its dead letter."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await asyncio.sleep(71 * 3600 + 1)
        stage.log.land(Rebind(contact_id("z"), "a"))
        await stage.reconciler.look()
        await stage.reconciler.look()

        assert [e.type for e in stage.topics.events] == [EventType.DROPPED]
        assert [letter.code for letter in stage.topics.letters] == ["expired"]
        standing = stage.replica.fold.standing("r")
        assert standing is not None
        assert standing.disposition is Disposition.DROPPED

    run(story())


def test_an_election_lost_and_won_again_leaves_a_reconciler_that_works() -> None:
    """Both callbacks of the group come in one turn of the loop; the second must not be undone by the first."""

    async def story() -> None:
        stage = Stage()
        elected = Elected(stage.reconciler)
        elected.assigned([0])
        elected.lost([0])
        elected.assigned([0])
        await asyncio.sleep(1)
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.log.land(rejected(a))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await asyncio.sleep(5)

        assert [e.type for e in stage.topics.events] == [EventType.REJECTED]

    run(story())


def test_contacts_are_written_with_how_far_they_reach() -> None:
    """Each moved binding once, then the ledger's offset; a failure is made up for at the next turn."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(submitted(a))
        stage.topics.refuse = 1
        await stage.reconciler.write_contacts()
        nothing = list(stage.topics.reached_to)
        await stage.reconciler.write_contacts()
        await stage.reconciler.write_contacts()

        assert nothing == []
        assert stage.topics.bindings == [(Binding(a.contact, "A", None), 1)]
        assert stage.topics.reached_to == [1]

    run(story())


def test_contacts_are_written_by_a_fold_that_has_all_of_the_ledger() -> None:
    """One that stood still while a contact was moved: its successor has written the new line, it writes no old one."""

    async def story() -> None:
        stage, contact = Stage(), b"contact."
        stage.log.land(Rebind(contact, "A"))
        stage.log.replicas.remove(stage.replica)
        stage.log.land(moved := Rebind(contact, "B"))
        await stage.reconciler.write_contacts()
        behind = list(stage.topics.bindings)
        stage.replica.feed(1, NOW_MS, moved, stage.mono())
        await stage.reconciler.write_contacts()

        assert behind == []
        assert stage.topics.bindings == [(Binding(contact, "B", None), 1)]

    run(story())


def test_a_line_that_moved_holds_up_no_parked_request() -> None:
    """Its contacts are written many at a time; one that fails is written the next time, and till then nothing reaches
    so far."""

    async def story() -> None:
        stage = Stage()
        for n in range(2_000):
            stage.log.land(Rebind(n.to_bytes(8), "B"))
        stage.topics.writes_s, stage.topics.refuse = 0.01, 1
        await stage.reconciler.write_contacts()
        first = len(stage.topics.bindings), list(stage.topics.reached_to)
        await stage.reconciler.write_contacts()

        assert first == (AT_ONCE - 1, [])
        assert len({binding.contact for binding, _ in stage.topics.bindings}) == len(stage.topics.bindings) == 2_000
        assert stage.topics.reached_to == [1_999]
        assert asyncio.get_running_loop().time() < 0.1

    run(story())


def test_a_parked_rejection_is_dead_lettered() -> None:
    """REJECTED by a late answer ends the parked request too."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.log.land(rejected(a))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await stage.reconciler.look()

        assert [e.type for e in stage.topics.events] == [EventType.REJECTED]
        assert [letter.source for letter in stage.topics.letters] == [SOURCE]
        assert isinstance(stage.log.records[-1], Outcome)
        assert stage.log.records[-1].result is Result.REJECTED

    run(story())


def test_a_record_too_large_to_travel_is_refused_by_its_size() -> None:
    """Dispatch, delay and parked must hold it whole, with what rides along; headers count as its value does."""

    async def story() -> None:
        stage = Stage()
        for offset, source in enumerate(
            (
                SOURCE._replace(value=b"x" * MAX_RECORD_BYTES),
                SOURCE._replace(headers=(("h", b"x" * MAX_RECORD_BYTES),)),
                SOURCE._replace(key=b"x" * MAX_RECORD_BYTES),
            )
        ):
            place = Origin("sendblue.requests", 0, offset)
            stage.router.records([RequestRecord(place, source, request(f"r{offset}"), NOW_MS)])
        await asyncio.sleep(5)

        assert [letter.code for letter in stage.topics.letters] == ["RECORD_TOO_LARGE"] * 3
        assert [(event.request_id, event.code) for event in stage.topics.events] == [
            (f"r{offset}", "RECORD_TOO_LARGE") for offset in range(3)
        ]
        assert stage.topics.dispatched == []
        assert stage.router.next_offsets() == {0: 3}

    run(story())


def test_a_paused_partition_is_read_again_however_its_records_end() -> None:
    """All acknowledged in one stroke of the loop: the pause ends too."""

    class AllAtOnce(Topics):
        """Acknowledges nothing until it is told to, then everything."""

        def __init__(self) -> None:
            super().__init__()
            self.acknowledged = asyncio.Event()

        async def dispatch(self, dispatch: Dispatch) -> None:
            await self.acknowledged.wait()
            self.dispatched.append(dispatch)

    async def story() -> None:
        topics = AllAtOnce()
        stage = Stage(topics=topics)
        stage.router.records(
            [
                RequestRecord(Origin("sendblue.requests", 0, n), SOURCE, request(f"r{n}"), NOW_MS)
                for n in range(MAX_PENDING)
            ]
        )
        await asyncio.sleep(1)
        paused = list(stage.paused)
        topics.acknowledged.set()
        await asyncio.sleep(1)

        assert paused == [(0, True)]
        assert stage.paused == [(0, True), (0, False)]
        assert stage.router.next_offsets() == {0: MAX_PENDING}

    run(story())


def test_a_revoked_partition_waits_for_what_is_on_its_way() -> None:
    """As long as any role does: a broker that takes a record after 20 s moves the offset, and nothing goes twice."""

    async def story() -> None:
        stage = Stage(topics=Topics(refuse=40))
        stage.router.records([RequestRecord(Origin("sendblue.requests", 0, 0), SOURCE, request(), NOW_MS)])
        offsets = await stage.router.revoked([0])

        assert offsets == {0: 1}
        assert len(stage.topics.dispatched) == 1

    run(story())
