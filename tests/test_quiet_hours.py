"""Quiet hours at a line, in virtual time: night has fallen, and the sender's stage has records to send."""

from connector.core.delays import Defer, Delay, Wait
from connector.core.quiet import Hours
from connector.core.records import Intent, Outcome
from connector.core.seen import Policy
from tests.delay_stage import DelayStage
from tests.sender_stage import Stage
from tests.virtual_time import run

ANNA, BERT = "+12025550123", "+12025550124"
START_MIN = 22 * 60 + 13  # the stage's clock begins at 22:13:20 UTC, and knows of nobody where they are
SOON = Policy(quiet_hours=Hours(START_MIN - 60, START_MIN + 1))
NIGHT = Policy(quiet_hours=Hours(21 * 60, 8 * 60))


def test_what_is_quiet_is_sent_in_the_first_minute_that_is_not_in_the_order_it_came() -> None:
    """Three texts to one contact and one to another: none before 22:14, then one after the other."""

    async def main() -> None:
        stage = Stage(policy=SOON)
        stage.sender.assigned([0])
        for offset, number in enumerate((ANNA, BERT, ANNA, ANNA)):
            stage.give(offset, f"r{offset}", number)
        await stage.until(lambda: len(stage.ends) == 4)
        times = [at for at, _, _ in stage.posts]

        assert [request_id for _, request_id, _ in stage.posts] == ["r0", "r1", "r2", "r3"]
        assert 40.0 <= times[0] < 40.1
        assert sum(isinstance(record, Intent) for record in stage.log.records) == 4

    run(main())


def test_what_may_be_sent_at_any_hour_does_not_wait_behind_what_may_not() -> None:
    """A one-time code in the night, to the very contact whose campaign waits for the morning."""

    async def main() -> None:
        stage = Stage(policy=SOON)
        stage.sender.assigned([0])
        stage.give(0, "campaign", ANNA)
        stage.give(1, "code", ANNA, quiet_hours="none")
        await stage.until(lambda: len(stage.ends) == 2)

        assert [(round(at), request_id) for at, request_id, _ in stage.posts] == [(0, "code"), (40, "campaign")]

    run(main())


def test_a_long_night_is_spent_on_disk() -> None:
    """One hop after the other, DEFERRED said once, and the line's window empty meanwhile."""

    async def main() -> None:
        stage = DelayStage(policy=NIGHT)
        stage.sender.assigned([0])
        stage.request("r1", ANNA)
        await stage.until(lambda: bool(stage.deferred))
        held = len(stage.sender.lanes[0].window)
        await stage.until(lambda: bool(stage.ends), within_s=12 * 3600)
        (written_at, _, _) = stage.posts[0]

        assert held == 0
        assert stage.deferred[0][2] == Defer(Delay.HOUR, Wait.QUIET)
        assert [(str(event.type), event.code) for event in stage.events] == [("DEFERRED", "QUIET")]
        assert 0 <= written_at - (9 * 3600 + 46 * 60 + 40) < 1.0

    run(main())


def test_what_expires_in_the_night_ends_at_its_expiry() -> None:
    """Two hours after it was asked for, not in the morning."""

    async def main() -> None:
        stage = DelayStage(policy=NIGHT)
        stage.sender.assigned([0])
        dispatch = stage.request("r1", ANNA, expires_at_ms=stage.now_ms() + 2 * 3_600_000)
        await stage.until(lambda: bool(stage.ends), within_s=12 * 3600)
        late_ms = stage.now_ms() - (dispatch.request.expires_at_ms or 0)

        assert stage.ends == [("r1", "EXPIRED")]
        assert 0 <= late_ms < 200
        assert stage.posts == []

    run(main())


def test_a_grant_that_meets_the_night_is_given_back() -> None:
    """Proposed at 22:14:59.9, and it strikes before the ledger is read back: UNSENT, and the line's pace unused."""

    async def main() -> None:
        stage = Stage(policy=Policy(quiet_hours=Hours(START_MIN + 2, START_MIN + 3)))
        stage.sender.assigned([0])
        stage.log.delay_s = 0.5
        await stage.until(lambda: stage.mono() >= 99.8)
        stage.give(0, "r1", ANNA)
        await stage.until(lambda: bool(stage.ends))
        outcomes = [(r.result.name, r.detail) for r in stage.log.records if isinstance(r, Outcome)]

        assert outcomes[0] == ("UNSENT", "QUIET")
        assert [round(at) for at, _, _ in stage.posts] == [161]

    run(main())
