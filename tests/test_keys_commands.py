"""`keys new`, `sign` and `retire`: each step says what must come before it, and running processes follow."""

import os
import resource
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli import cli
from connector.commands import key_files
from connector.commands.cli_frame import RISK, WRONG
from connector.commands.ledger_reading import RiskNotAccepted
from connector.core.key_ring import GONE_MS, HOUR_MS, SETTLE_MS
from connector.core.tokens import Ring, sign, verify
from connector.settings import Callbacks, Settings
from connector.wiring.callback_keys import SIGNING, LiveRing, ring_of

KEY = "a key of the tests, long enough"
ATTEMPT = "00000000000000a1"


class Site:
    """A folder with one key, and a process that reads it; time goes on by hand."""

    def __init__(self, folder: Path) -> None:
        (folder / "k1").write_text(KEY)
        self.folder, self.mono = folder, 0.0
        self.settings = Settings(callbacks=Callbacks(keys_dir=folder))
        self.live = LiveRing(lambda: ring_of(self.settings), lambda: self.mono)
        self.now_ms = int((folder / "k1").stat().st_mtime * 1000) + 1

    def ring(self) -> Ring:
        """As the process has it a second later."""
        self.mono += 1.0
        return self.live()

    def new(self, key_id: str = "k2") -> None:
        key_files.make(self.settings, key_id, self.now_ms)
        os.utime(self.folder / key_id, (self.now_ms / 1000, self.now_ms / 1000))

    def sign(self, key_id: str = "k2") -> None:
        self.now_ms += SETTLE_MS + 1000
        key_files.let_sign(self.settings, key_id, self.now_ms, at_once=False)

    def retire(self, key_id: str = "k1", *, at_once: bool = False) -> None:
        key_files.retire(self.settings, key_id, self.now_ms, at_once=at_once)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_rotation_needs_no_restart(site: Site) -> None:
    """Accepted, then signing, then the former one gone; a token of either passes as long as both are there."""
    old = sign(site.ring(), "r1", ATTEMPT, 1)
    site.new()
    accepted = site.ring()
    site.sign()
    signing = site.ring()
    young = sign(signing, "r1", ATTEMPT, 1)
    site.now_ms += GONE_MS
    site.retire()
    left = site.ring()

    assert (accepted.signing, signing.signing, left.signing) == ("k1", "k2", "k2")
    assert [verify(signing, token) is None for token in (old, young)] == [False, False]
    assert [verify(left, token) is None for token in (old, young)] == [True, False]


def test_a_new_key_signs_nothing_though_its_name_comes_first(site: Site) -> None:
    """Without a history the first name signs; so the history is begun before the key is there."""
    site.new("a")

    assert site.ring().signing == "k1"
    assert (site.folder / SIGNING).read_text().startswith("k1 ")


def test_a_new_key_is_a_secret_of_its_owner(site: Site) -> None:
    """32 random bytes, mode 0600, and no draft is left behind."""
    site.new()
    site.new("k3")
    keys = {(site.folder / name).read_text().strip() for name in ("k2", "k3")}

    assert [len(key) for key in keys] == [43, 43]
    assert {0o600} == {(site.folder / name).stat().st_mode & 0o777 for name in ("k2", "k3", SIGNING)}
    assert sorted(path.name for path in site.folder.iterdir()) == [SIGNING, "k1", "k2", "k3"]


def test_a_key_is_accepted_for_a_while_before_it_signs(site: Site) -> None:
    """Another process may not have read it, and would refuse its callbacks."""
    site.new()
    site.now_ms += SETTLE_MS - 5000
    with pytest.raises(RiskNotAccepted, match=r"wait until it is 120 s old, or say --now"):
        key_files.let_sign(site.settings, "k2", site.now_ms, at_once=False)
    before = site.ring().signing
    key_files.let_sign(site.settings, "k2", site.now_ms, at_once=True)

    assert (before, site.ring().signing) == ("k1", "k2")


def test_a_key_goes_when_its_callbacks_cannot_come_any_more(site: Site) -> None:
    """73 hours after another key began to sign; the key that signs never goes."""
    site.new()
    site.sign()
    site.now_ms += GONE_MS - HOUR_MS
    with pytest.raises(RiskNotAccepted, match=r"may still come, and would be refused: wait 1 h more"):
        site.retire()
    with pytest.raises(ValueError, match=r"k2 signs: let another key sign first"):
        site.retire("k2", at_once=True)
    site.retire(at_once=True)

    assert list(site.ring().keys) == ["k2"]


