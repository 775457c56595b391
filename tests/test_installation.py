"""What the settings say where everything is: secrets that are files are read as those that stand in the settings."""

from pathlib import Path

import pytest

from connector.settings import Callbacks, Settings
from connector.settings_kafka import Kafka, RegistryPart
from connector.wiring.callback_keys import callback_keys_of, ring_of
from connector.wiring.installation import clients_of, registry_of

KEY = "sixteen bytes or more"


def test_a_client_setting_may_be_a_file(tmp_path: Path) -> None:
    """A SASL password reaches librdkafka and stands in no settings file; its own name says what cannot be read."""
    (tmp_path / "password").write_text("hush-hush\n")
    files = {"sasl.password": tmp_path / "password"}
    settings = Settings(kafka=Kafka(client={"sasl.username": "connector"}, client_files=files))
    lost = Settings(kafka=Kafka(client_files={"sasl.password": tmp_path / "nowhere"}))

    assert dict(clients_of(settings).extra) == {"sasl.username": "connector", "sasl.password": "hush-hush"}
    with pytest.raises(ValueError, match=r"kafka\.client_files\.sasl\.password: .* cannot be read"):
        clients_of(lost)


def test_a_setting_of_ours_cannot_come_in_as_a_file(tmp_path: Path) -> None:
    """What the promises rest on is refused by either way."""
    (tmp_path / "acks").write_text("1")
    settings = Settings(kafka=Kafka(client_files={"acks": tmp_path / "acks"}))

    with pytest.raises(ValueError, match="every promise needs acks=all"):
        clients_of(settings)


def test_the_registry_password_may_be_a_file(tmp_path: Path) -> None:
    """One that cannot be read is named, and is not taken for none."""
    settings = Settings(registry=RegistryPart(user="connector", password_file=tmp_path / "nowhere"))

    with pytest.raises(ValueError, match=r"registry\.password_file: .* cannot be read"):
        registry_of(settings)


def test_callback_keys_may_be_the_files_of_a_folder(tmp_path: Path) -> None:
    """As Kubernetes mounts a Secret: each key behind a link, and links of its own with a dot before the name."""
    (tmp_path / "..2026").mkdir()
    for name in ("k2", "k1"):
        (tmp_path / "..2026" / name).write_text(f"{KEY} {name}\n")
    (tmp_path / "..data").symlink_to("..2026")
    for name in ("k2", "k1"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    settings = Settings(callbacks=Callbacks(keys_dir=tmp_path, signing_key="k2"))
    ring = ring_of(settings)

    assert callback_keys_of(settings) == {"k1": f"{KEY} k1".encode(), "k2": f"{KEY} k2".encode()}
    assert ring.signing == "k2"


def test_a_folder_without_keys_is_told(tmp_path: Path) -> None:
    """Empty, not there, without the key that signs, or with one that is too short."""
    empty = Settings(callbacks=Callbacks(keys_dir=tmp_path))
    nowhere = Settings(callbacks=Callbacks(keys_dir=tmp_path / "nowhere"))

    with pytest.raises(ValueError, match="keys is empty"):
        ring_of(empty)
    with pytest.raises(ValueError, match=r"callbacks.keys_dir: .*nowhere cannot be read \(No such file"):
        ring_of(nowhere)
    (tmp_path / "k1").write_text(KEY)
    with pytest.raises(ValueError, match="the callback key that signs is not in the ring"):
        ring_of(Settings(callbacks=Callbacks(keys_dir=tmp_path, signing_key="k9")))
    (tmp_path / "k1").write_text("short")
    with pytest.raises(ValueError, match="at least 16 bytes"):
        ring_of(empty)
