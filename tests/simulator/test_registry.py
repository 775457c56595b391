"""The embedded registry, asked by the client that the connector uses."""

import json
from urllib.request import getproxies

import httpx2
import pytest

from connector.kafka.registry import Registry, RegistrySettings, SchemaRefused, UnknownSchema
from connector.kafka.schemas import SchemaName, text_of
from connector.simulator.registry import embedded_registry

TEXT = text_of(SchemaName.PARKED)
ANOTHER_LAYOUT = json.dumps(json.loads(TEXT), sort_keys=True)


async def test_the_layout_of_a_schema_does_not_matter() -> None:
    """A real registry compares schemas, not texts: another client's rendering is the same schema, with one id."""
    async with embedded_registry() as url:
        one = Registry(RegistrySettings(url))
        first = await one.register("a", TEXT)

        assert (first, first, first) == (
            await one.register("b", ANOTHER_LAYOUT),
            await one.find("a", ANOTHER_LAYOUT),
            await one.find("b", TEXT),
        )


async def test_ids_begin_at_one() -> None:
    """Zero is nobody's id."""
    async with embedded_registry() as url:
        one = Registry(RegistrySettings(url))
        first = await one.register("a", TEXT)
        with pytest.raises(UnknownSchema):
            await one.text(0)

        assert first == 1


async def test_what_is_no_schema_is_refused() -> None:
    """Not kept, not answered with an id."""
    async with embedded_registry() as url:
        with pytest.raises(SchemaRefused):
            await Registry(RegistrySettings(url)).register("a", "no JSON")


async def test_versions_of_a_subject() -> None:
    """Each registered once, counted from 1; a subject nobody knows has none."""
    async with embedded_registry() as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        one = Registry(RegistrySettings(url))
        for text in (TEXT, ANOTHER_LAYOUT, text_of(SchemaName.CONTACT)):
            await one.register("a", text)

        assert (await client.get("/subjects/a/versions")).json() == [1, 2]
        assert (await client.get("/subjects/b/versions")).status_code == 404


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
async def test_it_is_asked_behind_a_proxy_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo needs no network: no proxy comes between it and its own registry, and what was set is set again."""
    for proxy in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:1")
    for other in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "a.example.com")
    async with embedded_registry() as url:
        first, without = await Registry(RegistrySettings(url)).register("a", TEXT), getproxies()["no"]

    assert first == 1
    assert without == "a.example.com,127.0.0.1"
    assert getproxies()["no"] == "a.example.com"
