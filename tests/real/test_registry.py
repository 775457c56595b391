"""The schemas' promises, as a real registry judges them."""

import uuid

import pytest

from connector.kafka.registry import Registry, RegistrySettings, SchemaRefused, UnknownSchema
from connector.kafka.schemas import SchemaName, text_of
from tests.kafka import evolution

BROKEN = [evolution.without_default, evolution.without_field, evolution.with_another_type]


@pytest.fixture
def client(registry_url: str) -> Registry:
    """The registry, as the connector asks it."""
    return Registry(RegistrySettings(registry_url))


@pytest.fixture
def subject() -> str:
    """A subject of the test's own."""
    return f"{uuid.uuid4().hex}-value"


@pytest.mark.parametrize("name", SchemaName)
async def test_todays_schema_may_follow_every_release(client: Registry, subject: str, name: SchemaName) -> None:
    """FULL_TRANSITIVE: all releases in their order, then today's, then one that has grown."""
    for version in evolution.versions(name):
        await client.register(subject, evolution.released(name, version))
    grown = evolution.changed(text_of(name), evolution.grow)

    assert await client.compatible(subject, text_of(name))
    await client.register(subject, text_of(name))
    assert await client.compatible(subject, grown)
    await client.register(subject, grown)
    assert await client.compatible(subject, text_of(name))
    assert await client.is_protected(subject)


async def test_an_incompatible_schema_is_found_and_refused(client: Registry, subject: str) -> None:
    """The registry's check can fail, and a protected subject takes nothing that does."""
    await client.register(subject, text_of(SchemaName.SEND_REQUEST))
    for change in BROKEN:
        broken = evolution.changed(text_of(SchemaName.SEND_REQUEST), change)

        assert not await client.compatible(subject, broken)
        with pytest.raises(SchemaRefused):
            await client.register(subject, broken)


async def test_an_older_version_counts_as_much_as_the_latest(client: Registry, subject: str) -> None:
    """A field that comes back as another type fits the version without it, but not the one before."""

    def with_field(kind: str) -> str:
        new = {"name": "newer", "type": ["null", kind], "default": None, "doc": "New."}
        return evolution.changed(text_of(SchemaName.PARKED), lambda schema: schema["fields"].append(new))

    await client.register(subject, with_field("string"))
    await client.register(subject, text_of(SchemaName.PARKED))

    assert not await client.compatible(subject, with_field("double"))
    assert await client.compatible(subject, with_field("string"))


async def test_what_nobody_registered_is_unknown(client: Registry, subject: str) -> None:
    """By id, by subject, by schema; a subject nobody set is not protected."""
    with pytest.raises(UnknownSchema):
        await client.text(987_654_321)
    with pytest.raises(UnknownSchema):
        await client.find(subject, text_of(SchemaName.PARKED))

    assert not await client.is_protected(subject)
    assert await client.compatible(subject, text_of(SchemaName.PARKED))
    await client.register(subject, text_of(SchemaName.PARKED))
    with pytest.raises(UnknownSchema):
        await client.find(subject, text_of(SchemaName.CONTACT))
