"""Who listens to account webhooks: opt-outs to what people write, the lines' facts to lines that are blocked."""

from connector.core.account_webhooks import AccountEvent, InboundMessage
from connector.roles.account_webhooks import Listeners
from connector.roles.opt_outs import OptOuts
from connector.wiring.line_facts import KnownLines


def listeners_of(opt_outs: OptOuts, known: KnownLines) -> Listeners:
    """Each hears of it before the webhook is answered; raises PublishFailed for what must be told again."""

    async def heard(message: InboundMessage) -> None:
        """In a group it is the member who speaks."""
        if (number := message.report.from_number) is not None:
            await opt_outs.heard(number, message.report.content, message.occurred_at_ms)

    async def blocked(event: AccountEvent) -> None:
        if event.about is not None:
            known.facts.blocked(event.about, event.occurred_at_ms)

    return Listeners(heard, blocked)
