"""What the command line of `pause` and `resume` means, and what they do, against the embedded broker."""

import asyncio
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from connector.cli import cli
from connector.commands import operations, pause_commands
from connector.commands.cli_frame import on_kafka
from connector.commands.cli_output import later_ms
from connector.commands.cli_pauses import end_of
from connector.core.delays import Wait
from connector.core.facts import Fact, PauseOrdered
from connector.core.messages import SendRequest
from connector.core.pauses import GIVEN_WAY, OfAll, OfLine, OfTag, Pause, Said
from connector.demo import Demo
from connector.kafka.records import ProduceFailed
from connector.settings import Settings
from connector.wiring.obeying import obey, pause_notes, shown_pauses
from tests.test_ledger_commands import NUMBER, beside_a_connector

NOW = 1_767_225_600_000  # 2026-01-01T00:00:00Z
HOUR = 3_600_000
ANN = Said("ann", "under review", NOW)


@pytest.mark.parametrize(
    ("until", "forever", "end_ms"),
    [
        (None, True, None),
        ("90m", False, NOW + 90 * 60_000),
        ("4h", False, NOW + 4 * HOUR),
        ("2d", False, NOW + 48 * HOUR),
        ("2026-01-01T02:00:00+01:00", False, NOW + HOUR),
    ],
)
def test_the_end_of_a_pause_is_understood(until: str | None, forever: bool, end_ms: int | None) -> None:
    """A time, a span from now on, or never, which must be said."""
    assert end_of(until, forever, NOW) == end_ms


