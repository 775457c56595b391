"""The commands about lines, against the embedded broker and the simulator beside a connector that runs."""

import asyncio
import time
from pathlib import Path

import pytest

from connector.commands import contact_files, line_facts_command, moving_commands, pause_commands
from connector.commands.cli_lines import shown
from connector.commands.control_topic import control_codec, write_control
from connector.commands.moving_commands import Moved, Moving
from connector.core.callbacks import parse
from connector.core.identities import contact_hash
from connector.core.messages import Origin, SendRequest
from connector.core.moving import Entry, Move
from connector.core.pauses import OfAll, OfLine, Pause, Said
from connector.core.records import Intent, Outcome, Rebind, Result
from connector.demo import Demo
from connector.demo_plan import DemoPlan
from connector.kafka.control import Genesis, block_row, genesis_record
from connector.kafka.schemas import SchemaName
from connector.roles.replica import Replica
from connector.settings import LinePart, Settings, secret
from connector.wiring.installation import identity_of
from tests.sender_stage import NOW_MS, Log
from tests.test_ledger_commands import beside_a_connector
from tests.virtual_time import run as virtually

NUMBERS = [f"+1206555{n:04}" for n in range(100, 112)]
OPEN = "+12065550199"
TALKER = "+12065550150"


def contact_of(settings: Settings, number: str) -> bytes:
    key = secret(settings.ledger.hash_key, None, "ledger.hash_key").encode()
    return contact_hash(SendRequest("r", number=number), key)


def quiet(_: int, __: int) -> None:
    """No bar."""


async def bound_to(demo: Demo, contact: bytes, line: str) -> None:
    """Wait until the connector that runs knows it."""
    assert demo.connector is not None
    assert demo.connector.parts is not None
    async with asyncio.timeout(120):
        while demo.connector.parts.replica.views.line_of(contact) != line:  # noqa: ASYNC110 - another's state
            await asyncio.sleep(0.01)


async def test_a_line_is_imported_moved_and_retired() -> None:
    """Contacts get their line from a list; all of them move at once; one with an open attempt stays and is told."""

    async def work(settings: Settings, demo: Demo) -> None:
        assert demo.connector is not None
        assert demo.connector.parts is not None
        parts, spare = demo.connector.parts, LinePart(alias="spare", number="+13035550199")
        settings = settings.model_copy(update={"lines": (*settings.lines, spare)})
        codec, (name, account, hash_key) = await control_codec(settings), identity_of(settings)
        await write_control(settings, [genesis_record(codec, Genesis(name, account or "", hash_key, 1))])
        contacts = [contact_of(settings, number) for number in NUMBERS]
        entries = [Entry(f"row {n}", contact, "spare") for n, contact in enumerate(contacts)]
        tried = await moving_commands.give(settings, entries, quiet, dry_run=True)
        first = await moving_commands.give(settings, entries, quiet, dry_run=False)
        again = await moving_commands.give(
            settings, [*entries, entries[0]._replace(line="line-0")], quiet, dry_run=False
        )
        busy = contact_of(settings, OPEN)
        await parts.log.append(Rebind(busy, "spare"))
        place = (await an_intent(demo)).origin
        await parts.log.append(
            Intent("ab" * 8, "open", "spare", busy, busy, parts.system.now_ms(), place, 0, "somebody", lease_ms=5000)
        )
        wanted = Moving("spare", "line-1", wait_s=0.0, operator="ann")
        would = await moving_commands.move(settings, Moving("spare", "line-1", dry_run=True), None, quiet)
        told: list[tuple[int, int]] = []
        moved = await moving_commands.move(settings, wanted, None, lambda done, of: told.append((done, of)))
        await bound_to(demo, contacts[-1], "line-1")
        nothing = await moving_commands.move(settings, wanted, None, quiet)
        retired = await moving_commands.move(settings, Moving("spare", "line-0", retire=True, wait_s=0.0), None, quiet)
        async with asyncio.timeout(120):
            while parts.known.facts.heir("spare") != "line-0":  # noqa: ASYNC110 - another's state
                await asyncio.sleep(0.01)
        with pytest.raises(ValueError, match="spare is retired"):
            await moving_commands.move(settings, Moving("line-0", "spare"), None, quiet)
        await moving_commands.use_again(settings, "spare")
        blocked, row = block_row("spare", parts.system.now_ms())
        await write_control(settings, [(blocked, codec.encode(SchemaName.CONTROL, row))])
        warned = await moving_commands.move(settings, Moving("line-0", "spare", dry_run=True), None, quiet)
        with pytest.raises(ValueError, match="nothing was moved"):
            await moving_commands.move(settings, Moving("line-0", "spare"), lambda _: False, quiet)
        async with asyncio.timeout(120):
            while parts.known.facts.heir("spare") is not None:  # noqa: ASYNC110 - another's state
                await asyncio.sleep(0.01)
        went = parts.known.facts.moved_along("spare")

        assert len(tried.new) == len(first.new) == len(NUMBERS)
        assert (len(again.new), again.same, [place for place, _ in again.refused]) == (0, len(NUMBERS), ["row 0"])
        assert (would, moved, nothing) == (Moved(12, 1, 0), Moved(12, 1, 0), Moved(0, 1, 0))
        assert told[-1] == (12, 13)
        assert (retired, warned.stopped) == (Moved(0, 1, 0), "blocked")
        assert went == {"line-0", "line-1"}
        with pytest.raises(ValueError, match="spare was not moved"):
            await moving_commands.use_again(settings, "spare")

    await beside_a_connector(work)


