"""Records that need an answer from outside before they go, at a sender in virtual time."""

import asyncio

from connector.core.callbacks import Report
from connector.core.delays import Delay, Wait
from connector.core.inquiries import NoAnswer
from connector.core.messages import OnInDoubt, ServicePolicy
from connector.core.preparing import Inconclusive, NotTaken, Preparing, Uploaded
from connector.core.proofs import Listing
from connector.core.records import Close, Intent, Outcome
from connector.core.seen import Policy
from connector.core.window import MAX_RECORDS
from tests.delay_stage import DelayStage
from tests.sender_stage import LOST, NOW_MS, Stage
from tests.virtual_time import run

ONLY = ServicePolicy.IMESSAGE_ONLY
SIGNED, AT_SENDBLUE = "https://files.example.com/a.png?sig=x", "https://storage.example.com/1.png"
AUTO = Policy(preparing=Preparing(upload=True))
OTHER = "+12025550124"


def told(stage: Stage) -> list[tuple[str, str]]:
    """What the ledger holds, in short."""
    return [
        (type(record).__name__, record.code if isinstance(record, Close) else "")
        for record in stage.log.records
        if isinstance(record, Intent | Close | Outcome)
    ]


def test_a_contact_with_imessage_is_looked_up_before_the_intent() -> None:
    """Once: the second text of the contact finds the answer."""

    async def story() -> None:
        stage = Stage(services=["iMessage"])
        stage.sender.assigned([0])
        stage.give(0, "r1", service_policy=ONLY)
        stage.give(1, "r2", service_policy=ONLY)
        await stage.until(lambda: len(stage.ends) == 2)

        assert [number for _, number in stage.asked] == ["+12025550123"]
        assert [request_id for _, request_id, _ in stage.posts] == ["r1", "r2"]
        assert stage.posts[0][0] >= stage.asking_s

    run(story())


def test_without_imessage_nothing_is_sent() -> None:
    """A CLOSE in the ledger, and no INTENT."""

    async def story() -> None:
        stage = Stage(services=["SMS"])
        stage.sender.assigned([0])
        stage.give(0, "r1", service_policy=ONLY)
        await stage.until(lambda: bool(stage.ends))

        assert told(stage) == [("Close", "NOT_IMESSAGE")]
        assert (stage.ends, stage.posts) == ([("r1", "REJECTED")], [])

    run(story())


def test_others_go_on_while_one_is_looked_up() -> None:
    """The line does not wait for the answer."""

    async def story() -> None:
        stage = Stage(services=["iMessage"], asking_s=30.0)
        stage.sender.assigned([0])
        stage.give(0, "slow", service_policy=ONLY)
        stage.give(1, "quick", OTHER)
        await stage.until(lambda: len(stage.ends) == 2)

        assert [(round(at), request_id) for at, request_id, _ in stage.posts] == [(0, "quick"), (30, "slow")]

    run(story())


def test_a_window_full_of_questions_makes_way() -> None:
    """Nobody answers, and a thousand wait for it: who comes behind all of them is sent within seconds."""

    async def story(policy: Policy, **asks: object) -> float:
        stage = DelayStage(services=[NoAnswer()], files=[NoAnswer()], asking_s=300.0, policy=policy)
        stage.sender.assigned([0])
        for n in range(2 * MAX_RECORDS):
            stage.request(f"r{n}", f"+1202555{n:04}", **asks)  # type: ignore[arg-type]  # fields by name
        stage.request("plain", "+13035550123")
        await stage.until(lambda: bool(stage.posts), within_s=30)
        assert len(stage.deferred) < 2 * MAX_RECORDS
        for desk in stage.desks:
            await desk.close()
        return stage.posts[0][0]

    assert run(story(Policy(), service_policy=ONLY)) < 10
    assert run(story(AUTO, media_url=SIGNED)) < 10


def test_what_made_way_finds_its_answer_when_it_comes_back() -> None:
    """Its question stands at the desk meanwhile; nobody is looked up twice, and all are sent."""

    async def story() -> None:
        stage = DelayStage(services=["iMessage"], gap_s=0.0)
        stage.sender.assigned([0])
        for n in range(MAX_RECORDS + 50):
            stage.request(f"r{n}", f"+1202555{n:04}", service_policy=ONLY)
        await stage.until(lambda: len(stage.ends) == MAX_RECORDS + 50, within_s=300)

        assert len(stage.asked) == MAX_RECORDS + 50
        assert 0 < len(stage.deferred) <= 100

    run(story())


def test_an_inconclusive_look_up_is_asked_again_until_the_record_hops() -> None:
    """With growing waits; after a minute it takes a hop; nothing is sent and nothing ends."""

    async def story() -> None:
        stage = Stage(services=[NoAnswer()])
        stage.sender.assigned([0])
        stage.give(0, "r1", service_policy=ONLY)
        await stage.until(lambda: bool(stage.deferred))
        gaps = [later - earlier for (earlier, _), (later, _) in zip(stage.asked, stage.asked[1:], strict=False)]

        assert 3 <= len(stage.asked) <= 8
        assert gaps == sorted(gaps)
        assert [(at >= 60, step.delay, step.reason) for at, _, step in stage.deferred] == [
            (True, Delay.MINUTE, Wait.SERVICE)
        ]
        assert told(stage) == []

    run(story())


