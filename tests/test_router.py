"""The router, in virtual time: which requests go on to a line, and how the others end."""

import asyncio

from connector.core.messages import Dispatch, EventType, Origin, ServicePolicy
from connector.core.preparing import Preparing
from connector.core.records import Close
from connector.core.requests import MAX_RECORD_BYTES
from connector.roles.router import MAX_PENDING, RequestRecord
from tests.core.ledger_story import intent, origin, submitted
from tests.router_stage import LINE, NUMBER, SOURCE, Stage, Topics, request
from tests.sender_stage import NOW_MS
from tests.virtual_time import run


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
