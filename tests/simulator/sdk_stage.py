"""The official SDK's client for a simulator that runs."""

from datetime import UTC, datetime
from typing import Any

import sendblue_api

from connector.simulator.app import Simulator

LINE, PERSON, ANOTHER = "+13035550100", "+12025550123", "+12025550124"
STYLED: Any = {"send_style": "gentle"}
"""A text without a style says so with an empty one, as Sendblue's do, and that the SDK's models do not know."""
Site = tuple[Simulator, sendblue_api.AsyncSendblueAPI]


class Clock:
    """A time that is set by hand; it begins at noon in New York, far from 3 AM, when a line's day ends."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 17, 16, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now


def sdk(url: str) -> sendblue_api.AsyncSendblueAPI:
    """A client to which an answer that its models do not take is an error."""
    return sendblue_api.AsyncSendblueAPI(
        api_key="demo-key",
        api_secret="demo-secret",
        base_url=url,
        max_retries=0,
        _strict_response_validation=True,
    )
