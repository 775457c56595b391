"""Attempts in doubt, settled by Sendblue's message list: in virtual time."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from connector.core.callbacks import Report
from connector.core.calls import Answer, MayWrite
from connector.core.facts import DoubtLooked, DoubtSettled
from connector.core.looks import LOOKS_AT_S
from connector.core.messages import Dispatch, OnInDoubt
from connector.core.not_free import RESEND_GIVE_UP_S
from connector.core.proofs import Listing, Text
from connector.core.records import Intent, Outcome, Result
from connector.core.resend import ABSENT, Q_S
from connector.core.seen import Policy
from tests.sender_stage import LOST, NOW_MS, Stage
from tests.virtual_time import run

NUMBER = "+12025550123"
ROW = Report("SENT", "h-9", content="hello", is_outbound=True, number=NUMBER, from_number="line A", date_sent_ms=NOW_MS)
RESEND = Policy(in_doubt=OnInDoubt.RESEND)


def nothing_of_ours(stage: Stage) -> Listing:
    """A list that has got as far as this moment, without a row of ours."""
    return Listing((), 0, newest_ms=stage.now_ms())


def settled(stage: Stage) -> list[str]:
    """By what doubts were settled."""
    return [fact.by for fact in stage.facts if isinstance(fact, DoubtSettled)]


def test_a_row_of_the_list_settles_an_attempt_in_doubt() -> None:
    """The first look comes ten seconds after the grant; its proof goes through the ledger; nothing is posted again."""

    async def story() -> None:
        stage = Stage(answers=[LOST], listing=lambda: Listing((ROW,), 0))
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "SUBMITTED")]
        assert [(r.detail, r.via) for r in stage.log.records if isinstance(r, Outcome)] == [("h-9", "list")]
        assert [round(at) for at, _ in stage.looks] == [LOOKS_AT_S[0]]
        assert settled(stage) == ["list"]
        assert len(stage.posts) == 1

    run(story())


def test_only_the_contact_in_doubt_waits_for_the_list() -> None:
    """A look that takes its time holds up neither the line nor its other contacts."""

    async def story() -> None:
        stage = Stage(answers=[LOST], latency_s=3.0)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "same contact")
        await asyncio.sleep(11)
        stage.give(2, "other", number="+12025550124")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("other", "SUBMITTED")]
        assert stage.mono() < 11 + 3.0 + 1.5

    run(story())


def test_looks_go_on_growing_rare_until_the_attempt_is_parked() -> None:
    """Nothing is learned, so the policy decides after its time."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "PARKED")]
        assert [round(at) for at, _ in stage.looks][: len(LOOKS_AT_S)] == list(LOOKS_AT_S)
        assert settled(stage) == ["parked"]

    run(story())


def test_a_look_waits_for_the_replicas_share_of_requests() -> None:
    """Without lines there is no share, and then no look; with one the looks come one by one."""

    async def story() -> None:
        stage = Stage(answers=[LOST, LOST], looks_rate=0.05)
        stage.sender.assigned([0, 1])
        stage.give(0, "r1")
        stage.give(0, "r2", number="+12025550124", partition=1)
        await asyncio.sleep(100)

        times = [at for at, _ in stage.looks]
        assert len(times) == 5
        assert all(later - earlier >= 1 / stage.looks_rate for earlier, later in pairwise(times))

    run(story())


def test_the_list_is_not_asked_about_a_group() -> None:
    """Its rows cannot be told apart by recipient; a group in doubt without a callback is parked."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.sender.assigned([0])
        stage.give(0, "r1", number=None, group_id="g1", from_number="+13035550100")  # type: ignore[arg-type]  # a group
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "PARKED")]
        assert stage.looks == []

    run(story())


def test_proved_absent_is_sent_again_where_that_is_the_policy() -> None:
    """Two looks a minute apart, after Q, that show something newer and nothing of ours; then a new attempt."""

    async def story() -> None:
        stage = Stage(answers=[LOST], policy=RESEND)
        stage.listing = lambda: nothing_of_ours(stage)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        intents = [r for r in stage.log.records if isinstance(r, Intent)]
        outcomes = [r for r in stage.log.records if isinstance(r, Outcome)]
        assert [(r.result, r.detail) for r in outcomes] == [(Result.UNSENT, ABSENT), (Result.SUBMITTED, "h-1")]
        assert [r.attempt for r in intents] == [r.attempt for r in outcomes]
        assert stage.posts[1][0] >= Q_S + 60
        assert settled(stage) == ["absence"]

    run(story())


def test_absence_is_no_proof_while_the_list_shows_nothing_newer() -> None:
    """It may simply lag behind: the request is parked, later than others."""

    async def story() -> None:
        stage = Stage(answers=[LOST], policy=RESEND, listing=lambda: Listing((), 0, newest_ms=NOW_MS))
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "PARKED")]
        assert len(stage.posts) == 1
        assert stage.mono() >= RESEND_GIVE_UP_S

    run(story())


def test_a_row_that_may_be_ours_takes_back_what_was_said_of_absence() -> None:
    """One replica of the list did not show it, another does: nothing is sent again."""

    async def story() -> None:
        stage = Stage(answers=[LOST], policy=RESEND)
        odd = replace(ROW, content="hello, changed")
        stage.listing = lambda: (
            nothing_of_ours(stage) if len(stage.looks) % 2 else Listing((odd,), 0, newest_ms=stage.now_ms())
        )
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "PARKED")]
        assert {fact.result for fact in stage.facts if isinstance(fact, DoubtLooked)} == {"absent", "ambiguous"}
        assert len(stage.posts) == 1

    run(story())


def test_parking_and_dropping_never_send_again() -> None:
    """Absence is looked for only where the policy is to send again."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.listing = lambda: nothing_of_ours(stage)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "r2", number="+12025550124", on_in_doubt=OnInDoubt.DROP)
        await stage.until(lambda: len(stage.ends) >= 1)
        await asyncio.sleep(1000)

        assert [p[1] for p in stage.posts] == ["r1", "r2"]
        assert not any(newest for _, newest in stage.looks)

    run(story())


