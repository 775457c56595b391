"""FULL_TRANSITIVE against every released version, by records that each writes and the other reads.

The real registry is asked the same in ``tests/real/test_registry.py``.
"""

import hashlib
import json

import pytest

from connector.core.messages import EventOrigin, EventType, OnInDoubt, Priority, ServicePolicy
from connector.kafka.schemas import SchemaName, text_of
from tests.kafka import evolution

DIGESTS = {"1": "ef08d5a0b8859c20", "2": "966366de9f7f5862"}
"""Of each release, all its files: nobody edits one."""
RELEASES = [(name, version) for name in SchemaName for version in evolution.versions(name)]


@pytest.mark.parametrize(("name", "version"), RELEASES)
def test_todays_schema_fits_every_release(name: SchemaName, version: str) -> None:
    """Whatever was ever written can be read, by old readers too."""
    assert evolution.fits(evolution.released(name, version), text_of(name))


def test_a_release_is_never_edited() -> None:
    """Else a schema could be made to fit what was never written. A new release has its digest beside the others."""
    found = {version: hashlib.sha256(files_of(version)).hexdigest()[:16] for version in evolution.VERSIONS}

    assert found == DIGESTS


def files_of(version: str) -> bytes:
    """The names and texts of a release."""
    files = sorted((evolution.RELEASED / version).iterdir())
    return b"".join(file.name.encode() + b"\n" + file.read_bytes() for file in files)


@pytest.mark.parametrize("name", SchemaName)
def test_every_schema_was_released(name: SchemaName) -> None:
    """One that was not may change in any way, unnoticed, while topics fill with what is written by it."""
    assert evolution.versions(name)


@pytest.mark.parametrize("name", SchemaName)
def test_a_later_version_may_add_symbols_and_optional_fields(name: SchemaName) -> None:
    """New event types and new fields are what the schemas are made to take; old readers see UNKNOWN."""
    assert evolution.fits(text_of(name), evolution.changed(text_of(name), evolution.grow))


@pytest.mark.parametrize("change", [evolution.without_default, evolution.without_field, evolution.with_another_type])
@pytest.mark.parametrize("name", [name for name in SchemaName if name is not SchemaName.CONTROL])
def test_what_breaks_a_reader_is_found(name: SchemaName, change: object) -> None:
    """The check itself can fail."""
    assert callable(change)
    assert not evolution.fits(text_of(name), evolution.changed(text_of(name), change))


@pytest.mark.parametrize("name", [SchemaName.MESSAGE_EVENT, SchemaName.SEND_REQUEST, SchemaName.LEDGER])
def test_an_enum_without_default_could_never_grow(name: SchemaName) -> None:
    """Which is why each of ours has one, from its first version on."""
    first = evolution.changed(text_of(name), lambda schema: [enum.pop("default") for enum in evolution._enums(schema)])

    assert not evolution.fits(first, evolution.changed(text_of(name), evolution.without_enum_default))


def test_every_value_of_the_code_is_in_its_schema() -> None:
    """An enum member that the schema lacks would fail when it is first published."""
    enums = {
        enum["name"]: set(enum["symbols"])
        for name in SchemaName
        for enum in evolution._enums(json.loads(text_of(name)))
    }

    assert max(map(len, enums.values())) <= evolution.ROUNDS
    assert enums["EventType"] == {"UNKNOWN", *EventType}
    assert enums["EventOrigin"] == {"UNKNOWN", *EventOrigin}
    assert enums["OnInDoubt"] == {"DEFAULT", *OnInDoubt}
    assert enums["ServicePolicy"] == {"DEFAULT", *ServicePolicy}
    assert enums["Priority"] == {*Priority}
