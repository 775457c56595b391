"""The doctor, beside a connector that runs, and where nothing does."""

import asyncio

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.commands.doctor_command import examine, progress, running_of, status_url_of
from connector.core.diagnosis import Foreign, Running
from connector.demo import Demo
from connector.demo_plan import DemoPlan
from connector.settings import Observability, Settings
from connector.simulator.faults import Faults
from connector.simulator.server import serving
from tests.test_ledger_commands import beside_a_connector

NOBODY = "http://127.0.0.1:1/statusz"
SOON_S = 0.2  # nobody is there, and no longer wait finds them
THERE_S = 8.0  # of what is asked, the demo broker never tells the topics' settings


class Well(DemoPlan):
    """A demo whose Sendblue fails at nothing; the demo's own faults stop a line now and then, and the doctor tells."""

    def faults(self) -> Faults:
        """None."""
        return Faults()


async def test_beside_a_connector_that_runs() -> None:
    """Lag of the roles, clocks, credentials, lines and readiness; of the demo broker's settings nothing is known."""

    async def work(settings: Settings, demo: Demo) -> None:
        found = {f.name: f for f in await examine(settings, demo.addresses["status"], within_s=THERE_S)}
        lags = await asyncio.to_thread(progress, settings)

        assert [name for name, finding in found.items() if not finding.ok] == ["kafka"]
        assert "is ready" in found["process"].sentence
        assert "credentials are good" in found["sendblue"].sentence
        assert {"ledger tail", "Sendblue's clock", "brokers' clock", "line line-1"} <= set(found)
        assert [finding.name for finding in lags if " on " in finding.name][:2] == [
            "router on sendblue.requests",
            "sender on sendblue.dispatch",
        ]

    await beside_a_connector(work, Well(seconds=600, rate=5, lines=2))


async def test_where_nothing_runs_each_trouble_is_one_finding() -> None:
    """What is away does not keep the others from being looked at."""
    settings = DemoPlan().settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")
    found = await examine(settings, NOBODY, within_s=SOON_S)
    faults = {finding.name: finding.what_to_do for finding in found if not finding.ok}

    assert {"registry", "kafka", "sendblue", "process"} == set(faults)
    assert all(faults.values())


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        ("router", []),
        ("ingress", ["callbacks"]),
        ("reconciler", ["sendblue"]),
        ("sender", ["callbacks", "sendblue"]),
    ],
)
async def test_a_role_is_asked_for_the_keys_it_needs(role: str, asked: list[str]) -> None:
    """A pod that holds no key of the account, or of the callbacks, lacks none; one that should is told what to do."""
    plain = DemoPlan().settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")
    update = {"api_key_id": None, "api_secret_key": None}
    settings = plain.model_copy(
        update={
            "sendblue": plain.sendblue.model_copy(update=update),
            "callbacks": plain.callbacks.model_copy(update={"keys": {}}),
        }
    )
    found = {finding.name: finding for finding in await examine(settings, NOBODY, [role], SOON_S)}
    keys = {name: found[name] for name in ("callbacks", "sendblue")}

    assert asked == [name for name, finding in keys.items() if not finding.ok]
    assert all("set" in keys[name].what_to_do for name in asked)
    assert all("not looked at" in finding.sentence for finding in keys.values() if finding.ok)


def test_the_status_address_is_the_settings_own() -> None:
    """A server that listens everywhere is asked on loopback."""
    everywhere = Settings(observability=Observability(host="0.0.0.0", health_port=9))  # noqa: S104 - what a setting may say
    one = Settings(observability=Observability(host="10.1.2.3", health_port=9))

    assert status_url_of(everywhere) == "http://127.0.0.1:9/statusz"
    assert status_url_of(one) == "http://10.1.2.3:9/statusz"


def test_a_process_may_say_little() -> None:
    """While it starts, or of another version."""
    full = {
        "not_ready": ["why"],
        "ledger": {"behind": 3},
        "account": {"stopped_because": "401", "breaker": "open"},
        "lines": {"a": {"state": "breaker", "drain_s": 2.5}, "b": {"held": 1, "drain_s": None}},
        "topics": {"requests": {"seconds": 7.5}, "parked": {}},
    }

    assert running_of(b'{"not_ready": ["starting"], "ledger": null}') == Running(("starting",))
    assert running_of(msgspec.json.encode(full)) == Running(
        ("why",), 3, "401", {"a": "breaker", "b": "ready"}, {"a": 2.5, "b": 0.0}, {"requests": 7.5, "parked": 0.0}
    )


FOREIGN = [
    b'{"not_ready": [], "lines": ["line-1"]}',
    b'{"not_ready": [], "topics": {"requests": 7}}',
    b'{"not_ready": "starting"}',
    b'{"status": "UP"}',
    b"{}",
    b"[]",
    b"7",
    b'"ok"',
    b"null",
    b"<html></html>",
    b"",
    b"\xff",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", FOREIGN)
def test_what_answers_may_be_somebody_else(body: bytes) -> None:
    """Whatever it says, it is told that it is no connector: JSON of another shape, or none."""
    assert isinstance(running_of(body), Foreign)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Response(b'{"not_ready": [], "lines": ["a"]}'), "is not a kafka-sendblue's /statusz: JSON of another shape"),
        (Response(b"hello"), "is not a kafka-sendblue's /statusz: no JSON"),
        (Response(b"{}", 404), "is not a kafka-sendblue's /statusz: HTTP 404"),
        (Response(b"", 302, {"location": "/login"}), "is not a kafka-sendblue's /statusz: HTTP 302"),
        (Response(b'{"not_ready": ["the ledger is read"]}'), "is not ready: the ledger is read"),
    ],
)
async def test_a_foreign_process_is_one_finding(answer: Response, sentence: str) -> None:
    """With what to do, and never an error of ours."""

    async def statusz(_: Request) -> Response:
        return answer

    settings = DemoPlan().settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")
    async with serving(Starlette(routes=[Route("/statusz", statusz)])) as url:
        found = await examine(settings, f"{url}/statusz", within_s=SOON_S)
    (process,) = [finding for finding in found if finding.name == "process"]

    assert not process.ok
    assert sentence in process.sentence
    assert process.what_to_do
