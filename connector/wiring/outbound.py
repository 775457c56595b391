"""Where the roles' words meet the edges, outward: the ledger topic, the topics of ends, the calls of Sendblue."""

from collections.abc import Callable, Mapping

from connector.core.callbacks import Report, Unreadable, parse
from connector.core.calls import Answer, MayWrite, OutboundMessage, message_of
from connector.core.delays import Delay
from connector.core.events import ContentPolicy, MessageEvent, with_content_policy
from connector.core.messages import Dispatch, Priority, Source
from connector.core.opt_outs import Word
from connector.core.priorities import Places
from connector.core.records import LedgerRecord
from connector.core.steps import Held
from connector.core.tokens import Ring, sign
from connector.kafka.avro import Codec, Row
from connector.kafka.opt_outs import word_row
from connector.kafka.producer import KafkaProducer
from connector.kafka.records import ProduceFailed
from connector.kafka.schemas import SchemaName
from connector.kafka.topics import TopicNames
from connector.kafka.wire_events import event_row
from connector.kafka.wire_ledger import ledger_row
from connector.kafka.wire_requests import dispatch_row
from connector.roles.ends import DeadLetter, PublishFailed, PublishRefused
from connector.roles.reconciler import Binding
from connector.roles.replica import AppendFailed
from connector.sendblue.client import SendblueClient

PROGRESS_KEY = b""
"""The key in the contacts topic under which it says how far it reaches."""
HOUR_MS = 3600 * 1000
REFUSED = {"MSG_SIZE_TOO_LARGE", "INVALID_TIMESTAMP", "INVALID_RECORD"}
SMALL_BYTES = 50_000  # what is smaller was refused for its neighbours in the batch, and keeps its bytes


class LedgerTopic:
    """Appends to the one partition of the ledger."""

    def __init__(self, producer: KafkaProducer, codec: Codec, topic: str) -> None:
        self._producer, self._codec, self._topic = producer, codec, topic

    async def append(self, record: LedgerRecord) -> None:
        """Append one record. Raises AppendFailed, which means unknown."""
        value = self._codec.encode(SchemaName.LEDGER, ledger_row(record))
        try:
            await self._producer.send(self._topic, key=None, value=value, partition=0)
        except ProduceFailed as error:
            raise AppendFailed(str(error)) from None