def test_who_finds_a_line_during_an_import_stays_there() -> None:
    """A first text goes out from A while the first five hundred are given to B: it would come from B ever after."""
    contacts = [n.to_bytes(8) for n in range(moving_commands.AT_ONCE + 2)]
    texted, free = contacts[-2:]

    async def main() -> tuple[int, list[str | None]]:
        log = Log()
        replica = Replica("command", log)
        log.replicas.append(replica)
        replica.restored.set()
        asyncio.get_running_loop().call_later(0.001, log.land, first := intent("a1", line="A"))
        submitted = Outcome(first.attempt, first.request_id, "A", texted, Result.SUBMITTED, "h-1", "api")
        asyncio.get_running_loop().call_later(0.0015, log.land, submitted)
        count = await moving_commands._rebind(
            replica, dict.fromkeys(contacts, "B"), None, lambda _: None, parked_too=False
        )
        return count, [replica.views.line_of(contact) for contact in (contacts[0], texted, free)]

    def intent(attempt: str, line: str) -> Intent:
        place = Origin("sendblue.requests", 0, 1)
        return Intent(attempt, "r1", line, texted, texted, NOW_MS, place, 0, "sender", lease_ms=5000)

    assert virtually(main()) == (len(contacts) - 1, ["B", "A", "B"])


async def an_intent(demo: Demo) -> Intent:
    """Any INTENT of the connector that runs: its origin is a place that exists."""
    assert demo.connector is not None
    assert demo.connector.parts is not None
    found: asyncio.Future[Intent] = asyncio.get_running_loop().create_future()

    def take(record: object) -> None:
        if isinstance(record, Intent) and not found.done():
            found.set_result(record)

    demo.connector.parts.replica.on_record(take)
    return await asyncio.wait_for(found, 120)


async def test_what_sendblue_says_of_lines_and_talks_is_read() -> None:
    """Lines by alias, with the pauses that hold them, of one or of all; of each contact the line it talked to last.
    A look back is bounded."""

    async def work(settings: Settings, demo: Demo) -> None:
        async with asyncio.timeout(120):
            while not (found := await line_facts_command.talked_to(settings, 1)):  # noqa: ASYNC110 - another's state
                await asyncio.sleep(0.2)
        rows = await line_facts_command.lines(settings)
        assert [row["paused"] for row in rows] == [{}, {}]
        now_ms = time.time_ns() // 1_000_000
        ann, ben = Said("ann", "under review", now_ms), Said("ben", "wrong template", now_ms)
        await pause_commands.pause(settings, Pause(OfLine("line-1"), ann, None))
        await pause_commands.pause(settings, Pause(OfAll(), ben, 4_102_444_800_000))
        paused = [row["paused"] for row in await line_facts_command.lines(settings)]
        await pause_commands.resume(settings, OfAll(), ben)
        resumed = [row["paused"] for row in await line_facts_command.lines(settings)]

        assert shown(paused[0]) == "everything, until 2100-01-01T00:00:00+00:00, by ben: wrong template"
        assert shown(paused[1]) == f"{shown(paused[0])}; {shown(resumed[1])}"
        assert [shown(pauses) for pauses in resumed] == [
            "",
            "line line-1, until somebody resumes, by ann: under review",
        ]
        assert [(row["line"], row["state"], row["on_account"]) for row in rows] == [
            ("line-0", "online", True),
            ("line-1", "online", True),
        ]
        assert {entry.line for entry in found} <= {"line-0", "line-1"}
        assert len({entry.contact for entry in found}) == len(found)

    await beside_a_connector(work)


