"""The sender and its turns, in virtual time, against a ledger in memory."""

import asyncio
from itertools import pairwise

import pytest

from connector.core.budget import Budget
from connector.core.calls import Answer
from connector.core.messages import OnInDoubt
from connector.core.records import Intent, LedgerRecord, Outcome, Park, Resolve, Result, Rules
from connector.core.seen import Policy
from tests.sender_stage import ACCEPTED, BAD_KEY, LOST, NOW_MS, REFUSED, TOO_MANY, Log, Stage
from tests.virtual_time import run


def test_a_request_becomes_one_post_between_intent_and_outcome() -> None:
    """INTENT, read back, one POST, OUTCOME, event, offset: in this order."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(7, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert [type(r) for r in stage.log.records] == [Intent, Outcome]
        assert [p[1] for p in stage.posts] == ["r1"]
        assert stage.ends == [("r1", "SUBMITTED")]
        assert stage.sender.next_offsets() == {0: 8}

    run(story())


def test_a_lost_reply_is_never_posted_again_and_is_settled_by_a_callback() -> None:
    """Unknown appends nothing; the contact waits; the proof from the ingress settles it at once."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "r2")
        await asyncio.sleep(30)
        assert [p[1] for p in stage.posts] == ["r1"]

        intent = stage.log.records[0]
        assert isinstance(intent, Intent)
        stage.log.land(Outcome(intent.attempt, "r1", "A", intent.contact, Result.SUBMITTED, "h-9", "callback"))
        await stage.until(lambda: len(stage.ends) == 2)

        assert stage.ends == [("r1", "SUBMITTED"), ("r2", "SUBMITTED")]
        assert [p[1] for p in stage.posts] == ["r1", "r2"]

    run(story())


def test_an_attempt_in_doubt_is_parked_after_its_time_and_not_before() -> None:
    """Ten minutes by default; other contacts of the line go on meanwhile."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "other", number="+12025550124")
        await asyncio.sleep(599)
        assert stage.ends == [("other", "SUBMITTED")]

        await stage.until(lambda: len(stage.ends) == 2, within_s=20)

        assert stage.ends[-1] == ("r1", "PARKED")
        assert sum(isinstance(r, Park) for r in stage.log.records) == 1
        assert stage.sender.next_offsets() == {0: 2}

    run(story())


def test_the_drop_policy_parks_and_drops() -> None:
    """PARK, then RESOLVE(drop), then the DROPPED end."""

    async def story() -> None:
        stage = Stage(answers=[LOST], policy=Policy(park_after_s=60))
        stage.sender.assigned([0])
        stage.give(0, "r1", on_in_doubt=OnInDoubt.DROP)
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "DROPPED")]
        assert [type(r) for r in stage.log.records] == [Intent, Park, Resolve]

    run(story())


def test_a_rejection_ends_the_request() -> None:
    """A message-level 4xx is final: one POST, REJECTED."""

    async def story() -> None:
        stage = Stage(answers=[REFUSED])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "REJECTED")]
        assert len(stage.posts) == 1

    run(story())


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


def test_two_senders_of_one_partition_post_once() -> None:
    """A zombie and the new owner hold the same record: the ledger's order lets one of them write."""

    async def story() -> None:
        log = Log()
        stages = [Stage(log=log, owner=owner) for owner in "PQ"]
        for stage in stages:
            stage.sender.assigned([0])
            stage.give(0, "r1")
        await stages[0].until(lambda: all(stage.ends for stage in stages))

        assert sum(len(stage.posts) for stage in stages) == 1
        assert [stage.ends for stage in stages] == [[("r1", "SUBMITTED")]] * 2

    run(story())


def test_a_late_intent_is_given_back() -> None:
    """Counter-example 6: the append times out, lands later and is granted; its writer appends UNSENT(LATE)."""

    async def story() -> None:
        stage = Stage()
        late: list[LedgerRecord] = []

        def lose_first(record: LedgerRecord) -> bool:
            if isinstance(record, Intent) and not late:
                late.append(record)
                return True
            return False

        stage.log.lose = lose_first
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(late))
        stage.log.land(late[0])
        await stage.until(lambda: bool(stage.ends))

        codes = [r.detail for r in stage.log.records if isinstance(r, Outcome)]
        assert codes == ["LATE", "h-1"]
        assert len(stage.posts) == 1

    run(story())


