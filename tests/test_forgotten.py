"""What the ledger forgot with an attempt that nobody settled, in virtual time."""

import asyncio

from connector.core.ledger import RULES_VERSION
from connector.core.messages import Dispatch, Origin, SendRequest
from connector.core.records import Digest
from connector.core.seen import Policy
from connector.roles.surroundings import DispatchRecord
from tests.sender_stage import LOST, NOW_MS, Stage
from tests.virtual_time import run

ONCE_MORE = Dispatch(
    SendRequest("r1", number="+12025550123", content="hello"), Origin("sendblue.requests", 0, 0), NOW_MS, "A"
)


def test_it_is_dropped_and_not_called_unsent() -> None:
    """Nothing ran at its 71st hour; at the 73rd its record comes round again. EXPIRED would say that it did not go."""

    async def story() -> None:
        stage = Stage(answers=[LOST], policy=Policy(park_after_s=60))
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))
        await asyncio.sleep(73 * 3600)
        stage.log.land(Digest(-1, 0, 0, "Q", RULES_VERSION))
        stage.sender.records([DispatchRecord(0, 1, NOW_MS, 300, ONCE_MORE)])
        await stage.until(lambda: len(stage.ends) == 2)

        assert stage.ends == [("r1", "PARKED"), ("r1", "DROPPED")]
        assert len(stage.posts) == 1

    run(story())
