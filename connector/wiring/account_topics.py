"""Where account webhooks go: inbound messages and account events to topics of their own, what is unreadable to ``dlq``.

A message has the key that requests to its contact have, so that both meet in one partition of topics of equal size; an
event the number it is about. Texts are kept as the settings say.
"""

from dataclasses import replace

from connector.core.account_webhooks import AccountEvent, InboundMessage
from connector.core.events import ContentPolicy, hidden, hidden_report
from connector.kafka.schemas import SchemaName
from connector.kafka.topics import TopicNames
from connector.kafka.wire_inbound import account_row, inbound_row
from connector.wiring.outbound import OutTopics


class AccountTopics:
    """Appends through the topics of ends; ``hash_key`` is that of the ledger."""

    def __init__(self, out: OutTopics, names: TopicNames, content: ContentPolicy, hash_key: bytes) -> None:
        self._out, self._names, self._content, self._hash_key = out, names, content, hash_key

    def is_up(self) -> bool:
        """False while no broker is known to be reachable."""
        return self._out.is_up()

    async def inbound(self, message: InboundMessage) -> None:
        """Append to the inbound topic, keyed by contact."""
        report = hidden_report(message.report, self._content, self._hash_key)
        row = inbound_row(replace(message, report=report, raw=self._shown(message.raw)))
        key = message.contact or message.report.message_handle or ""
        await self._out.row(self._names.inbound, key.encode(), SchemaName.INBOUND_MESSAGE, row)

    async def account(self, event: AccountEvent) -> None:
        """Append to the account topic, keyed by the number it is about."""
        row = account_row(event, self._shown(event.raw))
        await self._out.row(self._names.account, (event.about or event.type).encode(), SchemaName.ACCOUNT_EVENT, row)

    async def unreadable(self, body: bytes, kind: str, reason: str) -> None:
        """Append the raw body of a webhook that cannot be read."""
        told = {"sendblue.error.code": reason, "sendblue.webhook": kind, "__connect.errors.stage": "ingress"}
        await self._out.unread(body, kind, told)

    def _shown(self, raw: str | None) -> str | None:
        return hidden(raw, self._content, self._hash_key)