def test_an_intent_acknowledged_but_read_back_too_late_is_given_back() -> None:
    """The append is acknowledged, the record comes back after the lease: UNSENT(LATE), then a new attempt."""

    async def story() -> None:
        stage = Stage()
        land = stage.log.land
        held_up: list[LedgerRecord] = []

        def slow(record: LedgerRecord) -> None:
            if isinstance(record, Intent) and not held_up:
                held_up.append(record)
            else:
                land(record)

        stage.log.land = slow  # type: ignore[method-assign]  # the log itself is what is slow
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(held_up))
        await asyncio.sleep(5.5)
        land(held_up[0])
        await stage.until(lambda: bool(stage.ends))

        codes = [r.detail for r in stage.log.records if isinstance(r, Outcome)]
        assert codes == ["LATE", "h-1"]
        assert len(stage.posts) == 1
        assert stage.ends == [("r1", "SUBMITTED")]

    run(story())


def test_an_outcome_is_appended_until_it_is_read_back() -> None:
    """Counter-example 23: the event comes only after the OUTCOME is in the ledger, however often it is lost."""

    async def story() -> None:
        stage = Stage()
        losses = [True] * 5
        stage.log.lose = lambda r: isinstance(r, Outcome) and bool(losses) and losses.pop()
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await asyncio.sleep(1)
        assert stage.ends == []

        await stage.until(lambda: bool(stage.ends))
        assert stage.ends == [("r1", "SUBMITTED")]
        assert len(stage.posts) == 1

    run(story())


def test_a_request_expires_while_its_line_is_blocked() -> None:
    """A stopped account keeps consuming to expire; the end goes through a CLOSE."""

    async def story() -> None:
        stage = Stage(answers=[BAD_KEY], probes=[False] * 1000)
        stage.sender.assigned([0])
        stage.give(0, "r1", expires_at_ms=NOW_MS + 90_000)
        await stage.until(lambda: bool(stage.ends), within_s=100)
        await stage.account.close()

        assert stage.ends == [("r1", "EXPIRED")]
        assert len(stage.posts) == 1

    run(story())


def test_send_at_is_waited_for() -> None:
    """Not before its time, and without holding up others."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(0, "later", send_at_ms=NOW_MS + 60_000)
        stage.give(1, "now", number="+12025550124")
        await stage.until(lambda: len(stage.ends) == 2)

        assert [p[1] for p in stage.posts] == ["now", "later"]
        assert stage.posts[1][0] >= 60.0
        assert stage.announced == ["later"]

    run(story())


def test_a_bound_contact_hops_to_its_line() -> None:
    """P4: the contact heard from A first; a record on B moves to A's partition and is done here."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0, 1])
        stage.give(0, "r1", partition=0)
        await stage.until(lambda: bool(stage.ends))
        stage.give(0, "r2", partition=1)
        await stage.until(lambda: bool(stage.hops))

        assert stage.hops == [("r2", "A")]
        assert stage.sender.next_offsets()[1] == 1
        assert len(stage.posts) == 1

    run(story())


def test_a_full_window_pauses_its_partition_and_resumes_it() -> None:
    """500 waiting records: the line reads no further until one is done."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.sender.assigned([0])
        for n in range(500):
            stage.give(n, f"r{n}")
        assert stage.paused == [(0, True)]

        await stage.until(lambda: len(stage.paused) == 2)
        assert stage.paused[-1] == (0, False)

    run(story())


def test_a_process_that_holds_too_much_stops_its_biggest_windows() -> None:
    """A blocked line's window is paused at its share, a healthy line reads on; both read again when there is room."""

    async def story() -> None:
        stage = Stage(budget=Budget(12_000), answer_for=lambda request_id: LOST if request_id == "r0" else ACCEPTED)
        stage.sender.assigned([0, 1])
        for n in range(20):
            stage.give(n, f"r{n}")
        blocked = list(stage.paused)
        for n in range(5):
            stage.give(n, f"b{n}", number=f"+1202555020{n}", partition=1)
        await stage.until(lambda: sum(end == "SUBMITTED" for _, end in stage.ends) == 5)
        healthy = list(stage.paused)
        await stage.until(lambda: len(stage.paused) > 1)
        stage.sender.lost([0])

        assert blocked == healthy == [(0, True)]
        assert stage.paused == [(0, True), (0, False)]
        assert stage.budget.held == 0

    run(story())


