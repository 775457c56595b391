"""Everything around one connector, in a process of its own, so that its CPU is not counted as the connector's.

An embedded broker, a registry, and the leanest Sendblue there can be: it answers every POST with a message object and
never calls back. Told a number on standard input, it produces that many requests, each to a contact of its own.
"""

import asyncio
import sys
from typing import Any

import httptools
import msgspec
import uvloop

from connector.core.messages import SendRequest
from connector.core.priorities import Places
from connector.kafka.avro import Codec
from connector.kafka.clients import ClientSettings
from connector.kafka.control import line_record
from connector.kafka.producer import KafkaProducer
from connector.kafka.registry import Registry, RegistrySettings
from connector.kafka.schemas import SchemaName
from connector.kafka.topics import TopicNames, wanted
from connector.kafka.wire_requests import request_row
from connector.simulator.broker import CLIENT, EmbeddedBroker
from connector.simulator.registry import embedded_registry
from connector.simulator.texts import Text, wire
from connector.wiring.installation import subjects

NAMES = TopicNames()
ANSWERED_AT = 1_790_071_200.0
CONTENT = "Hello! Your parcel arrives today between nine and eleven; answer STOP to hear no more of it."


class LeanSendblue(asyncio.Protocol):
    """One connection; every request is accepted at once."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""

    def connection_made(self, transport: Any) -> None:
        """asyncio's."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """asyncio's."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """httptools'."""
        self._body += body

    def on_message_complete(self) -> None:
        """httptools'."""
        body = self._accepted() if self._body else b'{"data":[]}'  # the sweep asks for the list
        self._body = b""
        head = "HTTP/1.1 200 OK\r\ndate: Tue, 22 Sep 2026 10:00:00 GMT\r\ncontent-type: application/json\r\n"
        self._transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)

    def _accepted(self) -> bytes:
        asked = msgspec.json.decode(self._body)
        text = Text(asked["from_number"], asked["number"], asked["content"], ANSWERED_AT)
        return msgspec.json.encode(wire(text, text.state))


def request(n: int) -> SendRequest:
    """The n-th request; numbers that exist nowhere."""
    return SendRequest(f"order-2026-{n:08d}", number=f"+1{200 + n // 100 % 700}55501{n % 100:02d}", content=CONTENT)


async def main(lines: int) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(LeanSendblue, "127.0.0.1", 0)
    api = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    topics = {spec.name: spec.partitions for spec in wanted(NAMES, 2 * lines, 4, 1)}
    with EmbeddedBroker(topics) as broker:
        async with embedded_registry() as registry:
            producer = KafkaProducer(ClientSettings(broker.bootstrap, extra=CLIENT, linger_ms=5), loop)
            codec = Codec(Registry(RegistrySettings(registry)), subjects(NAMES))
            await codec.prepare(auto_register=True)
            for number in range(lines):
                key, value = line_record(codec, f"line-{number}", Places(number, lines + number))
                await producer.send(NAMES.control, key=key, value=value, partition=0)
            _say({"bootstrap": broker.bootstrap, "registry": registry, "api": api})
            sent = 0
            while told := await loop.run_in_executor(None, sys.stdin.readline):
                many = [_produce(producer, codec, n) for n in range(sent, sent + int(told))]
                await asyncio.gather(*many)
                sent += int(told)
            await producer.close()


async def _produce(producer: KafkaProducer, codec: Codec, n: int) -> None:
    one = request(n)
    value = codec.encode(SchemaName.SEND_REQUEST, request_row(one))
    await producer.send(NAMES.requests, key=(one.number or "").encode(), value=value)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
