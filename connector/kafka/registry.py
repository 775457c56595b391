"""The schema registry, through confluent-kafka's own client, always off the loop.

Its errors become three: the registry cannot be reached (wait), it does not know a schema (somebody else's mistake), it
refuses one of ours (our mistake).
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import httpx2
from confluent_kafka.schema_registry import RegisteredSchema, Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

T = TypeVar("T")
LEVEL = "FULL_TRANSITIVE"
"""Old readers read new records and new readers old ones, over all versions."""


class RegistryAway(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The registry does not answer, or not for us."""


class UnknownSchema(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The registry knows no schema of this id or subject."""


class SchemaRefused(Exception):  # noqa: N818 - the registry's own word
    """The registry refuses a schema of ours, most often as incompatible."""


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """Where the registry is. ``user``: for HTTP basic authentication."""

    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 5.0


class Registry:
    """Subjects are ``<topic>-value``. Every method raises RegistryAway when there is no usable answer."""

    def __init__(self, settings: RegistrySettings) -> None:
        config: dict[str, Any] = {"url": settings.url, "timeout": settings.timeout_s, "max.retries": 0}
        if settings.user is not None:
            config["basic.auth.user.info"] = f"{settings.user}:{settings.password or ''}"
        self._client = SchemaRegistryClient(config)

    async def register(self, subject: str, text: str) -> int:
        """Find a schema registered, or register it; return its id. Raises SchemaRefused.

        The subject is protected before it gets a version, so that nobody's incompatible one fits in between.
        """
        with contextlib.suppress(UnknownSchema):
            return await self.find(subject, text)
        await self.protect(subject)
        schema = Schema(text, "AVRO")
        return await self._ask(lambda: _id(self._client.register_schema_full_response(subject, schema)))

    async def protect(self, subject: str) -> None:
        """Let the registry refuse incompatible versions of the subject."""
        await self._ask(lambda: self._client.set_compatibility(subject, LEVEL))

    async def find(self, subject: str, text: str) -> int:
        """Return the id of a schema that somebody has registered. Raises UnknownSchema."""
        return await self._ask(lambda: _id(self._client.lookup_schema(subject, Schema(text, "AVRO"))))

    async def text(self, schema_id: int) -> str:
        """Return a writer's schema. Raises UnknownSchema."""
        return await self._ask(lambda: _text(self._client.get_schema(schema_id)))

    async def is_protected(self, subject: str) -> bool:
        """True when the subject itself is set to refuse incompatible versions, whatever the registry's default is."""
        try:
            return await self._ask(lambda: self._client.get_compatibility(subject)) == LEVEL
        except UnknownSchema:
            return False

    async def compatible(self, subject: str, text: str) -> bool:
        """True when the schema may follow every version the subject has; asked under the subject's own level."""
        schema = Schema(text, "AVRO")
        try:
            versions = await self._ask(lambda: list(self._client.get_versions(subject)))
        except UnknownSchema:
            return True
        for version in versions:
            if not await self._ask(partial(self._client.test_compatibility, subject, schema, version)):
                return False
        return True

    async def subjects(self) -> list[str]:
        """Return all subjects."""
        return await self._ask(lambda: list(self._client.get_subjects()))

    async def _ask(self, question: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(question)
        except SchemaRegistryError as error:
            raise _told(error) from None
        except (httpx2.HTTPError, OSError) as error:
            why = type(error).__name__
            raise RegistryAway(f"the schema registry cannot be reached ({why}): check registry.url") from None
        except Exception as error:  # noqa: BLE001 - whatever somebody else's JSON, or none, makes of the client
            self._forget()
            raise RegistryAway(f"{_NO_REGISTRY} ({type(error).__name__}): check registry.url") from None

    def _forget(self) -> None:
        """The client keeps an answer before it has looked at it, and would give it for ever."""
        self._client.clear_caches()  # type: ignore[no-untyped-call]  # the client's own lack of types


_UNKNOWN = {40401, 40402, 40403, 40408}
"""Subject, version, schema and level of a subject: the registry's own words for what it does not have. Any other 404 is
somebody else's, a proxy's or a wrong path's."""
_NO_REGISTRY = "the answer is not one of a schema registry"


def _id(found: RegisteredSchema) -> int:
    if not isinstance(found.schema_id, int):
        raise TypeError("no id")
    return found.schema_id


def _text(schema: Schema) -> str:
    if not isinstance(schema.schema_str, str):
        raise TypeError("no schema")
    return schema.schema_str


def _told(error: SchemaRegistryError) -> Exception:
    status, code = int(error.http_status_code), error.error_code
    if status == 404 and code in _UNKNOWN:
        return UnknownSchema(f"the schema registry does not know it ({code})")
    if status in (409, 422) and code != -1:
        return SchemaRefused(f"the schema registry refuses the schema ({status}): it breaks {LEVEL}, or is no Avro")
    if status == 404:
        return RegistryAway(f"{_NO_REGISTRY} (404): check registry.url")
    return RegistryAway(f"the schema registry answers {status}")
