"""The schema registry, through confluent-kafka's own client, always off the loop.

Its errors become three: the registry cannot be reached (wait), it does not know a schema (somebody else's mistake), it
refuses one of ours (our mistake).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
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
        """Register a schema, or find it registered; return its id. Raises SchemaRefused."""
        return await self._ask(lambda: self._client.register_schema(subject, Schema(text, "AVRO")))

    async def find(self, subject: str, text: str) -> int:
        """Return the id of a schema that somebody has registered. Raises UnknownSchema."""
        found = await self._ask(lambda: self._client.lookup_schema(subject, Schema(text, "AVRO")))
        return int(found.schema_id or 0)

    async def text(self, schema_id: int) -> str:
        """Return a writer's schema. Raises UnknownSchema."""
        schema = await self._ask(lambda: self._client.get_schema(schema_id))
        return schema.schema_str or ""

    async def protect(self, subject: str) -> None:
        """Let the registry refuse incompatible versions of the subject."""
        await self._ask(lambda: self._client.set_compatibility(subject, LEVEL))

    async def compatible(self, subject: str, text: str) -> bool:
        """True when the schema may follow the subject's latest version."""
        return bool(await self._ask(lambda: self._client.test_compatibility(subject, Schema(text, "AVRO"))))

    async def subjects(self) -> list[str]:
        """Return all subjects."""
        return list(await self._ask(self._client.get_subjects))

    async def _ask(self, question: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(question)
        except SchemaRegistryError as error:
            raise _told(error) from None
        except (httpx2.HTTPError, OSError) as error:
            raise RegistryAway(f"the schema registry cannot be reached ({type(error).__name__})") from None


def _told(error: SchemaRegistryError) -> Exception:
    status = int(error.http_status_code)
    if status == 404:
        return UnknownSchema(f"the schema registry does not know it ({error.error_code})")
    if status in (409, 422):
        return SchemaRefused(f"the schema registry refuses the schema ({status}): it breaks {LEVEL}, or is no Avro")
    return RegistryAway(f"the schema registry answers {status}")
