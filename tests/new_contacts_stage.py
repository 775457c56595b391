"""What Sendblue tells the sender's stage of its lines, and contacts that a line knows or does not."""

from connector.core.calls import Answer
from connector.core.line_facts import Quota, State, Told, Usage
from tests.sender_stage import LINES, Stage

KNOWN, NEW, OTHER = "+12025550101", "+12025550102", "+12025550103"
A, B = LINES
LIMIT = {
    name: Answer(status=400, body={"status": "ERROR", "error_code": 429, "error_key": name}, is_json=True)
    for name in ("LINE_HOURLY_LIMIT_REACHED", "LINE_DAILY_LIMIT_REACHED")
}


def told(stage: Stage, usage: dict[str, Usage] | None = None, states: dict[str, State] | None = None) -> None:
    """A reading, now."""
    stage.line_facts.told(Told(None, states, usage, dict(stage.replica.views.firsts)), stage.mono(), stage.now_ms())


def left(hour: int, day: int) -> Usage:
    return Usage(Quota(15, 15 - hour, hour), Quota(50, 50 - day, day))


async def known(stage: Stage, number: str = KNOWN) -> None:
    """The contact is bound to A: it has had a text."""
    stage.give(0, "first", number)
    await stage.until(lambda: stage.ends == [("first", "SUBMITTED")])
