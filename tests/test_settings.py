"""Settings: every mistake at once, secrets never shown."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from connector.settings import explain, load, secret

GOOD = """
kafka: {bootstrap_servers: "kafka:9092"}
lines:
  - {alias: line-1, number: "+13035550100"}
callbacks: {public_url: "https://texts.example.com", keys: {k1: "sixteen bytes or more"}}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "connector.yaml"
    path.write_text(text)
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    """YAML becomes the typed tree, with defaults for the rest."""
    settings = load(written(tmp_path, GOOD))

    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.lines[0].gap_s == 1.0


def test_the_environment_beats_the_file_and_flags_beat_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flags, environment, file, defaults."""
    path = written(tmp_path, GOOD)
    monkeypatch.setenv("SENDBLUE_KAFKA__BOOTSTRAP_SERVERS", "other:9092")
    monkeypatch.setenv("SENDBLUE_NAME", "from-env")

    assert load(path).kafka.bootstrap_servers == "other:9092"
    assert load(path, {"name": "from-flag"}).name == "from-flag"


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    """Each with its path and value; a value that is no secret is shown."""
    path = written(tmp_path, "kafka: {partitions: 0, colour: red}\nname: UPPER\nlines: [{alias: a, number: '123'}]")

    with pytest.raises(ValidationError) as caught:
        load(path)
    told = "\n".join(explain(caught.value))

    for expected in ("kafka.partitions = 0", "kafka.colour", "name = 'UPPER'", "lines.0.number"):
        assert expected in told


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Neither in an explanation nor in the repr of the settings."""
    bad = written(tmp_path, "sendblue: {api_secret_key: [hush-hush]}\nledger: {hash_key: {a: hush-hush}}")
    good = load(written(tmp_path, "sendblue: {api_secret_key: hush-hush}"))

    with pytest.raises(ValidationError) as caught:
        load(written(tmp_path, bad.read_text() + "\nsendblue: {api_secret_key: [hush-hush]}"))

    assert "hush-hush" not in "".join(explain(caught.value))
    assert "hush-hush" not in repr(good)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lines: [{alias: a, number: '+13035550100'}, {alias: a, number: '+13035550101'}]", "one alias"),
        ("lines: [{alias: a, number: '+13035550100'}, {alias: b, number: '+13035550100'}]", "one number"),
        ("callbacks: {public_url: 'http://texts.example.com'}", "must be https"),
        ("callbacks: {signing_key: k9}", "not one of callbacks.keys"),
        ("in_doubt: {park_after_s: 61}\nsendblue: {deadline_s: 50}", "must exceed"),
    ],
)
def test_rules_between_settings(tmp_path: Path, text: str, told: str) -> None:
    """Each in a sentence that says what to do."""
    with pytest.raises(ValidationError) as caught:
        load(written(tmp_path, text))

    assert told in "".join(explain(caught.value))


def test_a_secret_file_is_read_again(tmp_path: Path) -> None:
    """Rotation needs no restart; a secret that is nowhere is named."""
    file = tmp_path / "key"
    file.write_text("one\n")
    first = secret(None, file, "x")
    file.write_text("two\n")

    assert (first, secret(None, file, "x")) == ("one", "two")
    with pytest.raises(ValueError, match="hash_key is not set"):
        secret(None, None, "ledger.hash_key")
