"""Reading one partition from its beginning, without a group: the ledger's tail, and compacted topics as a table.

One thread owns the consumer. Every record is handed over in order, in bursts, one wake-up each. When the end as of the
start has been reached, the reader is *restored*. After that a gap (the log was cut or replaced under us) is fatal: what
was missed may have been a grant.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from operator import methodcaller

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connector.core.facts import Fact, Observer
from connector.kafka.clients import ClientSettings
from connector.kafka.gone import GONE_S, Gone
from connector.kafka.owner import OwnerThread
from connector.kafka.records import KafkaFatal, KafkaRecord, ends_tail, is_away, is_end
from connector.kafka.statistics import listening

BURST = 500  # records a hand-over: a few milliseconds of the loop
POLL_S = 0.05
WATERMARK_S = 10.0
CLOSE_S = 15.0  # a poll and the client's own close take far less
SILENT_POLLS = int(WATERMARK_S / POLL_S)  # without a record or the end: the brokers are away


def record_of(message: Message) -> KafkaRecord:
    """A client's message as a plain value."""
    kind, timestamp_ms = message.timestamp()
    return KafkaRecord(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        message.key(),
        message.value(),
        _headers(message),
        timestamp_ms if kind else None,
    )


_asked = methodcaller("headers")
"""Called from C, which sees the error that the client forgets to return; a plain call may miss it, and crash on it."""


def _headers(message: Message) -> tuple[tuple[str, bytes], ...]:
    """None of them when one has a name that is no UTF-8: the client raises then, and must not be asked twice."""
    try:
        found: Iterable[tuple[str, bytes | None]] = _asked(message) or ()
    except SystemError:
        return ()
    return tuple((name, value or b"") for name, value in found)


