"""Breakers at work: what an outage of Sendblue leaves in doubt, and how sending comes back. In virtual time."""

import asyncio
from itertools import cycle, repeat

from connector.core.calls import Answer, MayWrite
from connector.core.facts import AttemptInDoubt, BreakerTurned
from connector.core.messages import Dispatch
from tests.sender_stage import ACCEPTED, BAD_KEY, LOST, Stage
from tests.virtual_time import run


def contacts(stage: Stage, many: int, partition: int = 0, first: int = 0) -> None:
    """Hand the sender so many requests, each of its own contact."""
    for n in range(first, first + many):
        stage.give(n, f"r{partition}-{n}", number=f"+1202555{partition}{n:03d}", partition=partition)


def turns(stage: Stage) -> list[str]:
    """What the breakers did, in order."""
    return [f"{fact.of} {fact.to}" for fact in stage.facts if isinstance(fact, BreakerTurned)]


def test_two_lost_replies_in_a_row_stop_a_line_until_a_get_succeeds() -> None:
    """Then one message is tried, and its answer lets the others go."""

    async def story() -> None:
        stage = Stage(answers=[LOST, LOST], probes=[False, False, False, True], gap_s=0.1)
        stage.sender.assigned([0])
        contacts(stage, 6)
        await stage.until(lambda: len(stage.ends) == 4)

        times = [at for at, _, _ in stage.posts]
        assert turns(stage) == ["line opened", "line closed"]
        assert times[2] - times[1] >= 1 + 2 + 4, "three probes failed, pauses of 1, 2 and 4 s"
        assert times[3] - times[2] >= stage.latency_s, "the trial is alone"

    run(story())


def test_a_line_that_answers_in_between_goes_on() -> None:
    """Lost replies one at a time are settled one at a time."""

    async def story() -> None:
        stage = Stage(answers=[LOST, ACCEPTED, LOST, ACCEPTED], gap_s=0.1)
        stage.sender.assigned([0])
        contacts(stage, 4)
        await stage.until(lambda: len(stage.posts) == 4, within_s=5)

        assert turns(stage) == []

    run(story())


def test_an_outage_of_hours_leaves_few_attempts_in_doubt() -> None:
    """Even where GETs succeed and every POST is lost: never more than 2 x lines + 5 at a time."""

    async def story() -> None:
        stage = Stage(answers=list(repeat(LOST, 2_000)), gap_s=0.1)
        stage.sender.assigned([0, 1])
        contacts(stage, 200, partition=0)
        contacts(stage, 200, partition=1)
        most = 0
        for _ in range(6 * 360):
            await asyncio.sleep(10)
            most = max(most, stage.replica.views.open_attempts())

        assert 2 <= most <= 2 * 2 + 5
        assert len(stage.posts) < 200, "most of them trials, with long pauses"

    run(story())


def test_five_lost_replies_over_all_lines_stop_the_account() -> None:
    """A line that was not ill itself stops too, and all come back after one message got an answer."""

    async def story() -> None:
        ill = cycle([LOST, ACCEPTED])
        stage = Stage(answers=[next(ill) for _ in range(9)], probes=[False, True], gap_s=0.1)
        stage.sender.assigned([0, 1])
        contacts(stage, 10, partition=0)
        contacts(stage, 10, partition=1)
        await stage.until(lambda: len(stage.ends) == 15)

        assert {"account opened", "account closed"} <= set(turns(stage))
        assert sum(isinstance(fact, AttemptInDoubt) for fact in stage.facts) == 5

    run(story())


def test_a_message_that_a_proxy_refuses_does_not_stop_the_account_for_ever() -> None:
    """After a GET succeeded the same 403 makes the message wait, not the others; it ends by its age."""

    async def story() -> None:
        forbidden = Answer(status=403, body={"message": "blocked"}, is_json=True)
        stage = Stage(gap_s=0.1)
        stage.answer_for = lambda request_id: forbidden if request_id == "poison" else ACCEPTED
        stage.sender.assigned([0])
        stage.give(0, "poison", number="+12025550150", expires_at_ms=stage.now_ms() + 3 * 3_600_000)
        contacts(stage, 5, first=1)
        await stage.until(lambda: len(stage.ends) == 5, within_s=60)
        assert {end for _, end in stage.ends} == {"SUBMITTED"}

        await stage.until(lambda: len(stage.ends) == 6, within_s=4 * 3_600)

        poisoned = [post for post in stage.posts if post[1] == "poison"]
        assert stage.ends[-1] == ("poison", "EXPIRED")
        assert len(poisoned) <= 12

    run(story())


