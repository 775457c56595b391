"""What operators see and say, against the embedded broker."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from connector.commands import dlq_commands, operations, parked_commands, story_commands
from connector.commands.dlq_commands import Asked
from connector.commands.ledger_reading import (
    WITHIN_S,
    LedgerSaysOtherwise,
    RiskNotAccepted,
    entered_in_time,
    reading,
)
from connector.commands.parked_commands import Parkings, Said
from connector.core.messages import Origin, SendRequest
from connector.core.orders import CancelRequest
from connector.core.records import Intent, Park
from connector.core.redriving import MAX_REDRIVES, Why
from connector.core.resolving import Word
from connector.core.story import Entry
from connector.core.waiting import NO_RECORD
from connector.demo import Demo
from connector.demo_plan import DemoPlan
from connector.kafka.avro import Codec
from connector.kafka.producer import KafkaProducer
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_requests import request_row
from connector.roles.replica import Replica
from connector.settings import Settings
from connector.wiring.installation import clients_of, names_of, registry_of, subjects
from tests.sender_stage import NOW_MS, Log
from tests.test_doctor import Well
from tests.test_ledger_commands import NUMBER, beside_a_connector
from tests.virtual_time import run as virtually

ATTEMPT = "ab" * 8


async def put_parked(settings: Settings) -> None:
    """An attempt that nobody proved, in the ledger alone."""
    origin, contact, now_ms = Origin("sendblue.requests", 0, 10**6), b"c" * 8, 1_700_000_000_000
    async with reading(settings) as replica:
        now_ms = replica.fold.log_ms or now_ms
        await replica.record(Intent(ATTEMPT, "p1", "line-0", contact, b"b" * 8, now_ms, origin, 0, "gone"))
        await replica.record(Park(ATTEMPT, "p1", origin, "line-0", contact, "IN_DOUBT"))


async def test_a_parked_request_is_shown_and_resolved() -> None:
    """The risk is refused where nobody is asked, asked for where there is somebody, and told when it is too late."""

    async def work(settings: Settings, _: Demo) -> None:
        await put_parked(settings)
        rows = await parked_commands.parked(settings)
        not_sent, asked = Said("p1", Word.NOT_SENT), list[str]()

        def refuse(sentence: str) -> bool:
            asked.append(sentence)
            return False

        with pytest.raises(RiskNotAccepted, match="--accept-duplicate-risk"):
            await parked_commands.resolve(settings, not_sent, None)
        with pytest.raises(RiskNotAccepted, match="nothing was said"):
            await parked_commands.resolve(settings, not_sent, refuse)
        told = await parked_commands.resolve(settings, Said(ATTEMPT, Word.SENT, "h-1", "ann"), lambda _: True)
        with pytest.raises(LedgerSaysOtherwise, match="SUBMITTED with handle h-1"):
            await parked_commands.resolve(settings, not_sent, None)
        with pytest.raises(LedgerSaysOtherwise, match="knows no request"):
            await parked_commands.resolve(settings, Said("nobody", Word.DROP), None)
        story = await story_commands.inspect(settings, "p1", events=False)

        assert [(row.request_id, row.note) for row in rows] == [("p1", NO_RECORD)]
        assert len(asked) == 1
        assert "twice" in asked[0]
        assert "h-1" in told
        assert [line.kind for line in story.lines] == ["INTENT", "PARK", "OUTCOME"]
        assert "SUBMITTED" in story.now
        assert await parked_commands.parked(settings) == []

    await beside_a_connector(work)


async def produce(settings: Settings, request: SendRequest) -> None:
    """One request, as any producer would."""
    codec = Codec(registry_of(settings), subjects(names_of(settings)))
    await codec.prepare(auto_register=True)
    producer = KafkaProducer(clients_of(settings), asyncio.get_running_loop())
    value = codec.encode(SchemaName.SEND_REQUEST, request_row(request))
    await producer.send(names_of(settings).requests, key=b"k", value=value)
    await producer.close()


async def letters_of(settings: Settings, code: str, number: int) -> None:
    """Wait for so many dead letters of this code."""
    async with asyncio.timeout(120):
        while {t.code: t.letters for t in await dlq_commands.listed(settings)}.get(code, 0) < number:  # noqa: ASYNC110 - another's state
            await asyncio.sleep(0.05)


async def test_a_letter_that_nothing_cures_goes_round_five_times() -> None:
    """Each run goes on where the last one stopped; a dry run does nothing; the sixth time it stays."""

    async def work(settings: Settings, _: Demo) -> None:
        await produce(settings, SendRequest("n1", number="12065550123", content="hello"))
        await letters_of(settings, "NUMBER_INVALID", 1)
        asked = Asked(("NUMBER_INVALID",), since_ms=0, rate=1000)
        dry = await dlq_commands.redrive(settings, Asked(("NUMBER_INVALID",), since_ms=0, dry_run=True))
        runs = []
        for round_ in range(MAX_REDRIVES + 1):
            runs.append(await dlq_commands.redrive(settings, asked))
            await letters_of(settings, "NUMBER_INVALID", min(round_ + 2, MAX_REDRIVES + 1))
        again = await dlq_commands.redrive(settings, asked)
        (last,) = (await dlq_commands.shown(settings, ("NUMBER_INVALID",), 99, payload=True))[-1:]

        assert dry.redriven.total() == 1
        assert [run.redriven.total() for run in runs] == [1] * MAX_REDRIVES + [0]
        assert {("NUMBER_INVALID", str(Why.TOO_OFTEN)): 1} == dict(runs[-1].left)
        assert (again.redriven.total(), again.left.total()) == (0, 0)
        assert last.told["sendblue.redrive"] == str(MAX_REDRIVES)
        assert last.request is not None
        assert "+" not in "".join(last.told.values())

    await beside_a_connector(work)


async def test_what_the_settings_forbid_is_said_before_anything_is_written() -> None:
    """A signed link without uploads, a line that is none of ours, a style with a slip; no broker is asked."""
    nowhere = DemoPlan().settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")
    request = SendRequest("m1", number=NUMBER, media_url="https://files.example.com/a.png?sig=x")

    with pytest.raises(ValueError, match="MEDIA_URL_SIGNED"):
        await operations.send(nowhere, request, 0, print)
    with pytest.raises(ValueError, match="LINE_NOT_OURS"):
        await operations.send(nowhere, SendRequest("m2", number=NUMBER, content="x", from_number=NUMBER), 0, print)
    with pytest.raises(ValueError, match=r"SEND_STYLE_UNKNOWN: .*; did you mean invisible\?"):
        await operations.send(nowhere, SendRequest("m3", number=NUMBER, content="x", send_style="invisble"), 0, print)


async def test_a_reason_that_nobody_knows_is_no_empty_answer() -> None:
    """Neither a letter has it nor a page names it: the nearest are told. One that a page names may have no letter."""

    async def work(settings: Settings, _: Demo) -> None:
        none = await dlq_commands.shown(settings, ("OPTED_OUT",), 5, payload=False)
        with pytest.raises(
            ValueError, match="no dead letter has the reason NUMBER_INVLID; did you mean NUMBER_INVALID"
        ):
            await dlq_commands.shown(settings, ("NUMBER_INVLID",), 5, payload=False)
        with pytest.raises(ValueError, match="no dead letter has the reason zzz; there is no letter at all"):
            await dlq_commands.redrive(settings, Asked(("OPTED_OUT", "zzz"), since_ms=0))

        assert none == []

    await beside_a_connector(work, Well(seconds=60, rate=5, lines=2))


async def test_how_a_request_ended_is_told() -> None:
    """The type of its final event becomes the exit code; what its bytes refuse is said before anything is written."""

    async def work(settings: Settings, _: Demo) -> None:
        now_ms = time.time_ns() // 1_000_000
        await operations.order(settings, CancelRequest("c1", now_ms))
        ends = [
            await operations.send(settings, SendRequest(one, number=NUMBER, content="hello"), 240, lambda _: None)
            for one in ("c1", "s1")
        ]
        with pytest.raises(ValueError, match="NUMBER_INVALID"):
            await operations.send(settings, SendRequest("n1", number="12065550123", content="hello"), 240, print)
        with pytest.raises(LedgerSaysOtherwise, match="did you mean s1"):
            await story_commands.inspect(settings, "s11", events=False)

        assert ends == ["CANCELLED", "SUBMITTED"]
        assert [operations.exit_of(end) for end in ends if end] == [8, 0]

    await beside_a_connector(work)


def test_a_person_may_think_as_long_as_need_be() -> None:
    """Only what the program does is bounded: a thought of ten minutes at the prompt undoes nothing."""

    async def main() -> str:
        log, parkings = Log(), Parkings()
        replica = Replica("command", log)
        log.replicas.append(replica)
        replica.restored.set()
        place = Origin("sendblue.requests", 0, 1)
        park = Park(ATTEMPT, "p1", place, "line-0", b"c" * 8, "IN_DOUBT")
        log.land(Intent(ATTEMPT, "p1", "line-0", b"c" * 8, b"b" * 8, NOW_MS, place, 0, "gone"))
        log.land(park)
        parkings.listen(Entry(1, NOW_MS, park))

        async def thinks(_: str) -> bool:
            await asyncio.sleep(2 * WITHIN_S)
            return True

        async with entered_in_time(contextlib.nullcontext(replica)) as read:
            return await parked_commands.say(read, parkings, Said("p1", Word.DROP), thinks)

    assert "DROPPED" in virtually(main())


def test_a_kafka_that_is_away_is_not_waited_for_without_end() -> None:
    """Neither before the ledger is read, nor for what is appended."""

    async def reads() -> None:
        async with entered_in_time(never()):
            pass

    async def says() -> str:
        log, parkings = Log(), Parkings()
        log.lose = lambda _: True
        replica = Replica("command", log)
        park = Park(ATTEMPT, "p1", Origin("sendblue.requests", 0, 1), "line-0", b"c" * 8, "IN_DOUBT")
        log.replicas.append(replica)
        replica.restored.set()
        log.land(Intent(ATTEMPT, "p1", "line-0", b"c" * 8, b"b" * 8, NOW_MS, park.origin, 0, "gone"))
        log.land(park)
        parkings.listen(Entry(1, NOW_MS, park))
        return await parked_commands.say(replica, parkings, Said("p1", Word.DROP), None)

    with pytest.raises(ValueError, match="not done within 300 s"):
        virtually(reads())
    with pytest.raises(ValueError, match="not done within 300 s; what was appended may still land"):
        virtually(says())


@contextlib.asynccontextmanager
async def never() -> AsyncIterator[None]:
    """A ledger that is never read to its end."""
    await asyncio.Event().wait()
    yield