class LogTail:
    """Tails partition 0 of a topic. ``deliver`` and ``restored`` are called on the loop.

    ``gapless``: an offset that is left out is fatal too. Of the ledger, which is never compacted, none is. ``observe``
    hears on the loop what the client tells of itself. ``gone_s``: how long a topic that is not there is waited for.
    """

    def __init__(
        self,
        settings: ClientSettings,
        topic: str,
        deliver: Callable[[Sequence[KafkaRecord]], None],
        restored: Callable[[], None],
        loop: asyncio.AbstractEventLoop,
        *,
        gapless: bool = False,
        observe: Observer | None = None,
        gone_s: float = GONE_S,
    ) -> None:
        self._gapless, self._observe, self._gone = gapless, observe, Gone(topic, gone_s)
        self.topic = self._topic = topic
        self._deliver, self._restored = deliver, restored
        heard = self._gone.heard
        listened = listening("ledger_tail", self._tell, heard) if observe else {"error_cb": heard}
        self._owner = OwnerThread(f"reading {topic}", {**settings.reader(), **listened}, self._read, loop)
        self.fatal = self._owner.fatal
        self.first_offset: int | None = None
        self.end = 0  # the newest high watermark the client has heard of

    def start(self) -> None:
        """Begin to read."""
        self._owner.start()

    async def close(self) -> None:
        """Stop reading."""
        await self._owner.close(CLOSE_S)

    def poll_age_s(self) -> float:
        """Seconds since the client was asked last."""
        return self._owner.age_s()

    def _read(self, consumer: Consumer) -> None:
        begin, end = self._bounds(consumer)
        if self._owner.stop.is_set():
            return
        self.first_offset, self.end = begin, end
        consumer.assign([TopicPartition(self._topic, 0, begin)])
        following = begin
        told = begin >= end
        if told:
            self._owner.call(self._restored)
        while not self._owner.stop.is_set():
            self._owner.beat()
            self._gone.check(consumer)
            messages = self._burst(consumer)
            if records := [record_of(m) for m in messages if m.error() is None]:
                self._check_order(following, records)
                following = records[-1].offset + 1
                self._owner.call(self._deliver, records)
            if not told and (following >= end or self._is_at(messages, end)):
                told = True
                self._owner.call(self._restored)
            self.end = max(self._known_end(consumer), following)

    def _known_end(self, consumer: Consumer) -> int:
        """The high watermark that came with the last fetch; a negative one before the first."""
        return int(consumer.get_watermark_offsets(TopicPartition(self._topic, 0), cached=True)[1])

    def _bounds(self, consumer: Consumer) -> tuple[int, int]:
        """Ask for begin and end until a broker answers."""
        while not self._owner.stop.is_set():
            self._owner.beat()
            try:
                return consumer.get_watermark_offsets(TopicPartition(self._topic, 0), timeout=WATERMARK_S)
            except KafkaException as error:
                if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise KafkaFatal(f"topic {self._topic} does not exist: run `kafka-sendblue topics apply`") from None
                self._owner.stop.wait(0.5)
        return 0, 0

    def _is_at(self, messages: Sequence[Message], end: int) -> bool:
        """The last offsets of a topic that may have gaps hold perhaps no record; of the ledger each one must come."""
        return not self._gapless and any(reaches(message, end) for message in messages)

    def _burst(self, consumer: Consumer) -> list[Message]:
        """Records and ends. Raises KafkaFatal."""
        first = consumer.poll(POLL_S)
        if first is None:
            return []
        messages = [first, *consumer.consume(BURST - 1, 0)]
        return [m for m in messages if not self._is_away(m.error())]

    def _is_away(self, error: KafkaError | None) -> bool:
        if error is not None and (why := ends_tail(error)) is not None:
            raise KafkaFatal(f"reading {self._topic}: {why}")
        return error is not None and not is_end(error)

    def _check_order(self, following: int, records: Sequence[KafkaRecord]) -> None:
        if records[0].offset < following:
            raise KafkaFatal(f"{self._topic} went back to offset {records[0].offset} from {following}")
        if not self._gapless:
            return
        for expected, record in enumerate(records, following):
            if record.offset != expected:
                raise KafkaFatal(
                    f"{self._topic} lacks its offset {expected}: {record.offset} follows; was it compacted?"
                )

    def _tell(self, fact: Fact, /) -> None:
        if self._observe is not None:
            self._owner.call(self._observe, fact)


def read_table(settings: ClientSettings, topic: str) -> dict[bytes, KafkaRecord]:
    """Read a compacted topic of one partition to its end, once: the newest record of each key, tombstones left out.

    Blocks; raises KafkaException when the brokers say nothing for ten seconds, or forbid it.
    """
    consumer = Consumer(settings.reader())
    try:
        return _table(consumer, topic)
    finally:
        consumer.close()


def _table(consumer: Consumer, topic: str) -> dict[bytes, KafkaRecord]:
    """The last offsets of such a topic may hold no record (compacted away, or a transaction's marker): the client says
    when it is at the end."""
    table: dict[bytes, KafkaRecord] = {}
    begin, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=WATERMARK_S)
    consumer.assign([TopicPartition(topic, 0, begin)])
    silent, at_end = 0, begin >= end
    while not at_end:
        messages = consumer.consume(BURST, POLL_S)
        for message in messages:
            if (error := message.error()) is None:
                _put(table, record_of(message))
            elif not is_end(error) and not is_away(error):
                raise KafkaException(error)
        at_end = any(reaches(message, end) for message in messages)
        silent = 0 if any(message.error() is None for message in messages) else silent + 1
        if silent >= SILENT_POLLS:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 - librdkafka's own name
    return table


def reaches(message: Message, end: int) -> bool:
    """Whether nothing before this offset is left to be read: the client names the place where it found the end."""
    following = (message.offset() or 0) + (message.error() is None)
    return following >= end and (message.error() is None or is_end(message.error()))


def _put(table: dict[bytes, KafkaRecord], record: KafkaRecord) -> None:
    if record.value is None:
        table.pop(record.key or b"", None)
    else:
        table[record.key or b""] = record
