"""The gate before the socket: when a request began to be written, and when all of it was."""

import pytest

from connector.sendblue.gate import TooLate, WriteGate, at_once

BEGUN, HEAD, BODY = (
    "http11.send_request_headers.started",
    "http11.send_request_headers.complete",
    "http11.send_request_body.complete",
)


class Clock:
    """Says what it is set to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def _pass(gate: WriteGate, clock: Clock, *events: tuple[str, float]) -> float | None:
    for event, at in events:
        clock.now = at
        await gate(event, {})
    return gate.written_after_s


async def test_a_write_counts_from_its_last_byte() -> None:
    """A process that stood still between look and write has written later than it looked: pace counts from the end."""
    clock = Clock()
    gate = WriteGate(at_once, clock)

    assert await _pass(gate, clock, (BEGUN, 101.0), (HEAD, 101.5), (BODY, 103.0)) == 3.0


async def test_a_request_whose_write_only_began_counts_as_written() -> None:
    """It may have left; no answer, and no end of the write, says otherwise."""
    clock = Clock()
    gate = WriteGate(at_once, clock)

    assert await _pass(gate, clock, (BEGUN, 101.0)) == 1.0


async def test_what_never_came_to_the_socket_was_not_written() -> None:
    """Not even when it was asked for too late."""
    clock = Clock()
    gate = WriteGate(lambda: None, clock)

    with pytest.raises(TooLate):
        await _pass(gate, clock, (BEGUN, 101.0))
    assert gate.written_after_s is None
