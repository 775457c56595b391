"""Who listens to account webhooks: opt-outs to what people write and to statuses, the lines' facts to lines that are
blocked, here at once and in every replica by the control topic."""

from collections.abc import Awaitable, Callable

from connector.core.account_webhooks import AccountEvent, InboundMessage
from connector.core.line_facts import LineFacts
from connector.roles.account_webhooks import Listeners
from connector.roles.opt_outs import OptOuts

Block = Callable[[str, int], Awaitable[None]]
"""Makes it durable that a line was blocked, and when; raises PublishFailed."""


def listeners_of(opt_outs: OptOuts, facts: LineFacts, block: Block) -> Listeners:
    """Each hears of it before the webhook is answered; raises PublishFailed for what must be told again."""

    async def heard(message: InboundMessage) -> None:
        """In a group it is the member who speaks, else whose number the message has; what we wrote is nobody's word.

        Sendblue's ``opted_out`` beside other words counts too: it may know words that we do not. Of a group it says
        nothing of the member.
        """
        report = message.report
        number = report.from_number or (None if message.is_group else report.number)
        if number is None or report.is_outbound:
            return
        spoken = await opt_outs.heard(number, report.content, message.occurred_at_ms)
        if report.opted_out and not spoken and not message.is_group:
            await opt_outs.flagged(number, message.occurred_at_ms)

    async def blocked(event: AccountEvent) -> None:
        if event.about is not None:
            at_ms = min(event.occurred_at_ms, event.received_at_ms)  # a time to come would outlast its own end
            if (line := facts.blocked(event.about, at_ms)) is not None:
                await block(line, at_ms)

    return Listeners(heard, blocked, opt_outs.told)
