"""The image: built from the Dockerfile as it is, run as a cluster would run it, ended in the middle of its work.

The broker, the registry and the simulator are processes outside, on loopback. The simulator counts texts. Where the
image cannot be built or run these tests fail, with what is missing; nothing is left out in silence.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from connector import __version__
from tests.ops import engine
from tests.ops.conftest import CREATED, REVISION
from tests.ops.engine import ROOT, Container
from tests.real.site import HANG_S, Site, until
from tests.real.upstream import Downstream, Upstream

REQUESTS, GRACE_S = 300, 45
ADDED_MB = 190.0  # what the program and all it needs may add to the base
DECOYS = (".env", ".git/config", "secrets/api-key", "connector.yaml", "connector/.env", "connector/account.key",
          "connector/core/__pycache__/x.pyc", "tests/test_x.py", ".venv/x", "docs/x.txt", "ca.pem")  # fmt: skip
PROBE = "FROM scratch\nCOPY . /\n"


@pytest.fixture
def containers(site: Site, image: str) -> Iterator[list[Container]]:
    """Add to it what is started; it is removed, and what it said is shown when the test failed."""
    started: list[Container] = []
    yield started
    for one in started:
        print(f"--- {one.name}\n{one.logs()}")  # noqa: T201 - pytest shows it with a failure
        one.remove()


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def ready(site: Site) -> bool:
    """What a cluster asks before it sends traffic."""
    try:
        return site.readyz()[0] == 200
    except httpx2.TransportError:
        return False


def test_hadolint_finds_nothing() -> None:
    """No rule is switched off but where the Dockerfile says why."""
    done = subprocess.run(
        [engine.tool("hadolint"), "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.usefixtures("containers_run")
def test_the_context_holds_what_the_build_needs_and_nothing_else(tmp_path: Path) -> None:
    """Beside secrets, history, tests and caches, which lie where somebody may have left them."""
    tracked = engine.run("git", "ls-files").splitlines()
    (tmp_path / "Dockerfile").write_text(PROBE)
    for name in {*tracked, *DECOYS} - {"Dockerfile", ".dockerignore"}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / ".dockerignore").write_bytes((ROOT / ".dockerignore").read_bytes())
    image = engine.build("none", "localhost/kafka-sendblue:context", folder=tmp_path)
    alone = {"pyproject.toml", "README.md", "LICENSE", "requirements.lock", "requirements-build.lock"}

    assert (
        engine.files(image, tmp_path / "saved.tar")
        == {name for name in tracked if name.startswith(("connector/", "schemas/"))} | alone
    )


def test_the_image_says_how_it_is_run(base: str, image: str) -> None:
    """A user without a name, a program without a shell, the signal that begins the drain, what is healthy, labels."""
    made = engine.inspect(image)
    config = made["Config"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    added = engine.size_mb(image) - engine.size_mb(base)

    assert config["User"] == "65532:65532"
    assert (config["Entrypoint"], config["Cmd"], config["StopSignal"]) == (["kafka-sendblue"], ["run"], "SIGTERM")
    assert made["Healthcheck"]["Test"] == ["CMD", "kafka-sendblue", "healthcheck"]
    assert (labels["title"], labels["version"], labels["licenses"]) == ("kafka-sendblue", __version__, "Apache-2.0")
    assert (labels["revision"], labels["created"]) == (REVISION, CREATED)
    assert added < ADDED_MB


def test_locked_down_it_does_its_job(site: Site, image: str, containers: list[Container]) -> None:
    """No root, no capability, nothing to write to, no shell: a request becomes a text, its callback an event.

    What runs tells the commit that the image was made from.
    """
    one = Container(image, site.config(), engine.names("ks-job")[0], "--user", "10001:10001")
    containers.append(one)
    until(lambda: ready(site), HANG_S)
    sent = site.command("send", "+12025550123", "--content", "Hello", "--wait", "180", "--json")
    inside, healthy = one.status(), one.exec("kafka-sendblue", "healthcheck")
    served = httpx2.get(f"http://127.0.0.1:{site.metrics_port}/metrics", timeout=HANG_S).text
    downstream = Downstream(site)

    def delivered() -> bool:
        downstream.read(0.5)
        return len(downstream.types["STATUS"]) == 1

    until(delivered, HANG_S)
    downstream.close()
    assert (sent.returncode, site.record()["texts"]) == (0, 1), sent.stderr
    assert re.findall(r'^sendblue_build_info\{.*revision="(\w+)"', served, re.MULTILINE) == [REVISION]
    assert {inside[name].split()[0] for name in ("Uid", "Gid")} == {"10001"}
    assert {inside[name] for name in ("CapEff", "CapBnd", "CapPrm")} == {"0" * 16}
    assert (inside["NoNewPrivs"], inside["Seccomp"]) == ("1", "2")
    assert one.exec("python", "-c", "open('/opt/x', 'w')").stderr.endswith("Read-only file system: '/opt/x'\n")
    assert healthy.returncode == 0, healthy.stderr


def test_the_bill_of_materials_lists_what_the_image_holds(image: str, tmp_path: Path) -> None:
    """Each distribution in the image, in its version, and ours; pip, and what built the wheel, are not among them."""
    engine.tool("cyclonedx-py")
    path = tmp_path / "sbom.json"
    engine.run("make", "sbom", f"SBOM={path}", f"VENV={os.path.relpath(sys.prefix, ROOT)}", within_s=engine.BUILD_S)
    listed = {canonical(one["name"]): one["version"] for one in json.loads(path.read_text())["components"]}
    look = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()))"
    held = dict(one.split("==") for one in engine.once(image, "python", "-c", look).split())

    assert {canonical(name): version for name, version in held.items()} == listed | {"kafka-sendblue": __version__}


def test_sigterm_under_load_loses_and_doubles_nothing(
    site: Site, base: str, image: str, containers: list[Container], capsys: pytest.CaptureFixture[str]
) -> None:
    """The drain ends within the grace time, with code 0; another container does the rest; nothing is in doubt."""
    upstream, (first, second) = Upstream(site), engine.names("ks-load")
    containers.append(Container(image, site.config(), first))
    until(lambda: ready(site), HANG_S)
    for n in range(REQUESTS):
        upstream.send(f"r{n}", f"+1{202 + n % 3}55501{n // 3 % 100:02d}")
    upstream.flush()
    until(lambda: int(site.record()["posts"]) >= REQUESTS // 3, HANG_S)
    code, took = containers[0].stop(GRACE_S)
    sent_before = int(site.record()["posts"])
    containers.append(Container(image, site.config(), second))
    downstream, began = Downstream(site), time.monotonic()

    def settled() -> bool:
        downstream.read(1.0)
        return len(downstream.finals) == REQUESTS

    until(settled, HANG_S)
    downstream.close()
    truth = site.record()
    with capsys.disabled():
        print(  # noqa: T201 - the figures of the run
            f"\nimage {engine.size_mb(image):.0f} MB, of which base {engine.size_mb(base):.0f} MB; SIGTERM to exit"
            f" {took:.1f} s after {sent_before} of {REQUESTS} texts; the rest took {time.monotonic() - began:.0f} s"
        )

    assert code == 0
    assert sent_before < REQUESTS
    assert (truth["texts"], truth["posts"], truth["duplicate_texts"]) == (REQUESTS, REQUESTS, 0)
    assert {kind for ends in downstream.finals.values() for kind, _ in ends} == {"SUBMITTED"}
    assert all(len(ends) == 1 for ends in downstream.finals.values())
    assert downstream.parked == set()
