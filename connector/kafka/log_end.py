"""Where a log of one partition ends, asked of its leader."""

import asyncio

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from connector.kafka.clients import ClientSettings

ANSWER_S = 5.0


class LogEnd:
    """Asks for the end of partition 0: the offset after the last record that all in-sync replicas have."""

    def __init__(self, settings: ClientSettings, topic: str) -> None:
        self._settings, self._place = settings, TopicPartition(topic, 0)
        self._admin: AdminClient | None = None

    async def __call__(self) -> int | None:
        """Return the end as of now, None without an answer."""
        if self._admin is None:
            self._admin = AdminClient(self._settings.admin())
        newest = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the client's own stubs lack it
        asked = self._admin.list_offsets({self._place: newest}, request_timeout=ANSWER_S)
        try:
            return int((await asyncio.wrap_future(asked[self._place])).offset)
        except KafkaException:
            return None
