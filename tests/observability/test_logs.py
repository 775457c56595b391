"""Logs hold no number and no text, whoever writes them."""

import io
import json
import logging

from connector.core import facts
from connector.observability.logs import FactLog, configure

NUMBER, TEXT = "+12025550123", "a very private text"


def test_marked_numbers_and_texts_never_appear() -> None:
    """Our facts, a careless keyword, another library's record and its traceback: all scrubbed; lines are JSON."""
    out = io.StringIO()
    configure("info", out)
    log = FactLog()
    log(facts.MessageSettled("REJECTED", NUMBER, "line-1", "r1", "a1", "t/0/1", 0.5))
    log._log.info("careless", content=TEXT, number=NUMBER, reason=f"refused {NUMBER}")
    try:
        int(f"bad number {NUMBER}")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("failed for %s", NUMBER)
    written = out.getvalue()
    logging.getLogger().handlers[:] = []

    assert NUMBER not in written
    assert "2025550123" not in written
    assert TEXT not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert lines[0]["event"] == "message.settled"
    assert lines[0]["request_id"] == "r1"
    assert len(lines) == 3
