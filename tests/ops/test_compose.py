"""The evaluation stack: ``compose.yaml`` and ``deploy/``, each part checked by the program that will read it.

No Docker is asked: what only a running stack can show is not shown here, and the head of ``compose.yaml`` says so.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from typer.testing import CliRunner

from connector.cli import cli
from connector.settings import Settings, load
from tests.ops import engine
from tests.ops.engine import ROOT
from tests.real.site import Site
from tests.real.stack import jars

OURS = "${KAFKA_SENDBLUE_IMAGE:-kafka-sendblue:dev}"
PINNED = re.compile(r"^[a-z0-9./-]+:v?\d+\.\d+\.\d+(\.Final)?$")
WITHIN_S = 60.0


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services, with what they merge from elsewhere in the file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


@pytest.fixture(scope="module")
def settings() -> Settings:
    """What the connector reads; a mistake in it is an error here already."""
    return load(ROOT / "deploy" / "connector.yaml")


def ours(services: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The services of our image that run one of our commands."""
    yield from (one for one in services.values() if one["image"] == OURS and "entrypoint" not in one)


def mounts(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Where on the host, where inside."""
    for volume in one.get("volumes", ()):
        source, target, mode = volume.split(":")
        assert mode == "ro"
        yield source, target


def test_the_file_follows_the_compose_schema() -> None:
    """The published one, as check-jsonschema ships it."""
    tool = engine.tool("check-jsonschema")
    done = subprocess.run(
        [tool, "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_images_are_named_by_version_and_are_those_of_the_tests(services: dict[str, Any]) -> None:
    """No tag that moves; Kafka and the registry are the versions the connector is tested against."""
    images = {name: one["image"] for name, one in services.items() if one["image"] != OURS}
    pom = (ROOT / "tests" / "real" / "stack" / "kafka-pom.xml").read_text()
    kafka = re.search(r"<artifactId>kafka_2\.13</artifactId>\s*<version>([^<]+)", pom)

    assert [image for image in images.values() if not PINNED.match(image)] == []
    assert kafka is not None
    assert images["kafka"].rpartition(":")[2] == kafka[1]
    assert images["registry"].rpartition(":")[2] in jars.REGISTRY.split(":")


def test_only_this_machine_reaches_it(services: dict[str, Any]) -> None:
    """It has no passwords."""
    ports = [port for one in services.values() for port in one.get("ports", ())]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_what_is_mounted_is_there(services: dict[str, Any]) -> None:
    """Docker would make an empty folder of a name that is wrong."""
    sources = {source for one in services.values() for source, _ in mounts(one)}

    assert "./deploy/connector.yaml" in sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_services_wait_for_services_that_can_answer(services: dict[str, Any]) -> None:
    """``service_healthy`` needs a health check: the service's own, or for the connector the image's."""
    waits = [
        (name, other, how["condition"])
        for name, one in services.items()
        if isinstance(one.get("depends_on"), dict)
        for other, how in one["depends_on"].items()
    ]
    healthy = {other for _, other, how in waits if how == "service_healthy"}

    assert {other for _, other, _ in waits} <= services.keys()
    assert {name for name in healthy if "test" not in services[name].get("healthcheck", {})} == {"connector"}


def test_our_commands_are_commands(services: dict[str, Any]) -> None:
    """Every option of them is one that the program has."""
    ends = {
        tuple(one["command"]): CliRunner().invoke(cli, [*one["command"], "--help"]).exit_code for one in ours(services)
    }

    assert len(ends) == 5
    assert set(ends.values()) == {0}


def test_settings_name_the_services(services: dict[str, Any], settings: Settings) -> None:
    """Addresses, ports and lines fit what the other services listen on."""
    simulated = services["simulator"]["command"]
    lines = [value for option, value in pairwise(simulated) if option == "--line"]
    listeners = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    urls = (settings.registry.url, settings.sendblue.base_url, settings.callbacks.public_url)
    inside = {port.rpartition(":")[2] for port in services["connector"]["ports"]}

    assert [line.number for line in settings.lines] == lines
    assert f"INTERNAL://{settings.kafka.bootstrap_servers}," in listeners
    assert [urlsplit(url).netloc for url in urls] == ["registry:8080", "simulator:8900", "connector:8080"]
    assert {str(settings.callbacks.port), str(settings.observability.health_port)} <= inside


def test_prometheus_asks_the_metrics_port(settings: Settings, services: dict[str, Any], tmp_path: Path) -> None:
    """And promtool finds nothing wrong, with the rules where they are mounted."""
    mounted = {target: ROOT / source for source, target in mounts(services["prometheus"])}
    path = Path(shutil.copy(mounted["/etc/prometheus/prometheus.yml"], tmp_path))
    shutil.copytree(mounted["/etc/prometheus/rules"], tmp_path / "rules")
    assert shutil.which("promtool"), "promtool not found: apt-get install --no-install-recommends prometheus"
    done = subprocess.run(["promtool", "check", "config", path], capture_output=True, text=True, check=False)
    targets = [
        t
        for job in yaml.safe_load(path.read_text())["scrape_configs"]
        for c in job["static_configs"]
        for t in c["targets"]
    ]

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("rules found") == len(list((ROOT / "helm" / "kafka-sendblue" / "rules").iterdir()))
    assert targets == [f"connector:{settings.observability.metrics_port}"]


def test_grafana_finds_prometheus_and_the_dashboards(services: dict[str, Any]) -> None:
    """The source's address is a service; the folder of the provider is one that is mounted, and so is the provider."""
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((folder / "dashboards" / "kafka-sendblue.yaml").read_text())["providers"]
    mounted = {target: source for source, target in mounts(services["grafana"])}

    assert urlsplit(source["url"]).hostname in services
    assert mounted[provider["options"]["path"]] == "./helm/kafka-sendblue/dashboards"
    assert mounted["/etc/grafana/provisioning"] == f"./{folder.relative_to(ROOT)}"


def test_kafka_takes_its_settings(services: dict[str, Any], tmp_path: Path) -> None:
    """As the image makes them of the environment; Kafka's own tool formats a disk by them."""
    environment = services["kafka"]["environment"].items()
    lines = [f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={value}" for name, value in environment]
    (tmp_path / "server.properties").write_text("\n".join([*lines, f"log.dirs={tmp_path / 'log'}"]))
    tool = ["java", "-cp", f"{jars.kafka()}/*", "kafka.tools.StorageTool", "format", "-t", "aaaaaaaaaaaaaaaaaaaaaA"]
    done = subprocess.run(
        [*tool, "-c", str(tmp_path / "server.properties")],
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "log" / "meta.properties").exists()


def test_the_load_is_made_of_requests(site: Site, settings: Settings) -> None:
    """load.py, with the addresses of this machine's broker and registry: what it writes is a SendRequest."""
    kafka, url = site.base["kafka"], site.base["registry"]["url"]
    text = (ROOT / "deploy" / "load.py").read_text()
    for there, here in ((settings.registry.url, url), (settings.kafka.bootstrap_servers, kafka["bootstrap_servers"])):
        assert there in text
        text = text.replace(there, here)
    text = text.replace('"sendblue.', f'"{kafka["topic_prefix"]}.')
    onlooker = Consumer(
        {"bootstrap.servers": kafka["bootstrap_servers"], "group.id": "load", "auto.offset.reset": "earliest"}
    )
    onlooker.subscribe([f"{kafka['topic_prefix']}.requests"])
    process = subprocess.Popen([sys.executable, "-c", text])
    try:
        messages = onlooker.consume(1, WITHIN_S)
    finally:
        process.kill()
        process.wait()
        onlooker.close()
    read = AvroDeserializer(SchemaRegistryClient({"url": url}))
    request = read(messages[0].value(), SerializationContext("requests", MessageField.VALUE))

    assert request["request_id"].startswith("load-")
    assert request["number"].encode() == messages[0].key(), json.dumps(request, default=str)
