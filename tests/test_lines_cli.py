"""What the command lines of `lines` mean, and what they print."""

import json

import pytest
import typer
from typer.testing import CliRunner

from connector.cli import cli
from connector.commands import cli_lines
from connector.commands.moving_commands import Moved, Moving
from connector.core.moving import Listing


@pytest.mark.parametrize(
    "words",
    [
        ["lines", "retire", "a"],
        ["lines", "retire", "a", "--to", "b", "--undo"],
        ["lines", "import"],
        ["lines", "import", "file.csv", "--from-sendblue"],
        ["lines", "import", "--from-sendblue", "--days", "900"],
        ["lines", "move", "a"],
        ["lines", "move", "a", "--to", "b", "--operator", "+12025550123"],
    ],
)
def test_a_wrong_command_line_ends_before_anything_is_read(words: list[str]) -> None:
    """Neither or both; a look back beyond its bound; an operator that is a number."""
    assert CliRunner().invoke(cli, words).exit_code == 2


@pytest.mark.parametrize(
    ("done", "dry_run", "code"),
    [
        (Moved(3), False, 0),
        (Moved(3, in_flight=1), False, 6),
        (Moved(3, parked=1), False, 6),
        (Moved(3, 1, 1), True, 0),
        (Moved(3, stopped="blocked"), False, 0),
    ],
)
def test_what_was_moved_is_told(done: Moved, dry_run: bool, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON with every number; exit code 6 while somebody stays, unless nothing was to be done."""
    wanted = Moving("a", "b", dry_run=dry_run)
    found = 0
    try:
        cli_lines.tell_moved(done, wanted, as_json=True)
    except typer.Exit as ended:
        found = ended.exit_code
    told = json.loads(capsys.readouterr().out)

    assert found == code
    assert (told["moved"], told["in_flight"], told["parked"]) == (done.moved, done.in_flight, done.parked)
    assert told["stopped"] == done.stopped


def test_what_a_list_comes_to_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What stays is told by its row, with exit code 3; contacts are counted and never shown."""
    found = Listing({b"contact1": "a"}, 2, [("row 7", "the contact is texted from b")])
    with pytest.raises(typer.Exit) as ended:
        cli_lines.tell_listing(found, dry_run=False, as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert ended.value.exit_code == 3
    assert (told["new"], told["same"]) == (1, 2)
    assert told["refused"] == [{"where": "row 7", "why": "the contact is texted from b"}]
