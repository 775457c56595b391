"""How fast a line goes, and what makes it wait or stop, in virtual time: gap, order, refusals, bad keys."""

import asyncio
from itertools import pairwise

import pytest

from connector.core.calls import Answer
from connector.core.seen import Policy
from tests.sender_stage import BAD_KEY, TOO_MANY, Stage
from tests.virtual_time import run


def test_a_429_backs_the_line_off_and_counts_nothing_against_the_message() -> None:
    """Twenty refusals in a row: the twenty-first try is accepted, and the other line never waited."""

    async def story() -> None:
        stage = Stage(answers=[TOO_MANY] * 20, policy=Policy(default_ttl_ms=70 * 3600 * 1000))
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends), within_s=24 * 3600)

        assert stage.ends == [("r1", "SUBMITTED")]
        assert len(stage.posts) == 21

    run(story())


def test_bad_credentials_stop_all_lines_until_a_get_succeeds() -> None:
    """One POST finds out; nothing is rejected; both lines go on by themselves after the probe."""

    async def story() -> None:
        stage = Stage(answers=[BAD_KEY], probes=[False, False, False])
        stage.sender.assigned([0, 1])
        stage.give(0, "r1")
        await stage.until(lambda: stage.account.stopped_because is not None)
        stage.give(0, "r2", number="+12025550124", partition=1)
        await asyncio.sleep(2)
        assert len(stage.posts) == 1

        await stage.until(lambda: len(stage.ends) == 2)
        await stage.account.close()

        assert sorted(stage.ends) == [("r1", "SUBMITTED"), ("r2", "SUBMITTED")]

    run(story())


def test_two_writes_on_a_line_keep_the_gap_and_lines_do_not_wait_for_each_other() -> None:
    """P3 and P5, exactly: each line writes once a second while the other does the same."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0, 1])
        for n in range(5):
            stage.give(n, f"a{n}", number=f"+1202555010{n}", partition=0)
            stage.give(n, f"b{n}", number=f"+1202555011{n}", partition=1)
        await stage.until(lambda: len(stage.ends) == 10)
        for line in "AB":
            times = [at for at, _, on in stage.posts if on == line]

            assert all(later - earlier >= 1.0 - 1e-9 for earlier, later in pairwise(times))
            assert times[-1] < 4.2

    run(story())


def test_one_contact_is_served_in_order_with_one_in_flight() -> None:
    """Three requests of one contact on a line that may have three in flight: one after another."""

    async def story() -> None:
        stage = Stage(in_flight=3, gap_s=0.0, latency_s=1.0)
        stage.sender.assigned([0])
        for n in range(3):
            stage.give(n, f"r{n}")
        await stage.until(lambda: len(stage.ends) == 3)
        times = [at for at, _, _ in stage.posts]

        assert [p[1] for p in stage.posts] == ["r0", "r1", "r2"]
        assert all(later - earlier >= 1.0 - 1e-9 for earlier, later in pairwise(times))

    run(story())


def test_window_exceeded_makes_the_line_wait_and_the_message_goes_later() -> None:
    """5509: a minute at first, whatever its spelling in the tables; nothing is held against the message."""

    async def story() -> None:
        exceeded = Answer(status=400, body={"status": "ERROR", "error_code": 5509}, is_json=True)
        stage = Stage(answers=[exceeded])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "SUBMITTED")]
        assert stage.posts[1][0] - stage.posts[0][0] >= 60.0

    run(story())


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, {"error_key": "PRE_REPLY_LIMIT_REACHED"}),
        (403, {"message": "The contact has not replied yet"}),
        (400, {"error_key": "FOLLOW_UP_LIMIT_REACHED"}),
    ],
)
def test_a_window_of_one_contact_holds_nobody_else(status: int, said: dict[str, str]) -> None:
    """Not answered, or followed up too often: that request ends, the line goes on at its pace."""

    async def story() -> None:
        stage = Stage(answers=[Answer(status, {"status": "ERROR", **said}, is_json=True)])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "r2", number="+12025550124")
        await stage.until(lambda: len(stage.ends) == 2)

        assert stage.ends == [("r1", "REJECTED"), ("r2", "SUBMITTED")]
        assert stage.posts[1][0] - stage.posts[0][0] < 2.0

    run(story())
