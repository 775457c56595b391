"""The settings files that the chart writes are read by the connector itself."""

from pathlib import Path

import pytest
import yaml

from tests.ops.tools_needed import need

need("helm_python")

from connector.settings import Settings, load  # noqa: E402 - after what it needs
from tests.ops.chart.rendering import Object, ci_values, of_ci, of_kind, pods  # noqa: E402 - after what it needs

SECRETS = "/etc/kafka-sendblue/secrets"


def files(name: str) -> dict[str, str]:
    """The settings file of each component under these ci values, by the ConfigMap's name."""
    maps = of_kind(of_ci(name), "ConfigMap")
    return {key: one["data"]["connector.yaml"] for key, one in maps.items() if "connector.yaml" in one["data"]}


def read(tmp_path: Path, text: str) -> Settings:
    """As the connector reads it."""
    (tmp_path / "connector.yaml").write_text(text)
    return load(tmp_path / "connector.yaml")


@pytest.mark.parametrize("name", ci_values())
def test_the_connector_reads_it_and_finds_what_was_said(name: str, tmp_path: Path) -> None:
    """Every component's file; each value that was set is what the settings hold."""
    said = ci_values()[name]["config"]
    settings = [read(tmp_path, text).model_dump(mode="json") for text in files(name).values()]

    assert settings
    assert [whole for whole in settings if not _holds(whole, said)] == []


def _holds(whole: object, said: object) -> bool:
    if isinstance(said, dict) and isinstance(whole, dict):
        return all(_holds(whole[key], value) for key, value in said.items() if key != "signing_key")
    if isinstance(said, list) and isinstance(whole, list):
        return len(said) == len(whole) and all(map(_holds, whole, said))
    return whole == said


def test_defaults_are_the_connectors_own(tmp_path: Path) -> None:
    """What nobody set is what the connector would take by itself."""
    written = read(tmp_path, files("default")["texts-kafka-sendblue-single"]).model_dump()
    alone = Settings.model_validate(ci_values()["default"]["config"]).model_dump()
    differ = {f"{part}.{key}" for part, key in _leaves(alone) if _leaf(alone, part, key) != _leaf(written, part, key)}

    assert {
        "callbacks.keys_dir",
        "ledger.hash_key_file",
        "sendblue.api_key_id_file",
        "sendblue.api_secret_key_file",
    } == differ


def _leaves(tree: Object) -> list[tuple[str, str]]:
    return [(part, key) for part, one in tree.items() for key in (one if isinstance(one, dict) else [""])]


def _leaf(tree: Object, part: str, key: str) -> object:
    return tree[part][key] if key else tree[part]


def test_every_secret_comes_from_a_file_that_is_mounted() -> None:
    """The file that a setting names is where its pod has mounted that key of that Secret."""
    written = files("secured")["texts-single"]
    settings = yaml.safe_load(written)
    kafka = settings["kafka"]

    assert f"{SECRETS}/hash-key/hash" == settings["ledger"]["hash_key_file"]
    assert f"{SECRETS}/sendblue/id" == settings["sendblue"]["api_key_id_file"]
    assert f"{SECRETS}/sendblue/secret" == settings["sendblue"]["api_secret_key_file"]
    assert f"{SECRETS}/callback-keys" == settings["callbacks"]["keys_dir"]
    assert f"{SECRETS}/callback-tls/tls.crt" == settings["callbacks"]["tls_cert_file"]
    assert f"{SECRETS}/callback-tls/tls.key" == settings["callbacks"]["tls_key_file"]
    assert f"{SECRETS}/registry/password" == settings["registry"]["password_file"]
    assert {
        "sasl.password": f"{SECRETS}/kafka/password",
        "ssl.key.password": f"{SECRETS}/kafka/key-password",
    } == kafka["client_files"]
    assert f"{SECRETS}/kafka-tls/ca.crt" == kafka["client"]["ssl.ca.location"]
    assert f"{SECRETS}/kafka-tls/tls.crt" == kafka["client"]["ssl.certificate.location"]
    assert f"{SECRETS}/kafka-tls/tls.key" == kafka["client"]["ssl.key.location"]


@pytest.mark.parametrize("name", ci_values())
def test_no_file_is_named_that_is_not_mounted(name: str) -> None:
    """In any pod: what its settings name below the secrets' folder, one of its own volumes has."""
    given = files(name)
    missing = []
    for pod in pods(of_ci(name)):
        volumes = pod.spec.get("volumes", ())
        config = next((v["configMap"]["name"] for v in volumes if v["name"] == "config"), None)
        if config is not None:
            ours = next(one for one in pod.containers() if one["name"] in ("connector", "topics"))
            missing += _unmounted(given[config], ours, {v["name"]: v for v in volumes})

    assert missing == []


def _unmounted(text: str, container: Object, volumes: dict[str, Object]) -> list[str]:
    mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in container.get("volumeMounts", ())}
    there: set[str] = set()
    for folder, volume in mounts.items():
        items = volume.get("secret", {}).get("items", ())
        there |= {f"{folder}/{item['path']}" for item in items} | ({folder} if not items else set())
    named = [word for word in text.split() if word.startswith(SECRETS)]
    return [word for word in named if word not in there]
