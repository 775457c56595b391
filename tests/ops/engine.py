"""Building and running the image without a daemon: buildah, podman and runc, as root or as an ordinary user.

No registry of images is asked. A stand-in takes the place of the base image: the same Debian with the same Python, made
by mmdebstrap, its Python linked to where the real one has it. So the Dockerfile is proved, unchanged; the real base
image is not. ``PYTHON_IMAGE`` names one that is there to be used instead.

runc and not crun, cgroupfs and no systemd, the chroot isolation for the build: these work inside containers too.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
TOOLS = ("buildah", "podman", "runc", "mmdebstrap")
PODMAN = ("podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs")
PACKAGES = "ca-certificates,python3,python3-venv,python3-pip"
SLIM = ("path-exclude=/usr/share/doc/*", "path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*")
LINKS = (
    'cd "$1/usr/local/bin" && ln -s /usr/bin/python3 python3 && ln -s python3 python && ln -s /usr/bin/pip3 pip3'
    ' && ln -s pip3 pip && rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED'
)
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
LOCKED_DOWN = (
    *("--network", "host", "--read-only", "--read-only-tmpfs=false"),
    *("--tmpfs", "/tmp:rw,noexec,nosuid,size=16m"),  # noqa: S108 - inside the container
    *("--cap-drop", "all", "--security-opt", "no-new-privileges", "--memory", "512m", "--pids-limit", "128"),
    *("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096", "--no-healthcheck", "--pull", "never"),
    *(part for shell in ("dash", "bash") for part in ("--volume", f"/dev/null:/usr/bin/{shell}:ro")),
)
"""As strict as a cluster's restricted profile, and without a shell. The health check is asked for by the tests."""
BUILD_S, COMMAND_S = 900.0, 120.0


class CannotRunError(RuntimeError):
    """The image cannot be built or run on this machine, and why."""


def run(*command: str, within_s: float = COMMAND_S) -> str:
    """Run to the end. Raises CannotRunError with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False, cwd=ROOT)
    if done.returncode:
        raise CannotRunError(f"{' '.join(command[:6])} ... ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout.strip()


def tool(name: str) -> Path:
    """A program of the extra ``ops``. Raises CannotRunError where it is not installed."""
    if not (path := Path(sys.executable).with_name(name)).exists():
        raise CannotRunError(f"{name} is not beside this Python: `make ops` brings it")
    return path


def base_image() -> str:
    """The image the build begins with: the one given, or the stand-in; made once a machine."""
    if given := os.environ.get("PYTHON_IMAGE"):
        return given
    if absent := [tool for tool in TOOLS if shutil.which(tool) is None]:
        raise CannotRunError(
            f"{' and '.join(absent)} not found: apt-get install --no-install-recommends {' '.join(TOOLS)}"
        )
    version, suite = wanted_python()
    recipe = hashlib.sha256(repr((suite, PACKAGES, SLIM, LINKS, PATH)).encode()).hexdigest()[:12]
    name = f"localhost/python-stand-in:{version}-{suite}-{recipe}"
    if subprocess.run([*PODMAN, "image", "exists", name], check=False).returncode:
        _make(name, suite)
    return name


def wanted_python() -> tuple[str, str]:
    """Python's version and Debian's name, as the Dockerfile's base image has them."""
    found = re.search(r"^ARG PYTHON_IMAGE=python:([\d.]+)-slim-(\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert found is not None, "the Dockerfile names no slim Python image"
    return found[1], found[2]


def _make(name: str, suite: str) -> None:
    options = [f"--dpkgopt={option}" for option in ("force-unsafe-io", *SLIM)]
    archive = ROOT / ".cache" / "stand-in.tar"
    archive.parent.mkdir(exist_ok=True)
    bootstrap = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", f"--customize-hook={LINKS}"]
    run(*bootstrap, *options, suite, str(archive), within_s=BUILD_S)
    changes = ["--change", f"ENV PATH={PATH}", "--change", 'CMD ["python3"]']
    run(*PODMAN, "import", "--quiet", *changes, str(archive), name)
    archive.unlink()


def build(base: str, tag: str, *options: str, folder: Path = ROOT) -> str:
    """Build the Dockerfile of a folder; returns the image's id. Layers of an earlier build are used again."""
    secret = ["--secret", f"id=ca,src={os.environ['SSL_CERT_FILE']}"] if "SSL_CERT_FILE" in os.environ else []
    command = ["buildah", "bud", "--quiet", "--format", "docker", "--isolation", "chroot", "--pull-never", "--layers"]
    return run(
        *command, *secret, "--build-arg", f"PYTHON_IMAGE={base}", *options, "--tag", tag, str(folder), within_s=BUILD_S
    )


def inspect(image: str) -> dict[str, Any]:
    """What an image, or a container, is made of."""
    found: dict[str, Any] = json.loads(run(*PODMAN, "inspect", image))[0]
    return found


class Container:
    """One container, locked down, on the host's network; ``settings`` is mounted, and named in the environment."""

    def __init__(self, image: str, settings: Path, name: str, *options: str) -> None:
        self.name = name
        settings.chmod(0o644)
        mount = (
            "--volume",
            f"{settings}:/etc/kafka-sendblue.yaml:ro",
            "--env",
            "SENDBLUE_CONFIG=/etc/kafka-sendblue.yaml",
        )
        run(*PODMAN, "run", "--detach", "--name", name, *LOCKED_DOWN, *mount, *options, image)

    def logs(self) -> str:
        """What it wrote."""
        done = subprocess.run([*PODMAN, "logs", self.name], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def exec(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command inside, to its end."""
        return subprocess.run([*PODMAN, "exec", self.name, *command], capture_output=True, text=True, check=False)

    def stop(self, grace_s: int) -> tuple[int, float]:
        """SIGTERM, and SIGKILL after the grace time; returns exit code and seconds, podman's own too."""
        began = time.monotonic()
        run(*PODMAN, "stop", "--time", str(grace_s), self.name, within_s=grace_s + COMMAND_S)
        took = time.monotonic() - began
        return int(inspect(self.name)["State"]["ExitCode"]), took

    def status(self) -> dict[str, str]:
        """The main process as the kernel knows it, seen from outside: user, capabilities, seccomp."""
        lines = Path(f"/proc/{inspect(self.name)['State']['Pid']}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def remove(self) -> None:
        """Gone, whatever its state."""
        subprocess.run([*PODMAN, "rm", "--force", "--time", "0", self.name], capture_output=True, check=False)


def once(image: str, program: str, *arguments: str) -> str:
    """Run another program of the image to its end, locked down; what it printed."""
    return run(*PODMAN, "run", "--rm", *LOCKED_DOWN, "--entrypoint", program, image, *arguments)


def files(image: str, archive: Path) -> set[str]:
    """The files of an image of one layer."""
    run(*PODMAN, "save", "--quiet", "--format", "docker-archive", "--output", str(archive), image)
    with tarfile.open(archive) as saved:
        (layer,) = json.load(_member(saved, "manifest.json"))[0]["Layers"]
        with tarfile.open(fileobj=_member(saved, layer)) as tar:
            return {one.name for one in tar if not one.isdir()}


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    assert found is not None
    return found


def size_mb(image: str) -> float:
    """The image's size, all layers, uncompressed."""
    return float(inspect(image)["Size"]) / 1e6


def names(prefix: str) -> Sequence[str]:
    """Two names nobody else on this machine uses."""
    return [f"{prefix}-{os.getpid()}-{n}" for n in range(2)]