class OutTopics:
    """All topics but the ledger. ``places``: line alias -> its partitions of the dispatch topic."""

    def __init__(
        self,
        producer: KafkaProducer,
        codec: Codec,
        names: TopicNames,
        places: Mapping[str, Places],
        content: ContentPolicy,
        hash_key: bytes,
    ) -> None:
        self._producer, self._codec, self._names = producer, codec, names
        self._places, self._content, self._hash_key = places, content, hash_key

    def is_up(self) -> bool:
        """False while no broker is known to be reachable."""
        return self._producer.is_up()

    async def event(self, event: MessageEvent) -> None:
        """Append to the events topic, keyed by request id."""
        shown = with_content_policy(event, self._content, self._hash_key)
        value = self._codec.encode(SchemaName.MESSAGE_EVENT, event_row(shown))
        key = (event.request_id or event.message_handle or event.contact or "").encode()
        headers = [("traceparent", event.traceparent.encode())] if event.traceparent else []
        await self._send(self._names.events, key, value, headers=headers)

    async def dead_letter(self, letter: DeadLetter) -> None:
        """Append the untouched bytes with the reason in the headers, by Kafka Connect's names and ours.

        What the brokers refuse would be asked for ever: it goes without its time, a large one without its bytes, which
        its origin still has.
        """
        source, origin = letter.source, letter.origin
        told = {
            "__connect.errors.topic": origin.topic,
            "__connect.errors.partition": str(origin.partition),
            "__connect.errors.offset": str(origin.offset),
            "__connect.errors.connector.name": "kafka-sendblue",
            "__connect.errors.stage": letter.stage,
            "__connect.errors.exception.message": letter.sentence,
            "sendblue.error.code": letter.code,
            "sendblue.error.reason": letter.sentence,
            "sendblue.origin": str(origin),
            "sendblue.time": str(source.timestamp_ms),
        }
        headers = [(name, value.encode()) for name, value in told.items()]
        whole = [*source.headers, *headers]
        try:
            await self._send(self._names.dlq, source.key, source.value, headers=whole, timestamp_ms=source.timestamp_ms)
        except PublishRefused:
            if source.size > SMALL_BYTES:
                source, whole = Source(), [*headers, ("sendblue.left.out", str(source.size).encode())]
            await self._send(self._names.dlq, source.key, source.value, headers=whole)

    async def unreadable(self, body: bytes, request_id: str, reason: str) -> None:
        """Append the raw body of a callback that cannot be read."""
        told = {"sendblue.error.code": reason, "sendblue.request_id": request_id, "__connect.errors.stage": "ingress"}
        await self.unread(body, request_id, told)

    async def unread(self, body: bytes, key: str, told: Mapping[str, str]) -> None:
        """Append what came in and cannot be read to the dead letters, with what is known of it as headers."""
        headers = [(name, value.encode()) for name, value in told.items()]
        await self._send(self._names.dlq, key.encode(), body, headers=headers)

    async def row(self, topic: str, key: bytes, schema: SchemaName, row: Row) -> None:
        """Append a row of this schema."""
        await self._send(topic, key, self._codec.encode(schema, row))

    async def dispatch(self, dispatch: Dispatch) -> None:
        """Append to the partition of the record's line and priority."""
        value = self._codec.encode(SchemaName.DISPATCH, dispatch_row(dispatch))
        partition = self._partition(dispatch.line, dispatch.request.priority)
        await self._send(self._names.dispatch, None, value, partition=partition)

    async def delay(self, delay: Delay, contact: bytes, dispatch: Dispatch) -> None:
        """Append to a delay topic; a contact's records share a partition."""
        value = self._codec.encode(SchemaName.DISPATCH, dispatch_row(dispatch))
        await self._send(self._names.delay(delay), contact, value)

    async def again(self, line: str, priority: Priority, value: bytes) -> None:
        """Append a record that a delay topic gives back, as it is, to its line's partition."""
        await self._send(self._names.dispatch, None, value, partition=self._partition(line, priority))

    async def parked(self, key: bytes, held: Held | None, attempt: str) -> None:
        """Write a parked record, or its tombstone."""
        value = None
        if held is not None:
            inner = self._codec.encode(SchemaName.DISPATCH, dispatch_row(held.dispatch))
            value = self._codec.encode(SchemaName.PARKED, {"attempt": attempt, "dispatch": inner})
        await self._send(self._names.parked, key, value, partition=0)

    async def write(self, binding: Binding, ledger_offset: int) -> None:
        """Write one contact's line."""
        row = {"line": binding.line, "grant_offset": binding.grant_offset, "ledger_offset": ledger_offset}
        await self._send(
            self._names.contacts, binding.contact, self._codec.encode(SchemaName.CONTACT, row), partition=0
        )

    async def reached(self, ledger_offset: int) -> None:
        """Say how far in the ledger the contacts topic reaches."""
        row = {"line": None, "grant_offset": None, "ledger_offset": ledger_offset}
        await self._send(self._names.contacts, PROGRESS_KEY, self._codec.encode(SchemaName.CONTACT, row), partition=0)

    def _partition(self, line: str, priority: Priority) -> int:
        """A line that `topics apply` has just added is known a moment later."""
        if (places := self._places.get(line)) is None:
            raise PublishFailed(f"line {line} has no partition yet")
        return places.of(priority)

    async def opt_out(self, key: bytes, word: Word) -> None:
        """Append one word to the optouts topic."""
        await self._send(self._names.optouts, key, self._codec.encode(SchemaName.OPT_OUT, word_row(word)), partition=0)

    async def _send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int = -1,
        headers: list[tuple[str, bytes]] | None = None,
        timestamp_ms: int = 0,
    ) -> None:
        try:
            await self._producer.send(
                topic, key=key, value=value, partition=partition, headers=headers or (), timestamp_ms=timestamp_ms
            )
        except ProduceFailed as error:
            raise (PublishRefused if error.code in REFUSED else PublishFailed)(str(error)) from None


class Calls:
    """The sender's Sendblue: signs the callback URL of each attempt and makes the call."""

    def __init__(
        self,
        client: SendblueClient,
        numbers: Mapping[str, str],
        ring: Callable[[], Ring],
        public_url: str,
        now_ms: Callable[[], int],
    ) -> None:
        self._client, self._numbers, self._ring, self._now_ms = client, numbers, ring, now_ms
        self._base = f"{public_url.rstrip('/')}/v1/callbacks/"

    async def send(self, dispatch: Dispatch, attempt: str, may_write: MayWrite) -> Answer:
        """POST the message once, when ``may_write`` says so."""
        token = sign(self._ring(), dispatch.request.request_id, attempt, self._now_ms() // HOUR_MS)
        message = OutboundMessage(dispatch.request, self._numbers[dispatch.line], self._base + token)
        return await self._client.send(message, may_write=may_write)

    def report(self, answer: Answer) -> Report | None:
        """Read the message object of a 2xx answer."""
        try:
            return parse(message_of(answer))
        except Unreadable:
            return None

    async def probe(self) -> bool:
        """A GET that proves the credentials."""
        return (await self._client.probe()).ok