def test_wrong_credentials_stop_after_one_post_a_line_and_blame_no_message() -> None:
    """No dead letter; when a GET succeeds the very same messages go out, in their order."""

    async def story() -> None:
        stage = Stage(answers=[BAD_KEY, BAD_KEY], probes=[*repeat(False, 8), True], gap_s=0.1)
        stage.sender.assigned([0, 1])
        contacts(stage, 3, partition=0)
        contacts(stage, 3, partition=1)
        await asyncio.sleep(60)
        assert len(stage.posts) == 2

        await stage.until(lambda: len(stage.ends) == 6)

        assert {end for _, end in stage.ends} == {"SUBMITTED"}
        assert [request for _, request, line in stage.posts if line == "A"] == ["r0-0", "r0-0", "r0-1", "r0-2"]

    run(story())


class SlowB(Stage):
    """Line B is answered ten seconds later than line A."""

    async def send(self, dispatch: Dispatch, attempt: str, may_write: MayWrite) -> Answer:
        answer = await super().send(dispatch, attempt, may_write)
        await asyncio.sleep(10.0 if dispatch.line == "B" else 0.0)
        return answer


def test_an_answer_that_was_under_way_does_not_end_the_stop() -> None:
    """The key is refused while line B waits for its answer: that one says nothing of the key, only a GET does."""

    async def story() -> None:
        stage = SlowB(answers=[ACCEPTED, BAD_KEY], probes=[*repeat(False, 8), True], gap_s=0.1)
        stage.sender.assigned([0, 1])
        contacts(stage, 3, partition=1)
        await asyncio.sleep(0.5)
        contacts(stage, 3, partition=0)
        await asyncio.sleep(60)
        assert [line for _, _, line in stage.posts] == ["B", "A"]

        await stage.until(lambda: len(stage.ends) == 6)

        assert {end for _, end in stage.ends} == {"SUBMITTED"}
        assert turns(stage) == ["account opened", "account closed"]

    run(story())


def test_the_end_of_a_trial_wakes_whoever_waited_for_it() -> None:
    """Two in flight: the second looked while the first was the trial; it must not sleep on when the line is well."""

    async def story() -> None:
        stage = Stage(answers=[LOST, LOST], probes=[False, False, True], gap_s=0.1, in_flight=2)
        stage.sender.assigned([0])
        contacts(stage, 2)
        await asyncio.sleep(1)
        contacts(stage, 4, first=2)
        await stage.until(lambda: len(stage.ends) == 4, within_s=60)

        assert turns(stage) == ["line opened", "line closed"]

    run(story())


def test_what_was_under_way_when_the_account_stopped_is_no_failed_trial() -> None:
    """Twenty lines lose their replies at once: the first trial comes after a probe, not after five minutes."""

    async def story() -> None:
        stage = Stage(answers=[BAD_KEY] * 8, probes=[False, True], gap_s=0.01, in_flight=8, latency_s=3.0)
        stage.sender.assigned([0])
        contacts(stage, 9)
        await stage.until(lambda: len(stage.ends) == 9, within_s=60)

        assert turns(stage) == ["account opened", "account closed"]

    run(story())


def test_a_probe_that_raises_is_heard() -> None:
    """Else the account would stay stopped with nobody asking."""

    class Broken(Stage):
        async def probe(self) -> bool:
            raise RuntimeError

    async def story() -> None:
        stage = Broken(answers=[BAD_KEY])
        stage.sender.assigned([0])
        contacts(stage, 1)
        await asyncio.sleep(10)

        assert isinstance(stage.account.watch.failed.exception(), RuntimeError)

    run(story())


def test_a_line_taken_over_in_an_outage_begins_with_one_message() -> None:
    """Its breaker is new, but what is in doubt is in the ledger: each take-over would leave two more in doubt."""

    async def story() -> None:
        stage = Stage(answers=list(repeat(LOST, 100)), gap_s=0.1)
        stage.sender.assigned([0])
        contacts(stage, 20)
        for _ in range(5):
            await asyncio.sleep(15)
            stage.sender.lost([0])
            stage.sender.assigned([0])
            contacts(stage, 20)
        await asyncio.sleep(15)

        assert stage.replica.views.open_attempts() <= 2 + 5

    run(story())