def test_what_cannot_be_done_is_told(site: Site) -> None:
    """No folder, a setting that says who signs, an id that is there or is not, one that is no id."""
    bare = Settings(callbacks=Callbacks(keys={"k1": KEY}))
    told = Settings(callbacks=Callbacks(keys_dir=site.folder, signing_key="k1"))
    mixed = Settings(callbacks=Callbacks(keys_dir=site.folder, keys={"k0": KEY}))

    with pytest.raises(ValueError, match=r"keys_dir is not set"):
        key_files.make(bare, None, site.now_ms)
    with pytest.raises(ValueError, match=r"callbacks.signing_key says who signs"):
        key_files.let_sign(told, "k1", site.now_ms, at_once=True)
    with pytest.raises(ValueError, match=r"there is a key k1 already"):
        site.new("k1")
    with pytest.raises(ValueError, match=r"1 to 16 characters"):
        site.new("../k1")
    with pytest.raises(ValueError, match=r"there is no key k11; did you mean k1\?"):
        site.retire("k11")
    key_files.let_sign(mixed, "k1", site.now_ms, at_once=True)
    with pytest.raises(ValueError, match=r"k0 stands in callbacks.keys of the settings"):
        key_files.retire(mixed, "k0", site.now_ms, at_once=True)


def test_two_commands_at_once_are_one(site: Site) -> None:
    """Whoever comes second changes nothing, and takes nothing away; a lock that a crash left behind is named."""
    site.new()
    site.sign()
    lock = site.folder / key_files.LOCK
    lock.write_text("")
    second: list[Callable[[], None]] = [partial(site.new, "k3"), partial(site.sign, "k1"), site.retire]
    for work in second:
        with pytest.raises(ValueError, match=r"another command is at work; if there is none, take .* away"):
            work()
    lock.unlink()

    assert (sorted(site.ring().keys), site.ring().signing) == (["k1", "k2"], "k2")


def test_a_full_disk_leaves_nothing_behind(site: Site) -> None:
    """No half of a key, and no lock: the command may be given again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(ValueError, match="cannot be written"):
            site.new()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [file.name for file in site.folder.iterdir()] == ["k1"]
    site.new()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(site: Site) -> None:
    """As a mounted Secret."""
    site.folder.chmod(0o500)
    with pytest.raises(ValueError, match=r"a mounted Secret is changed where it is kept"):
        site.new()
    site.folder.chmod(0o700)


@pytest.mark.parametrize("damage", ["short", "gone", "no history", "other signer"])
def test_a_damaged_folder_changes_nothing_and_is_told(site: Site, damage: str) -> None:
    """The keys that were read before still count; when it is whole again, it is read again."""
    before = site.ring()
    if damage == "short":
        (site.folder / "k2").write_text("short")
    elif damage == "gone":
        (site.folder / "k1").rename(site.folder / ".k1")
    else:
        (site.folder / SIGNING).write_text("k9 2026-03-01T12:00:00Z" if damage == "other signer" else "k1")
    during, notes = site.ring(), site.live.notes()
    for name in ("k2", SIGNING):
        (site.folder / name).unlink(missing_ok=True)
    (site.folder / "k1").write_text("another key of the tests, as long")
    after = site.ring()

    assert during == before
    assert [note.rsplit(": ", 1)[1] for note in notes] == ["the keys that were read before still count"]
    assert KEY not in notes[0]
    assert (after == before, site.live.notes()) == (False, [])


def test_the_folder_is_read_once_a_second(site: Site) -> None:
    """Not for every callback, and not for every text."""
    (site.folder / "k2").write_text(KEY)
    same_second = len(site.live().keys)
    next_second = len(site.ring().keys)

    assert (same_second, next_second) == (1, 2)


def test_the_commands_say_what_comes_next_and_show_no_key(site: Site) -> None:
    """On the command line, with its exit codes."""
    config = site.folder.parent / "connector.yaml"
    config.write_text(f"callbacks: {{keys_dir: {site.folder}}}\n")

    def said(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["keys", *words, "-c", str(config)])
        return result.exit_code, " ".join(result.output.split())

    code, new = said("new", "--id", "k2")
    early, why = said("sign", "k2")
    signed = said("sign", "k2", "--now")[0]
    listed = said("list")[1]

    assert (code, early, signed) == (0, RISK, 0)
    assert "keys sign k2. Then, 73 h later: kafka-sendblue keys retire" in new
    assert "would refuse its callbacks" in why
    assert "k2" in listed
    assert KEY not in new + why + listed
    assert said("retire", "k1")[0] == RISK
    assert said("retire", "k3")[0] == WRONG