@pytest.mark.parametrize(
    ("line", "to", "sentence"),
    [
        ("line-0", "line-9", "no line is called line-9"),
        ("lin-0", "line-1", "no line is called lin-0; there are gone, line-0, line-1, spare; did you mean line-0"),
        ("line-1", "line-1", "not moved to itself"),
        ("line-1", "spare", "spare is retired, its contacts went to line-1; .*--undo"),
    ],
)
def test_a_slip_of_the_finger_is_told_with_its_cure(line: str, to: str, sentence: str) -> None:
    """The nearest names; a line that is configured no more may still be left."""
    settings = DemoPlan(lines=2).settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")
    moves = {"spare": Move("line-1", True, 1, "ann"), "line-1": Move("line-0", False, 1, "ann")}
    spare = settings.lines[0].model_copy(update={"alias": "spare"})
    settings = settings.model_copy(update={"lines": (*settings.lines, spare)})
    moving_commands.check(Moving("gone", "line-1"), settings, ["gone"], moves)

    with pytest.raises(ValueError, match=sentence):
        moving_commands.check(Moving(line, to), settings, ["gone"], moves)


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ({"status": "DELIVERED"}, True),
        ({"status": "QUEUED", "from_number": "13035550100"}, True),
        ({"status": "RECEIVED", "is_outbound": False, "from_number": TALKER, "to_number": "+13035550100"}, True),
        ({"status": "ERROR", "error_code": "10001"}, True),
        ({"status": "ERROR", "error_code": 5504}, True),
        ({"status": "ERROR", "error_code": "4000"}, False),
        ({"status": "ERROR"}, False),
        ({"status": "DECLINED", "error_key": "OPTED_OUT"}, False),
        ({"status": "DELIVERED", "group_id": "g"}, False),
    ],
)
def test_a_text_that_was_refused_is_no_talk(said: dict[str, object], counts: bool) -> None:
    """Else a try from a second line, refused, would take the contact from the line that it knows."""
    body = {"is_outbound": True, "from_number": "+13035550100", "to_number": TALKER, **said}
    found = line_facts_command.pair(parse(body), {"+13035550100": "line-0"})

    assert found == ((TALKER, "line-0") if counts else (None, None))


CSV = "number,line\n+12065550101,line-0\n\n +12065550102 , +13035550101 \n"
JSONL = '{"number": "+12065550101", "line": "line-0"}\n{"number": "+12065550102", "line": "+13035550101", "x": 1}\n'


def two_lines() -> Settings:
    settings = DemoPlan(lines=2).settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")
    named = [line.model_copy(update={"number": f"+130355501{n:02}"}) for n, line in enumerate(settings.lines)]
    return settings.model_copy(update={"lines": tuple(named)})


@pytest.mark.parametrize(("text", "rows"), [(CSV, ["row 2", "row 4"]), (JSONL, ["row 1", "row 2"]), ("", [])])
def test_a_file_of_contacts_is_read(tmp_path: Path, text: str, rows: list[str]) -> None:
    """CSV with or without its heading, or JSON lines; a line by its alias or number. No number is kept."""
    file, settings = tmp_path / "contacts", two_lines()
    file.write_text("\ufeff" + text)
    found = contact_files.entries(settings, file)
    expected = [contact_of(settings, number) for number in ("+12065550101", "+12065550102")][: len(rows)]

    assert [entry.place for entry in found] == rows
    assert [(entry.contact, entry.line) for entry in found] == list(zip(expected, ("line-0", "line-1"), strict=False))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"2065550101,line-0\n", "row 1: the contact's number must begin with"),
        (b"+12065550101,line-9\n", "row 1: the line is none of ours; there are line-0, line-1"),
        (b"+12065550101\n", "row 1: the line is none"),
        (b'{"number": 5}\n{nonsense\n', "row 1: .*\nrow 2: "),
        (b"\xff\xfe\x00", "neither CSV nor JSON lines"),
        (b"x\n" * 30, "and 20 rows more"),
    ],
)
def test_what_is_wrong_is_told_by_its_row(tmp_path: Path, content: bytes, sentence: str) -> None:
    """Never by its number; and nothing is imported."""
    file = tmp_path / "contacts"
    file.write_bytes(content)

    with pytest.raises(ValueError, match=sentence) as raised:
        contact_files.entries(two_lines(), file)

    assert "5550101" not in str(raised.value)
