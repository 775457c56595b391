"""What is told of contacts who do not want to be texted, or do again: OPT_OUT and OPT_IN, for whoever keeps lists.

They belong to no request. ``code`` says how it was heard, ``occurred_at`` when it was said.
"""

from connector.core.events import MessageEvent, id_of
from connector.core.messages import EventOrigin, EventType
from connector.core.opt_outs import Source, Word

_SAID = {
    Source.UNKNOWN: "a newer release knows who said it",
    Source.INBOUND: "the person said so in a text",
    Source.CALLBACK: "Sendblue says so of the recipient of a message",
    Source.REFUSAL: "Sendblue refused a message because of it",
    Source.OPERATOR: "an operator said so",
}


def opt_event(contact: bytes, number: str | None, word: Word, at_ms: int) -> MessageEvent:
    """A contact does not want to be texted, or does again; ``number`` where it is known."""
    type_ = EventType.OPT_OUT if word.out else EventType.OPT_IN
    return MessageEvent(
        event_id=id_of(type_, contact.hex(), str(word.since_ms), word.source),
        type=type_,
        origin=EventOrigin.CONNECTOR,
        request_id=None,
        attempt=None,
        occurred_at_ms=word.since_ms,
        received_at_ms=at_ms,
        code=str(word.source),
        reason=_SAID[word.source],
        contact=contact.hex(),
        number=number,
    )
