"""Until when it is quiet for a request: its own hours or those of the settings, where its recipients may be."""

from typing import Protocol

from connector.core import quiet
from connector.core.messages import SendRequest
from connector.core.quiet import UTC, Hours, Zone


class LocalTime(Protocol):
    """What is known of the time zones of people."""

    def zones(self, number: str, now_ms: int) -> tuple[Zone, ...]:
        """The zones in which this number may be, over the days around ``now_ms``; empty when nobody knows."""

    def otherwise(self, now_ms: int) -> Zone:
        """The zone for whoever may be anywhere."""


class UtcOnly:
    """Knows of nobody where they are."""

    def zones(self, number: str, now_ms: int) -> tuple[Zone, ...]:  # noqa: ARG002 - as the Protocol has it
        """None."""
        return ()

    def otherwise(self, now_ms: int) -> Zone:  # noqa: ARG002 - as the Protocol has it
        """UTC."""
        return UTC


def quiet_until(request: SendRequest, otherwise: Hours | None, local: LocalTime, now_ms: int) -> int:
    """The first moment, ``now_ms`` or later, at which the request may be sent for all its recipients."""
    if (hours := quiet.hours_for(request, otherwise)) is None:
        return now_ms
    people = request.numbers or filter(None, (request.number,))
    zones = {zone: None for number in people for zone in local.zones(number, now_ms)}
    return quiet.allowed_ms(hours, tuple(zones), local.otherwise(now_ms), now_ms)
