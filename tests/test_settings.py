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
        ("sendblue: {base_url: 'http://api.example.com'}", "sendblue.base_url: must be https"),
        ("callbacks: {keys: {k1: short}}", "'k1' must be at least 16 bytes"),
        ("callbacks: {signing_key: k9}", "not one of callbacks.keys"),
        ("callbacks: {tls_cert_file: tls.crt}", "callbacks.tls_cert_file, callbacks.tls_key_file: TLS needs both"),
        ("callbacks: {tls_key_file: tls.key}", "TLS needs both"),
        ("callbacks: {allow: [10.1.2.3/8]}", "10.1.2.3/8 is no network; write 10.0.0.0/8"),
        (
            "callbacks: {allow: [10.0.0.0/8], trusted_proxies: [proxy]}",
            "trusted_proxies.0 = 'proxy': proxy is no",
        ),
        ("callbacks: {trusted_proxies: [10.0.0.0/8]}", "set callbacks.allow, or neither"),
        ("registry: {url: 'registry:8081'}", "registry.url: must begin with https://"),
        ("lins: []", "lins: there is no such setting"),
        ("in_doubt: {park_after_s: 61}\nsendblue: {deadline_s: 50}", "must exceed"),
    ],
)
def test_rules_between_settings(tmp_path: Path, text: str, told: str) -> None:
    """Each in a sentence that says what to do."""
    with pytest.raises(ValidationError) as caught:
        load(written(tmp_path, text))

    assert told in "".join(explain(caught.value))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ledger: [", r"connector.yaml, line 1, column 10: no YAML \("),
        ("ledger: {hash_key: @hush}", "connector.yaml, line 1, column 20: no YAML"),
        ("\x00", "connector.yaml: no YAML"),
        ("- lines", "connector.yaml: must hold names and values"),
        ("hush", "connector.yaml: must hold names and values"),
    ],
)
def test_a_file_that_holds_no_settings(tmp_path: Path, text: str, told: str) -> None:
    """The place of the mistake is told, and nothing of what stands there."""
    with pytest.raises(ValueError, match=told) as caught:
        load(written(tmp_path, text))

    assert "hush" not in str(caught.value)


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    """As is one of comments alone."""
    assert load(written(tmp_path, "# nothing\n")).name == "default"


def test_a_secret_file_is_read_again(tmp_path: Path) -> None:
    """Rotation needs no restart; a secret that is nowhere is named, and so is a file that is not there."""
    file = tmp_path / "key"
    file.write_text("one\n")
    first = secret(None, file, "x")
    file.write_text("two\n")

    assert (first, secret(None, file, "x")) == ("one", "two")
    with pytest.raises(ValueError, match=r"ledger.hash_key_file: /nowhere/key cannot be read \(No such file"):
        secret(None, Path("/nowhere/key"), "ledger.hash_key")
    with pytest.raises(ValueError, match="hash_key is not set"):
        secret(None, None, "ledger.hash_key")


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ("new_contacts_per_hour: 15, new_contacts_per_day: 50", ""),
        ("new_contacts_per_hour: 15", ""),
        ("new_contacts_per_hour: 50, new_contacts_per_day: 15", "more new contacts in an hour than in a day"),
        ("new_contacts_per_day: 0", "lines.0.new_contacts_per_day = 0"),
        ("new_contacts_per_hour: many", "lines.0.new_contacts_per_hour = 'many'"),
    ],
)
def test_limits_of_new_contacts_are_looked_at(tmp_path: Path, limits: str, told: str) -> None:
    """At least one, and no more in an hour than in a day; each may stand alone."""
    path = written(tmp_path, GOOD.replace('"+13035550100"}', f'"+13035550100", {limits}}}'))
    found = ""
    try:
        load(path)
    except ValidationError as error:
        found = "\n".join(explain(error))

    assert (told in found) if told else not found
