"""The producers of ``docs/producers.md``, run as they stand there: nothing of ours writes these requests.

Only the three addresses in them are replaced: broker, registry and topic.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.real.site import Site, until
from tests.real.stack import jars
from tests.real.upstream import Downstream

ROOT = Path(__file__).parents[2]
NO_COMPILER = jars.missing_compiler()


def example(language: str, site: Site) -> str:
    """The example in this language, for the site."""
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / "docs" / "producers.md").read_text(), re.DOTALL)
    assert found is not None
    kafka = site.base["kafka"]
    text = found.group(1).replace("http://registry:8081", site.base["registry"]["url"])
    return text.replace("kafka:9092", kafka["bootstrap_servers"]).replace("sendblue.", f"{kafka['topic_prefix']}.")


@pytest.fixture
def site(tmp_path: Path, bootstrap: str, registry_url: str) -> Iterator[Site]:
    """An installation with the simulator and one connector running."""
    one = Site(tmp_path, bootstrap, registry_url)
    try:
        one.start_simulator()
        for command in ("topics", "apply"), ("schemas", "register"):
            done = one.command(*command)
            assert done.returncode == 0, done.stderr
        connector = one.start_connector()
        until(lambda: "connector.ready" in one.log("connector"), 40, [connector])
        yield one
    finally:
        one.close()


def texts(site: Site) -> list[tuple[str, str]]:
    """Recipient and content of every message on the account."""
    keys = {"sb-api-key-id": "demo-key", "sb-api-secret-key": "demo-secret"}
    answer = httpx2.get(f"http://127.0.0.1:{site.api_port}/api/v2/messages", headers=keys, trust_env=False, timeout=60)
    return [(row["number"], row["content"]) for row in answer.json()["data"]]


def settled(site: Site, request_id: str) -> set[str]:
    """The request's final events, read by confluent-kafka's own deserializer until there is one."""
    onlooker = Downstream(site)
    try:

        def ended() -> bool:
            onlooker.read(0.5)
            return request_id in onlooker.finals

        until(ended, 30)
        return {type_ for type_, _ in onlooker.finals[request_id]}
    finally:
        onlooker.close()


def ran(*command: str) -> None:
    """Run a program to its end."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr


def test_the_python_example(site: Site) -> None:
    """confluent-kafka's serializer, with fields left out: SUBMITTED, and the text is on the account."""
    program = site.folder / "send_one.py"
    program.write_text(example("python", site))
    ran(sys.executable, str(program))

    assert settled(site, "order-4711-shipped") == {"SUBMITTED"}
    assert texts(site) == [("+12025550123", "Your order is on its way.")]


@pytest.mark.skipif(NO_COMPILER is not None and not os.environ.get("CI"), reason=str(NO_COMPILER))
def test_the_java_example(site: Site) -> None:
    """Apache Kafka's Java client and Apache Avro: SUBMITTED, and the text is on the account."""
    program = site.folder / "SendOne.java"
    program.write_text(example("java", site))
    java = Path(shutil.which("javac") or "javac").resolve().with_name("java")
    ran(str(java), "-cp", f"{jars.producer()}/*", str(program))

    assert settled(site, "order-4712-shipped") == {"SUBMITTED"}
    assert texts(site) == [("+12025550124", "Your order is on its way, too.")]
