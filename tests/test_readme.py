"""What the README and the pages show can be typed, set and followed: nobody is told of what is not there."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from connector.cli import cli
from connector.commands.operations import settings_state
from connector.settings import load
from connector.simulator.settings import SimulatorSettings
from connector.wiring.assembly import ROLES
from connector.wiring.installation import credentials_of, identity_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^kafka-sendblue ([^|\n]*)|`(?:\.venv/bin/)?kafka-sendblue ([^`|]*)`", re.MULTILINE)
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
SECRETS = {"key-id": "an id", "secret-key": "a secret", "hash-key": "a key of sixteen bytes or more"}


def shown(text: str) -> list[list[str]]:
    """The commands that a page shows, as a shell takes them apart."""
    found = [block or inline for block, inline in COMMAND.findall(text)]
    return [shlex.split(one, comments=True) for one in found if "..." not in one]


def settings_file(folder: Path, **over: object) -> Path:
    """The settings that the README shows, its secrets in this folder, with something put over them."""
    (block,) = re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for name, secret in SECRETS.items():
        (folder / name).write_text(secret)
    file = folder / "connector.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(block.replace("/secrets", str(folder))), **over}))
    return file


def test_the_settings_of_the_readme_are_settings(tmp_path: Path) -> None:
    """Nothing is misspelt, and no key is lacking that a role needs."""
    settings = load(settings_file(tmp_path))
    credentials_of(settings)()

    assert [finding for finding in settings_state(settings, tuple(ROLES)) if not finding.ok] == []
    assert len(identity_of(settings)) == 3
    assert len(settings.lines) == 1


def test_the_settings_for_the_local_sendblue_are_settings_too(tmp_path: Path) -> None:
    """As the README says them in words: the simulator's address and keys."""
    named = SimulatorSettings()
    url, unsafe = "http://127.0.0.1:8900", "`unsafe_dev: true`"
    keys = {"api_key_id": named.key_id, "api_secret_key": named.secret}
    settings = load(settings_file(tmp_path, sendblue={"base_url": url, **keys}, unsafe_dev=True))

    assert all(said in README for said in (f"sendblue.base_url: {url}", unsafe, *keys.values()))
    assert settings.sendblue.base_url.rstrip("/") == url


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_a_page_are_commands(page: Path) -> None:
    """With every option they are shown with: an unknown one is refused before help is given."""
    commands = shown(page.read_text())
    ends = {tuple(command): CliRunner().invoke(cli, [*command, "--help"]).exit_code for command in commands}

    assert {command: code for command, code in ends.items() if code != 0} == {}


def test_the_readme_shows_commands() -> None:
    """Those of the first hour are found, so that the test above has something to test."""
    names = {command[0] for command in shown(README)}

    assert names >= {"topics", "schemas", "check", "run", "send", "tail", "cancel", "pause", "demo", "simulate"}


def test_what_is_made_can_be_made() -> None:
    """Every target that a page names is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = [page.read_text() for page in PAGES]
    blocks = [block for text in texts for block in BLOCK.findall(text)]
    named = {name for text in blocks for name in re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)}
    named |= {name for text in texts for name in re.findall(r"`make ([a-z-]+)", text)}

    assert {"demo", "test", "chaos"} <= named
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    """To a file of this repository."""
    gone = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]

    assert gone == []
