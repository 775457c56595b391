"""A command whose ledger is not read any more stops, and says how far it came."""

import asyncio
import threading
import time

import pytest
from confluent_kafka import KafkaError

from connector.commands import dlq_commands, moving_commands, parked_commands
from connector.commands.control_topic import control_codec, write_control
from connector.commands.dlq_commands import Asked
from connector.commands.heeding import Stopped, heeding
from connector.commands.ledger_reading import reading
from connector.commands.moving_commands import Moving
from connector.commands.parked_commands import Said
from connector.core.messages import Origin, SendRequest
from connector.core.records import Intent, Rebind
from connector.core.resolving import Word
from connector.kafka.control import Genesis, genesis_record
from connector.kafka.producer import KafkaProducer
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_requests import request_row
from connector.settings import Settings
from connector.simulator.broker import EmbeddedBroker
from connector.wiring.installation import clients_of, codec_of, identity_of, names_of
from tests.installed import installed_with
from tests.test_operators_commands import put_parked

FETCH = 1
WITHIN_S = 120.0


def broken(broker: EmbeddedBroker, reads: int = 10) -> None:
    """Whoever reads next reads damaged batches, and reads no more."""
    for _ in range(reads):
        broker.refuse(FETCH, KafkaError.INVALID_MSG)


async def test_work_is_stopped_at_its_next_wait() -> None:
    """With the reason; the task that did it is not cancelled for whoever waits for it."""
    reader: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def work() -> None:
        async with heeding(reader):
            reader.set_exception(ValueError("reading ledger: gone"))
            await asyncio.Event().wait()

    with pytest.raises(Stopped, match="reading ledger: gone; the ledger is not read any more"):
        await work()
    task = asyncio.current_task()

    assert task is not None
    assert task.cancelling() == 0


async def test_work_that_is_done_stays_done() -> None:
    """Its last step and the death of the reader meet: there is nothing left to be stopped."""
    reader: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done = False
    async with heeding(reader):
        reader.set_exception(ValueError("gone"))
        done = True
    await asyncio.sleep(0)

    assert done


async def test_who_cancels_the_command_still_cancels_it() -> None:
    """Ctrl-C is no death of the ledger's reader."""
    reader: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def work() -> None:
        async with heeding(reader):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()


async def test_a_word_that_a_person_thinks_about_is_not_said() -> None:
    """The ledger has gone on without the command: what it would judge by is old."""
    answered = threading.Event()

    async with installed_with() as (settings, broker):
        await put_parked(settings)

        def thinks(_: str) -> bool:
            broken(broker, 1)
            answered.wait(WITHIN_S)
            return True

        with pytest.raises(ValueError, match=r"the ledger is not read any more; .*say it again"):
            await parked_commands.resolve(settings, Said("p1", Word.NOT_SENT), thinks)
        answered.set()
        async with reading(settings) as replica:
            standing = replica.fold.standing("p1")

    assert standing is not None
    assert standing.status.name == "PARKED"


async def test_contacts_that_wait_for_a_text_are_not_waited_for_without_a_ledger() -> None:
    """One has moved, one has a text in flight that will never be seen to end."""
    async with installed_with(lines=2) as (settings, broker):
        codec, (name, account, hash_key) = await control_codec(settings), identity_of(settings)
        await write_control(settings, [genesis_record(codec, Genesis(name, account or "", hash_key, 1))])
        origin, now_ms = Origin("sendblue.requests", 0, 10**6), time.time_ns() // 1_000_000
        async with reading(settings) as replica:
            for contact in (b"f" * 8, b"b" * 8):
                await replica.record(Rebind(contact, "line-0"))
            await replica.record(Intent("cd" * 8, "r1", "line-0", b"b" * 8, b"x" * 8, now_ms, origin, 0, "other"))

        def shown(_: int, __: int) -> None:
            broken(broker)

        with pytest.raises(ValueError, match="not read any more; at least 1 contacts have their line; run it again"):
            await moving_commands.move(settings, Moving("line-0", "line-1", wait_s=600.0), None, shown)


async def letters(settings: Settings, number: int) -> None:
    """Dead letters of requests that may go round again."""
    codec, names = await codec_of(settings), names_of(settings)
    producer = KafkaProducer(clients_of(settings), asyncio.get_running_loop())
    for n in range(number):
        request = SendRequest(f"r{n}", number="+12065550123", content="hello")
        value = codec.encode(SchemaName.SEND_REQUEST, request_row(request))
        told = {"sendblue.error.code": "NUMBER_INVALID", "sendblue.origin": f"{names.requests}/0/{n}"}
        headers = [(name, text.encode()) for name, text in told.items()]
        await producer.send(names.dlq, key=b"k", value=value, headers=headers, partition=0)
    await producer.close()


async def test_letters_are_not_judged_by_an_old_ledger() -> None:
    """It says how many went round, and goes on behind them when it is run again."""
    async with installed_with() as (settings, broker):
        await letters(settings, 3)

        def break_it(_: int, __: int) -> None:
            broken(broker)

        slow = Asked(("NUMBER_INVALID",), since_ms=0, rate=0.01)
        with pytest.raises(ValueError, match="redriven until then: 1; run it again, and it goes on from there"):
            await dlq_commands.redrive(settings, slow, break_it)
