"""The answers of callbacks are kept, so that a 2xx can be held against the events topic."""

import json
from pathlib import Path

from tests.simulator.stage import Stage


async def test_each_answer_is_a_line(tmp_path: Path) -> None:
    """Handle, status and HTTP status; a callback without an answer leaves none."""
    path = tmp_path / "answers"
    stage = Stage(answers=path)
    await stage.send(status_callback="https://example.com/cb")
    handle = json.loads(stage.told[0].body)["message_handle"]
    for status in (None, 503, 200):
        stage.told[0].done(status)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    first = json.loads(stage.told[0].body)["status"]

    assert [{"handle": handle, "status": first, "http": http} for http in (503, 200)] == lines