def proof_of(stage: Stage) -> Outcome:
    """What a callback on the first attempt's own URL makes the ingress append."""
    intent = next(r for r in stage.log.records if isinstance(r, Intent))
    return Outcome(intent.attempt, intent.request_id, "", b"", Result.SUBMITTED, "h-1", "callback")


def test_an_attempt_settled_as_its_look_begins_is_not_looked_at() -> None:
    """The proof is read between the decision to look and the look: nothing to judge, and nothing fails."""

    class Racing(Stage):
        def text(self, dispatch: Dispatch, line: str) -> Text | None:
            asyncio.get_running_loop().call_soon(self.log.land, proof_of(self))
            return super().text(dispatch, line)

    async def story() -> None:
        stage = Racing(answers=[LOST])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends) or stage.doubts.watch.failed.done())

        assert not stage.doubts.watch.failed.done()
        assert stage.ends == [("r1", "SUBMITTED")]
        assert stage.looks == []

    run(story())


def test_a_proof_that_comes_before_the_lost_reply_leaves_no_doubt_behind() -> None:
    """The callback overtakes the end of the call, as it does whenever a reply is lost."""

    class Overtaking(Stage):
        async def send(self, dispatch: Dispatch, attempt: str, may_write: MayWrite) -> Answer:
            answer = await super().send(dispatch, attempt, may_write)
            self.log.land(proof_of(self))
            return answer

    async def story() -> None:
        stage = Overtaking(answers=[LOST])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "SUBMITTED")]
        assert len(stage.doubts) == 0

    run(story())


@pytest.mark.parametrize("ahead_s", [-30, 30, 300])
def test_a_broker_whose_clock_is_off_hides_no_row(ahead_s: int) -> None:
    """Grants carry its time, rows that of Sendblue, brought to ours."""

    class Apart(Stage):
        def now_ms(self) -> int:
            return super().now_ms() - ahead_s * 1000

    async def story() -> None:
        stage = Apart(answers=[LOST], policy=RESEND)
        made_ms = NOW_MS + (max(ahead_s, 0) - ahead_s) * 1000
        stage.listing = lambda: Listing((replace(ROW, date_sent_ms=made_ms),), 0)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "SUBMITTED")]
        assert [r.via for r in stage.log.records if isinstance(r, Outcome)] == ["list"]
        assert len(stage.posts) == 1

    run(story())


def test_a_row_of_an_attempt_not_read_yet_is_nobody_elses_proof() -> None:
    """Another replica sent the same text meanwhile; ours, a moment behind, must not take its row for its own."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.posts))
        ours = stage.log.records[0]
        assert isinstance(ours, Intent)
        stage.log.replicas.clear()
        theirs = ours._replace(attempt="51" * 8, request_id="r2", owner="Q")
        sent = Outcome(theirs.attempt, "r2", "A", theirs.contact, Result.SUBMITTED, ROW.message_handle or "", "sender")
        stage.log.land(theirs)
        stage.log.land(sent)
        stage.listing = lambda: Listing((ROW,), 0)
        await asyncio.sleep(60)
        behind = stage.log.records[stage.replica.next_offset :]
        assert behind == [theirs, sent], "nothing is proved by a replica that is behind"

        for offset, record in enumerate(behind, stage.replica.next_offset):
            stage.replica.feed(offset, stage.now_ms(), record, stage.mono())
        stage.log.replicas.append(stage.replica)
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "PARKED")]

    run(story())
