"""What may not happen while a pause holds, or a contact has had enough: no INTENT, and no write.

A process obeys what it has read of the control topic, by its own clock; how far behind it may read is the world's doing
and bounded by it. Judged by the orders' own words, never by the classes that the connector asks.
"""

from typing import TYPE_CHECKING

from connector.core.messages import SendRequest
from connector.core.moving import Move
from connector.core.orders import CancelRequest, CancelTag
from connector.core.pauses import OfAll, OfLine, OfTag, Pause, Scope
from connector.core.records import Intent

if TYPE_CHECKING:
    from tests.simulation.messages import Text
    from tests.simulation.process import Process
    from tests.simulation.world import World

SPANS_MS = (60_000, 3_600_000)


class Standstill:
    """Watches one world."""

    def __init__(self, world: "World") -> None:
        self._world, self._oracle = world, world.oracle

    def proposed(self, process: "Process", intent: Intent) -> None:
        """A process begins to append an INTENT."""
        request = self._world.upstream.origins[str(intent.origin)]
        assert request is not None, "what has no request is never proposed"
        if pause := self._pause(process, intent.line, request):
            self._oracle.wrong("pause", f"{process} proposes {intent.request_id}, and knows of {pause}")
        for span_ms, most in zip(SPANS_MS, self._world.plan.fuses[:2], strict=True):
            if most and self._granted(process, intent.contact, span_ms) >= most:
                self._oracle.wrong("fuse", f"{process} proposes {intent.request_id} beyond {most} in {span_ms} ms")

    def passes(self, text: "Text") -> None:
        """A text passes to its connection."""
        if pause := self._pause(text.process, text.dispatch.line, text.dispatch.request):
            self._oracle.wrong("pause", f"{text.process} writes {text.attempt}, and knows of {pause}")

    def _pause(self, process: "Process", line: str, request: SendRequest) -> Pause | None:
        read = self._world.broker.log("control")[: process.obedience.position]
        now_ms = process.edges.now_ms()
        for order in {entry.key: entry.value for entry in read}.values():
            match order:
                case Pause(scope, _, until_ms, None) if until_ms is None or now_ms < until_ms:
                    if _means(scope, line, request):
                        return order
                case Pause() | CancelRequest() | CancelTag() | Move() | None:
                    continue
        return None

    def _granted(self, process: "Process", contact: bytes, span_ms: int) -> int:
        since_ms, log = process.edges.now_ms() - span_ms, self._world.broker.log("ledger")
        granted = self._oracle.granted.values()
        known = (at for at, i in granted if i.contact == contact and process.first <= at < process.position)
        return sum(log[at].ms > since_ms for at in known)


def _means(scope: Scope, line: str, request: SendRequest) -> bool:
    match scope:
        case OfLine(alias):
            return alias == line
        case OfTag(name, value):
            return request.tags.get(name) == value
        case OfAll():
            return True
