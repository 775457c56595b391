"""A log that is not what it was is never read on: what was missed may have been a grant."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from confluent_kafka import KafkaError, KafkaException

from connector.kafka.clients import ClientSettings
from connector.kafka.owner import OwnerThread
from connector.kafka.records import KafkaFatal, KafkaRecord
from connector.kafka.tail import SILENT_POLLS, LogTail, _table


class Read:
    """A message as the client hands it over."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def error(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return 1, 0

    def headers(self) -> None:
        return None

    def topic(self) -> str:
        return "log"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def key(self) -> None:
        return None

    def value(self) -> bytes:
        return b""


class Said:
    """An error as the client hands it over; of the end it names the offset."""

    def __init__(self, code: int, offset: int | None = None) -> None:
        self._error, self._offset = KafkaError(code), offset

    def error(self) -> KafkaError:
        return self._error

    def offset(self) -> int | None:
        return self._offset


class Compacted:
    """A consumer of a topic that ends at 3; it hands these messages over, one poll each, and then nothing more."""

    def __init__(self, *messages: "Read | Said") -> None:
        self._messages = list(messages)
        self.polls = 0
        self.stop: Callable[[], None] = lambda: None

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
        return 0, 3

    def assign(self, _: object) -> None:
        return None

    def consume(self, at_most: int, _: float) -> "list[Read | Said]":
        self.polls += 1
        return [self._messages.pop(0)] if self._messages and at_most else []

    def poll(self, _: float) -> "Read | Said | None":
        if not self._messages:
            self.stop()
        return self._messages.pop(0) if self._messages else None


class Broken:
    """A consumer that hands over these bursts of offsets, one poll each."""

    def __init__(self, *bursts: Sequence[int]) -> None:
        self._bursts = list(bursts)
        self._rest: list[int] = []

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
        return 0, 3

    def assign(self, _: object) -> None:
        return None

    def poll(self, _: float) -> Read:
        first, *self._rest = self._bursts.pop(0)
        return Read(first)

    def consume(self, *_: object) -> list[Read]:
        return [Read(offset) for offset in self._rest]


async def test_a_log_whose_offsets_go_back_is_fatal() -> None:
    """It was deleted and made anew under its reader: nothing of the new one is handed over."""
    seen: list[KafkaRecord] = []
    tail = LogTail(ClientSettings("127.0.0.1:1"), "log", seen.extend, lambda: None, asyncio.get_running_loop())

    with pytest.raises(KafkaFatal, match="went back to offset 0 from 3"):
        await asyncio.to_thread(tail._read, Broken([0, 1, 2], [0]))  # type: ignore[arg-type]  # a peer
    await asyncio.sleep(0)

    assert [record.offset for record in seen] == [0, 1, 2]


@pytest.mark.parametrize("bursts", [([0, 2],), ([0, 1], [3])], ids=["within a burst", "between two"])
async def test_a_ledger_that_lacks_an_offset_is_fatal(bursts: tuple[Sequence[int], ...]) -> None:
    """It was compacted, or cut and written on: what is missing may have been a grant. Other topics may have gaps."""
    loop = asyncio.get_running_loop()
    tail = LogTail(ClientSettings("127.0.0.1:1"), "log", lambda _: None, lambda: None, loop, gapless=True)

    with pytest.raises(KafkaFatal, match="log lacks its offset"):
        await asyncio.to_thread(tail._read, Broken(*bursts))  # type: ignore[arg-type]  # a peer


END, AWAY = KafkaError._PARTITION_EOF, KafkaError._TRANSPORT


def test_a_table_ends_where_the_log_does_though_no_record_is_there() -> None:
    """The last offsets were compacted away, or hold a transaction's marker: the reader must not wait for them."""
    consumer = Compacted(Read(0), Said(END, 3))
    table = _table(consumer, "log")  # type: ignore[arg-type]  # a peer

    assert [record.offset for record in table.values()] == [0]


def test_an_end_before_the_one_that_was_asked_for_is_none() -> None:
    """A new leader may know of less for a moment."""
    consumer = Compacted(Read(0), Said(END, 1), Said(AWAY), Read(2))
    table = _table(consumer, "log")  # type: ignore[arg-type]  # a peer

    assert [record.offset for record in table.values()] == [2]


def test_a_table_of_brokers_that_went_away_is_not_waited_for_without_end() -> None:
    """Whoever asked asks again, or is told: a start that waits can be stopped."""
    consumer = Compacted(Read(0))

    with pytest.raises(KafkaException, match="_TIMED_OUT"):
        _table(consumer, "log")  # type: ignore[arg-type]  # a peer

    assert consumer.polls == 1 + SILENT_POLLS


def test_a_table_that_is_forbidden_is_an_error_at_once() -> None:
    """A missing ACL does not mend itself."""
    consumer = Compacted(Said(KafkaError.TOPIC_AUTHORIZATION_FAILED))

    with pytest.raises(KafkaException, match="TOPIC_AUTHORIZATION_FAILED"):
        _table(consumer, "log")  # type: ignore[arg-type]  # a peer


@pytest.mark.parametrize(("gapless", "restored"), [(False, 1), (True, 0)])
async def test_a_tail_is_restored_at_the_end_of_a_log_with_gaps(gapless: bool, restored: int) -> None:
    """Without a record there too; but of the ledger every record must have come."""
    told: list[None] = []
    loop = asyncio.get_running_loop()
    tail = LogTail(
        ClientSettings("127.0.0.1:1"), "log", lambda _: None, lambda: told.append(None), loop, gapless=gapless
    )
    consumer = Compacted(Read(0), Said(END, 3))
    consumer.stop = tail._owner.stop.set
    await asyncio.to_thread(tail._read, consumer)  # type: ignore[arg-type]  # a peer
    await asyncio.sleep(0)

    assert restored == len(told)


async def test_a_client_that_cannot_be_made_is_heard_of() -> None:
    """A wrong name under kafka.client: the thread must not end in silence."""
    settings = ClientSettings("127.0.0.1:1", extra={"no.such.name": "1"})
    owner = OwnerThread("reading log", settings.reader(), lambda _: None, asyncio.get_running_loop())
    owner.start()

    with pytest.raises(KafkaFatal, match=r"reading log: .*no\.such\.name"):
        await owner.fatal


async def test_a_thread_that_was_told_to_stop_has_no_age() -> None:
    """A drain that takes long is no death."""
    owner = OwnerThread("reading log", {}, lambda _: None, asyncio.get_running_loop())
    owner._beaten_at -= 1_000
    old = owner.age_s()
    await owner.close(1)

    assert old >= 1_000
    assert owner.age_s() == 0.0
