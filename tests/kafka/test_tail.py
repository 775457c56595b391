"""A log that is not what it was is never read on: what was missed may have been a grant."""

import asyncio
from collections.abc import Sequence

import pytest

from connector.kafka.clients import ClientSettings
from connector.kafka.records import KafkaFatal, KafkaRecord
from connector.kafka.tail import LogTail


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
