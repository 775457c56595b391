"""What operators see and say of who does not want to be texted, against the embedded broker and the local Sendblue."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli import cli
from connector.commands import opt_out_commands
from connector.commands.cli_optouts import numbers_in
from connector.commands.opt_out_commands import Stand, Who, whom
from connector.core.identities import contact_hash
from connector.core.messages import SendRequest
from connector.core.opt_outs import Source
from connector.demo import Demo
from connector.demo_plan import DemoPlan
from connector.kafka.producer import KafkaProducer
from connector.settings import Settings
from connector.wiring.installation import hash_key_of
from tests.test_ledger_commands import NUMBER, beside_a_connector

PLAIN = DemoPlan(lines=2).settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")
OTHER = "+12065550124"


def contact_of(settings: Settings, number: str) -> bytes:
    return contact_hash(SendRequest("", number=number), hash_key_of(settings))


def shown(stands: list[Stand]) -> list[tuple[bool, Source | None]]:
    return [(stand.out, stand.word.source if stand.word else None) for stand in stands]


async def test_a_running_connector_obeys_and_what_it_hears_is_shown() -> None:
    """Out by an operator, out by a text; START undoes the second alone; an operator undoes both, and Sendblue hears."""

    async def work(settings: Settings, demo: Demo) -> None:
        assert demo.connector is not None
        assert demo.connector.parts is not None
        opt_outs, known = demo.connector.parts.opt_outs, demo.connector.parts.opt_outs.known
        optouts = settings.optouts.model_copy(update={"write_through": True})
        settings = settings.model_copy(update={"optouts": optouts})
        first, second = whos = whom(settings, [NUMBER, OTHER], [], [])

        async def until(true: bool) -> None:
            async with asyncio.timeout(120):
                while (first.contact in known) is not true:  # noqa: ASYNC110 - another's state
                    await asyncio.sleep(0.01)

        added = await opt_out_commands.say(settings, [first], out=True)
        await until(true=True)
        at_sendblue = NUMBER in demo.simulator.account.opted_out
        for number in (NUMBER, OTHER):
            await opt_outs.heard(number, "STOP", 1_700_000_000_000)
        everybody = await opt_out_commands.stands(settings)
        for number in (NUMBER, OTHER):
            await opt_outs.heard(number, "START", 1_700_000_000_001)
        after_start = await opt_out_commands.stands(settings, whos)
        slip = Who(bytes([*first.contact[:-1], first.contact[-1] ^ 1]), None, by_hash=True)
        with pytest.raises(
            ValueError, match=f"has not opted out: nothing was said; did you mean {first.contact.hex()}"
        ):
            await opt_out_commands.say(settings, [slip], out=False)
        removed = await opt_out_commands.say(settings, [first], out=False)
        await until(true=False)

        assert (shown(added.stands), added.untold, at_sendblue) == ([(True, Source.OPERATOR)], 0, True)
        assert sorted(shown(everybody)) == [(True, Source.INBOUND), (True, Source.OPERATOR)]
        assert shown(after_start) == [(True, Source.OPERATOR), (False, Source.INBOUND)]
        assert shown(removed.stands) == [(False, Source.OPERATOR)]
        assert NUMBER not in demo.simulator.account.opted_out
        assert second.contact not in known
        assert await opt_out_commands.stands(settings) == []

    await beside_a_connector(work)


async def test_what_nobody_can_read_keeps_its_contact_out_until_an_operator_says_more() -> None:
    """In a connector that runs, whose notes name the record, and in the command, whose word is the cure."""

    async def work(settings: Settings, demo: Demo) -> None:
        assert demo.connector is not None
        assert demo.connector.parts is not None
        parts, whos = demo.connector.parts, whom(settings, [NUMBER], [], [])
        known, contact = parts.opt_outs.known, whos[0].contact
        own = KafkaProducer(parts.clients, asyncio.get_running_loop())
        await own.send(parts.names.optouts, key=contact, value=b"garbage", partition=0)
        await own.close()

        async def until(true: bool) -> None:
            async with asyncio.timeout(120):
                while (contact in known) is not true:  # noqa: ASYNC110 - another's state
                    await asyncio.sleep(0.01)

        await until(true=True)
        noted, listed = demo.connector.notes(), await opt_out_commands.stands(settings)
        removed = await opt_out_commands.say(settings, whos, out=False)
        await until(true=False)

        assert [note.split(":")[0] for note in noted] == [f"unreadable records in {parts.names.optouts}"]
        assert shown(listed) == [(True, None)]
        assert shown(removed.stands) == [(False, Source.OPERATOR)]
        assert demo.connector.notes() == []

    await beside_a_connector(work)


def test_whom_a_command_means() -> None:
    """Numbers, hashes and groups, each contact once, in the order given."""
    contact = contact_of(PLAIN, NUMBER)
    group = contact_hash(SendRequest("", group_id="g"), hash_key_of(PLAIN))

    assert whom(PLAIN, [NUMBER, OTHER, NUMBER], [], ["g"]) == [
        Who(contact, NUMBER), Who(contact_of(PLAIN, OTHER), OTHER), Who(group, None),
    ]  # fmt: skip
    assert whom(PLAIN, [], [contact.hex().upper()], []) == [Who(contact, None, by_hash=True)]


@pytest.mark.parametrize(
    ("numbers", "contacts", "sentence"),
    [
        ([], [], "say whom"),
        ([NUMBER, "12065550124"], [], "number 2 is none"),
        ([], ["c0ffee"], "16 hexadecimal digits"),
        ([], ["no hex at all.."], "16 hexadecimal digits"),
    ],
)
def test_a_mistake_is_told_before_anything_is_read(numbers: list[str], contacts: list[str], sentence: str) -> None:
    """By its place: a number is never repeated."""
    with pytest.raises(ValueError, match=sentence) as told:
        whom(PLAIN, numbers, contacts, [])

    assert "12065550124" not in str(told.value)


def test_numbers_come_from_a_file(tmp_path: Path) -> None:
    """One a line, so that none stays in the shell's history."""
    file = tmp_path / "numbers.txt"
    file.write_text(f"{NUMBER}\n\n {OTHER} \n")

    assert numbers_in(file) == [NUMBER, OTHER]
    assert numbers_in(None) == []
    with pytest.raises(ValueError, match="cannot be read"):
        numbers_in(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("arguments", "typed", "code"),
    [(["remove", NUMBER], "", 7), (["add"], "", 2), (["check", "--number-file", "-"], "12065550124\n", 2)],
)
def test_nothing_is_said_by_mistake(arguments: list[str], typed: str, code: int, tmp_path: Path) -> None:
    """Nobody to ask whether a person agreed: exit code 7; nobody meant, or no number: 2."""
    config = tmp_path / "settings.yaml"
    config.write_text("ledger: {hash_key: sixteen bytes or more}\n")
    result = CliRunner().invoke(cli, ["optouts", *arguments, "-c", str(config)], input=typed)

    assert result.exit_code == code
    assert "12065550124" not in result.output
