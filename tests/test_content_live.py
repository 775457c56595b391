"""Service policy and uploads in the whole connector, between the demo's broker, registry and Sendblue."""

import asyncio

from connector.core.messages import SendRequest, ServicePolicy
from connector.demo import NAMES, Demo, run
from connector.demo_plan import DemoPlan
from connector.kafka.avro import Codec
from connector.kafka.clients import ClientSettings
from connector.kafka.producer import KafkaProducer
from connector.kafka.registry import Registry, RegistrySettings
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_requests import request_row
from connector.settings import Settings
from connector.settings_content import MediaPart, Upload
from connector.simulator.broker import CLIENT
from connector.wiring.installation import subjects

ONLY = ServicePolicy.IMESSAGE_ONLY
REQUESTS = (
    SendRequest("blue", number="+12025550163", content="#req:blue", service_policy=ONLY),
    SendRequest("green", number="+12025550168", content="#req:green", service_policy=ONLY),
    SendRequest("inside", number="+12025550164", content="#req:inside", media_url="https://127.0.0.1:9/a.png?sig=x"),
)


class Uploading(DemoPlan):
    """A demo whose connector uploads files."""

    def settings(self, bootstrap: str, registry: str, api: str) -> Settings:
        """As the demo's, with uploads."""
        plain = DemoPlan.settings(self, bootstrap, registry, api)
        return plain.model_copy(update={"media": MediaPart(upload=Upload.AUTO)})


async def produce(settings: Settings) -> None:
    """As a producer would."""
    clients = ClientSettings(settings.kafka.bootstrap_servers, extra=CLIENT)
    codec = Codec(Registry(RegistrySettings(settings.registry.url)), subjects(NAMES))
    await codec.prepare(auto_register=True)
    producer = KafkaProducer(clients, asyncio.get_running_loop())
    for request in REQUESTS:
        value = codec.encode(SchemaName.SEND_REQUEST, request_row(request))
        await producer.send(NAMES.requests, key=(request.number or "").encode(), value=value)
    await producer.close()


async def test_only_who_has_imessage_is_texted_and_nothing_of_ours_is_fetched() -> None:
    """One is looked up and texted, one is looked up and refused, and a link into our own network ends its request."""
    stop, works, wanted = asyncio.Event(), list[asyncio.Task[None]](), {request.request_id for request in REQUESTS}

    def show(demo: Demo) -> None:
        if not works and demo.connector is not None and demo.connector.ready.is_set():
            works.append(asyncio.create_task(produce(demo.connector.settings)))
        if wanted <= demo.tally.finals.keys() and not stop.is_set():
            ends.update({name: demo.tally.finals[name] for name in wanted})
            texts.extend(text.content for text in demo.simulator.texts.values() if text.content[5:] in wanted)
            assert demo.metrics is not None
            counted.extend(
                demo.metrics.registry.get_sample_value(name, labels)
                for name, labels in (
                    ("sendblue_service_look_ups_total", {"result": "imessage"}),
                    ("sendblue_service_look_ups_total", {"result": "other"}),
                    ("sendblue_media_uploads_total", {"result": "not_taken"}),
                    ("sendblue_dead_letters_total", {"code": "NOT_IMESSAGE"}),
                    ("sendblue_dead_letters_total", {"code": "MEDIA_NOT_PUBLIC"}),
                )
            )
            stop.set()

    ends, texts, counted = dict[str, str](), list[str](), list[float | None]()
    await run(Uploading(seconds=600, rate=1, lines=2), stop, show)

    assert ends == {"blue": "SUBMITTED", "green": "REJECTED", "inside": "REJECTED"}
    assert texts == ["#req:blue"]
    assert counted == [1.0] * 5