def test_a_lost_partition_is_not_resumed_by_what_was_in_work() -> None:
    """Its full window was paused; a turn that ends afterwards must not touch the next assignment."""

    async def story() -> None:
        stage = Stage(latency_s=5.0)
        stage.sender.assigned([0])
        for n in range(500):
            stage.give(n, f"r{n}", number=f"+1202555{n:04d}")
        await stage.until(lambda: bool(stage.posts))
        stage.sender.lost([0])
        await stage.until(lambda: bool(stage.ends))
        await asyncio.sleep(1)

        assert stage.paused == [(0, True)]

    run(story())


def test_a_normal_stop_leaves_nothing_in_doubt() -> None:
    """Revoked in the middle of a POST: the turn ends, its OUTCOME is recorded, the offset can be committed."""

    async def story() -> None:
        stage = Stage(latency_s=5.0, answers=[ACCEPTED])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "r2", number="+12025550124")
        await stage.until(lambda: bool(stage.posts))
        offsets = await stage.sender.revoked([0])

        assert stage.replica.views.open_attempts() == 0
        assert offsets == {0: 1}
        assert stage.ends == [("r1", "SUBMITTED")]
        assert len(stage.posts) == 1

    run(story())


def test_a_normal_stop_waits_for_the_longest_call_that_settings_allow() -> None:
    """`sendblue.deadline_s` may be 60 s: a call that long ends, and is recorded, before its partition is given back."""

    async def story() -> None:
        stage = Stage(latency_s=58.0, answers=[ACCEPTED], call_s=60.0)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.posts))
        offsets = await stage.sender.revoked([0])

        assert stage.replica.views.open_attempts() == 0
        assert offsets == {0: 1}

    run(story())


def test_a_worker_that_fails_is_heard() -> None:
    """An error nobody foresaw must end the process, not one line in silence."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])

        async def broken(*_: object) -> None:
            raise LookupError("unforeseen")

        stage.owed = broken  # type: ignore[method-assign,assignment]  # the outlet itself is what fails
        stage.give(0, "r1")
        await stage.until(stage.sender.watch.failed.done)

        assert isinstance(stage.sender.watch.failed.exception(), LookupError)

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


def test_rules_that_are_not_ours_stop_a_grant_before_its_write() -> None:
    """RULES lands between the grant and the socket: given back, and nothing is proposed any more."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "r2", number="+12025550124")
        await stage.until(lambda: len([r for r in stage.log.records if isinstance(r, Intent)]) == 2)
        stage.log.land(Rules(2))
        await asyncio.sleep(60)

        codes = [r.detail for r in stage.log.records if isinstance(r, Outcome)]
        assert codes == ["h-1", "LATE"]
        assert [p[1] for p in stage.posts] == ["r1"]

    run(story())


def test_a_partition_that_came_back_while_it_was_given_up_goes_on() -> None:
    """A frozen process ends its revocation late: by then the partition may have been lost and be its own again."""

    async def story() -> None:
        stage = Stage(latency_s=10.0)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.posts))
        giving_up = asyncio.create_task(stage.sender.revoked([0]))
        await asyncio.sleep(1)
        stage.sender.lost([0])
        stage.sender.assigned([0])
        offsets = await giving_up
        stage.give(1, "r2", number="+12025550124")
        await stage.until(lambda: ("r2", "SUBMITTED") in stage.ends, within_s=60)

        assert offsets == {}
        assert stage.posts[1][0] - stage.posts[0][0] >= stage.latency_s, "the last turn of the lane before has ended"

    run(story())