@pytest.mark.parametrize(
    ("until", "forever"),
    [
        (None, False),
        ("4h", True),
        ("0m", False),
        ("tomorrow", False),
        ("4 hours", False),
        ("2025-12-31T00:00:00Z", False),
    ],
)
def test_a_pause_without_an_end_must_be_meant(until: str | None, forever: bool) -> None:
    """Exit code 2: nothing said, both, no time, or one that is over."""
    with pytest.raises(typer.Exit) as ended:
        end_of(until, forever, NOW)

    assert ended.value.exit_code == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("pause", "--all", "--until", "4h"), "--reason"),
        (("pause", "--reason", "why", "--until", "4h"), "--tag NAME=VALUE, or --all"),
        (("pause", "--all", "--tag", "a=b", "--reason", "why", "--until", "4h"), "--tag NAME=VALUE, or --all"),
        (("pause", "--tag", "spring", "--reason", "why", "--until", "4h"), "NAME=VALUE"),
        (("pause", "--all", "--reason", "why"), "--forever"),
        (("pause", "--all", "--reason", "  ", "--until", "4h"), "one line"),
        (("pause", "--all", "--reason", "a\nb", "--until", "4h"), "one line"),
        (("pause", "--all", "--reason", "he at +1 202 555 0123 asked", "--until", "4h"), "phone number"),
        (("pause", "--all", "--reason", "2025550123", "--until", "4h"), "phone number"),
        (("pause", "--all", "--reason", "why", "--until", "4h", "--operator", "+12025550123"), "--operator is a name"),
        (("resume", "--reason", "why"), "--tag NAME=VALUE, or --all"),
        (("lines", "pause", "line-1", "--reason", "why"), "--forever"),
    ],
)
def test_a_mistake_is_told_before_anything_is_read(words: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    """Exit code 2, with what to say instead; what everybody sees holds no number."""
    config = tmp_path / "c.yaml"
    config.write_text("{}")
    ended = CliRunner().invoke(cli, [*words, "--config", str(config)])

    assert ended.exit_code == 2
    assert sentence in " ".join(ended.output.replace("│", " ").split())


async def held(demo: Demo) -> None:
    """Wait until a record waits for the pause."""
    assert demo.connector is not None
    parts = demo.connector.parts
    assert parts is not None
    assert parts.sender is not None
    async with asyncio.timeout(120):
        while not any(Wait.PAUSED in lane.window.waiting() for lane in parts.sender.lanes.values()):  # noqa: ASYNC110 - another's state
            await asyncio.sleep(0.05)


async def test_everybody_obeys_a_pause_and_goes_on_after_it() -> None:
    """The kill switch holds a request of a running connector; who, why and until when are shown; then it is sent."""

    async def work(settings: Settings, demo: Demo) -> None:
        assert demo.connector is not None
        now_ms = NOW + 100 * 365 * 24 * HOUR
        await pause_commands.pause(settings, Pause(OfAll(), ANN, now_ms))
        request = SendRequest("p1", number=NUMBER, content="hello")
        sending = asyncio.create_task(operations.send(settings, request, 240, lambda _: None))
        await held(demo)
        status, notes = demo.connector.status(), demo.connector.notes()
        rows = await pause_commands.orders(settings, ended=False)
        await pause_commands.resume(settings, OfAll(), Said("ben", "it is over", now_ms - HOUR))
        sent = await sending
        after = await pause_commands.orders(settings, ended=False), await pause_commands.orders(settings, ended=True)

        assert sent == "SUBMITTED"
        assert status["pauses"] == shown_pauses([Pause(OfAll(), ANN, now_ms)])
        assert [note for note in notes if "ann" in note] == pause_notes([Pause(OfAll(), ANN, now_ms)])
        assert [(row.order, row.what, row.state, row.operator, row.reason) for row in rows] == [
            ("pause", "everything", "holds", "ann", "under review")
        ]
        assert [len(found) for found in after] == [0, 1]
        (kept,) = after[1]
        assert (kept.state, kept.operator, kept.resumed_by, kept.resumed_reason) == (
            "resumed",
            "ann",
            "ben",
            "it is over",
        )

    await beside_a_connector(work)


async def test_the_audit_keeps_a_pause_whose_place_another_one_took() -> None:
    """One that was resumed before as it was, one that still held as ended by the next; neither holds any more."""

    async def work(settings: Settings, _: Demo) -> None:
        now_ms = time.time_ns() // 1_000_000  # what is older than a month is taken out
        ann, cat = Said("ann", "why", now_ms), Said("cat", "again", now_ms + 9)
        ben = Said("ben", "it is over", now_ms + 5)
        await pause_commands.pause(settings, Pause(OfLine("line-1"), ann))
        await pause_commands.resume(settings, OfLine("line-1"), ben)
        await pause_commands.pause(settings, Pause(OfLine("line-1"), cat))
        await pause_commands.pause(settings, Pause(OfLine("line-1"), cat._replace(at_ms=now_ms + 10), now_ms + 11))
        rows = await pause_commands.orders(settings, ended=True)

        assert [(row.operator, row.state, row.resumed_by, row.resumed_reason) for row in rows] == [
            ("cat", "over", "", ""),
            ("ann", "resumed", "ben", "it is over"),
            ("cat", "resumed", "cat", GIVEN_WAY),
        ]
        assert await pause_commands.orders(settings, ended=False) == []

    await beside_a_connector(work)


async def test_a_name_that_nobody_knows_is_told_with_the_nearest_ones() -> None:
    """A line that is none; a line, a tag or everything that is not paused."""

    async def work(settings: Settings, _: Demo) -> None:
        ben = Said("ben", "it is over", NOW + 1)
        with pytest.raises(ValueError, match=r"no line is called line-11; .*did you mean line-1"):
            await pause_commands.pause(settings, Pause(OfLine("line-11"), ANN))
        with pytest.raises(ValueError, match="everything is not paused; nothing is"):
            await pause_commands.resume(settings, OfAll(), ben)
        await pause_commands.pause(settings, Pause(OfTag("campaign", "spring"), ANN))
        with pytest.raises(ValueError, match="tag campaign=sprung is not paused; did you mean tag campaign=spring"):
            await pause_commands.resume(settings, OfTag("campaign", "sprung"), ben)
        with pytest.raises(ValueError, match="everything is not paused; what is: tag campaign=spring"):
            await pause_commands.resume(settings, OfAll(), ben)
        assert (await pause_commands.resume(settings, OfTag("campaign", "spring"), ben)).paused == ANN

    await beside_a_connector(work)


@pytest.mark.parametrize(
    ("scope", "of", "line"),
    [(OfLine("a"), "line", "a"), (OfTag("campaign", "spring"), "tag", ""), (OfAll(), "all", "")],
)
def test_a_pause_is_told_and_wakes_whoever_waits(scope: OfLine | OfTag | OfAll, of: str, line: str) -> None:
    """Who and why are in the log of every replica, of the pause and of its end; each time every line looks again."""
    ben = Said("ben", "it is over", NOW + 1)
    facts, stirred = list[Fact](), list[bool]()
    for pause in (Pause(scope, ANN), Pause(scope, ANN, None, ben)):
        obey(pause, facts.append, lambda _: None, lambda: stirred.append(True))

    assert stirred == [True, True]
    assert facts == [
        PauseOrdered(of, "paused", line, "ann", "under review"),
        PauseOrdered(of, "resumed", line, "ben", "it is over"),
    ]


def test_a_pause_is_shown_with_its_end() -> None:
    """In words where it has none."""
    ends, never = Pause(OfLine("a"), ANN, NOW + HOUR), Pause(OfAll(), ANN)

    assert pause_notes([ends]) == [
        "line a: paused by ann at 2026-01-01T00:00:00+00:00, until 2026-01-01T01:00:00+00:00: under review"
    ]
    assert shown_pauses([never])["everything"]["until"] == "somebody resumes"


def test_a_pause_that_ends_after_all_calendars_is_shown_too() -> None:
    """The last second of 9999 west of Greenwich: a readiness check that failed at it would stop every replica."""
    until_ms = later_ms("9999-12-31T23:59:59-05:00", "--until", NOW)

    assert pause_notes([Pause(OfAll(), ANN, until_ms)]) == [
        f"everything: paused by ann at 2026-01-01T00:00:00+00:00, until {until_ms} ms: under review"
    ]


def test_an_order_that_is_not_acknowledged_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, no traceback; the record may land after all, so an operator looks first."""

    async def lost() -> None:
        raise ProduceFailed("t.control", "_MSG_TIMED_OUT")

    with pytest.raises(typer.Exit) as ended:
        on_kafka(lost())

    assert ended.value.exit_code == 1
    assert "it may still land" in capsys.readouterr().err