def test_a_record_that_waits_for_an_answer_still_expires() -> None:
    """Its time to live goes on."""

    async def story() -> None:
        stage = Stage(services=[NoAnswer(3_600.0)])
        stage.sender.assigned([0])
        stage.give(0, "r1", service_policy=ONLY, expires_at_ms=NOW_MS + 20_000)
        await stage.until(lambda: bool(stage.ends))

        assert told(stage) == [("Close", "OUT_OF_TIME")]
        assert 20.0 <= stage.mono() <= 26.0

    run(story())


def test_without_an_answer_the_setting_may_send_or_reject() -> None:
    """After its time, counted from the first failure."""

    async def story(inconclusive: Inconclusive) -> list[tuple[str, str]]:
        stage = Stage(
            services=[NoAnswer()],
            policy=Policy(preparing=Preparing(inconclusive=inconclusive, give_up_after_s=30)),
        )
        stage.sender.assigned([0])
        stage.give(0, "r1", service_policy=ONLY)
        await stage.until(lambda: bool(stage.ends))

        assert 30.0 <= stage.mono() <= 45.0
        return stage.ends

    assert run(story(Inconclusive.SEND)) == [("r1", "SUBMITTED")]
    assert run(story(Inconclusive.REJECT)) == [("r1", "REJECTED")]


def test_a_request_that_the_ledger_knows_is_not_looked_up() -> None:
    """A replay gives its end, whatever the look-up would say today."""

    async def story() -> None:
        stage = Stage(services=["iMessage", "SMS"])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))
        stage.give(1, "r1", service_policy=ONLY)
        await stage.until(lambda: len(stage.ends) == 2)

        assert stage.ends == [("r1", "SUBMITTED"), ("r1", "DUPLICATE")]
        assert stage.asked == []

    run(story())


def test_a_signed_link_goes_out_as_the_uploaded_file() -> None:
    """Uploaded once for all who send it; the ledger's body is that of the request as it was asked for."""

    async def story() -> None:
        stage = Stage(policy=AUTO, files=[Uploaded(AT_SENDBLUE)])
        stage.sender.assigned([0])
        stage.give(0, "r1", media_url=SIGNED)
        stage.give(1, "r2", OTHER, media_url=SIGNED)
        await stage.until(lambda: len(stage.ends) == 2)
        stage.give(2, "r1", media_url=SIGNED)
        await stage.until(lambda: len(stage.ends) == 3)

        assert [link for _, link in stage.asked] == [SIGNED]
        assert stage.media == [AT_SENDBLUE, AT_SENDBLUE]
        assert stage.ends[2] == ("r1", "DUPLICATE")

    run(story())


def test_a_file_that_cannot_be_had_ends_the_request() -> None:
    """Before any INTENT."""

    async def story() -> None:
        stage = Stage(policy=AUTO, files=[NoAnswer(), NotTaken("MEDIA_NOT_FOUND")])
        stage.sender.assigned([0])
        stage.give(0, "r1", media_url=SIGNED)
        await stage.until(lambda: bool(stage.ends))

        assert told(stage) == [("Close", "MEDIA_NOT_FOUND")]
        assert len(stage.asked) == 2

    run(story())


def test_a_link_that_was_dispatched_under_other_settings_is_closed() -> None:
    """Uploads were switched off since: never sent as it is."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(0, "r1", media_url=SIGNED)
        await stage.until(lambda: bool(stage.ends))

        assert told(stage) == [("Close", "MEDIA_URL_SIGNED")]
        assert stage.posts == []

    run(story())


def test_the_list_is_searched_for_the_url_that_was_sent() -> None:
    """An attempt in doubt is proved by the row that shows the uploaded file."""
    row = Report(
        "SENT", "h-9", content="hello", is_outbound=True, number="+12025550123", from_number="line A",
        date_sent_ms=NOW_MS, media_url=AT_SENDBLUE,
    )  # fmt: skip

    async def story() -> None:
        stage = Stage(policy=AUTO, files=[Uploaded(AT_SENDBLUE)], answers=[LOST], listing=lambda: Listing((row,), 0))
        stage.sender.assigned([0])
        stage.give(0, "r1", media_url=SIGNED)
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "SUBMITTED")]
        assert {text.media_url for text in stage.sought} == {AT_SENDBLUE}

    run(story())


def test_after_a_restart_the_uploaded_url_is_unknown_and_proves_nothing() -> None:
    """Whoever takes the record over knows the link alone: the row is ambiguous, not absence; nothing goes again."""
    row = Report(
        "SENT", "h-9", content="hello", is_outbound=True, number="+12025550123", from_number="line A",
        date_sent_ms=NOW_MS, media_url=AT_SENDBLUE,
    )  # fmt: skip

    async def story() -> None:
        settings = Preparing(upload=True)
        first = Stage(policy=Policy(in_doubt=OnInDoubt.RESEND, preparing=settings), files=[Uploaded(AT_SENDBLUE)])
        first.answers = [LOST]
        first.sender.assigned([0])
        first.give(0, "r1", media_url=SIGNED)
        await first.until(lambda: bool(first.posts))
        await asyncio.sleep(1)
        first.sender.lost([0])
        second = Stage(
            log=first.log,
            owner="Q",
            policy=first.policy,
            files=[Uploaded("https://storage.example.com/2.png")],
            listing=lambda: Listing((row,), 0, newest_ms=NOW_MS + 10_000_000),
        )
        for offset, record in enumerate(first.log.records):
            second.replica.feed(offset, NOW_MS, record, second.mono())
        second.sender.assigned([0])
        second.give(0, "r1", media_url=SIGNED)
        await second.until(lambda: bool(second.ends))

        assert second.ends == [("r1", "PARKED")]
        assert len(first.posts) + len(second.posts) == 1

    run(story())
