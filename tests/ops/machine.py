"""What this machine lets containers do, found out by doing the smallest thing that needs it.

A program that is not installed is a failure, for it can be installed. What the kernel refuses, or whoever runs us in a
container of theirs, is another matter: then the tests of the image cannot run here, and a line at the end says why.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

SPACES = ("unshare", "--mount", "--pid", "--ipc", "--uts", "--fork")
STORAGE = Path("/var/lib/containers")
MOUNTED = 'cd "$1" && mkdir l u w m && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w none m'
ROOT = os.geteuid() == 0
Tried = Callable[..., bool]


def works(*command: str) -> bool:
    """Whether it ends with 0."""
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
    except OSError:
        return False


def refusal(tried: Tried = works, *, root: bool = ROOT) -> str | None:
    """Why no container can be built and run here; None when nothing is known against it."""
    if not tried(*SPACES, *(() if root else ("--map-root-user",)), "true"):
        return "this machine lets nobody make namespaces of their own"
    if root and not tried("sh", "-c", "test -w /sys/fs/cgroup || test -w /sys/fs/cgroup/memory"):
        return "the control groups of this machine cannot be written, so no container can be bounded"
    return None


def layered(tried: Tried = works, storage: Path = STORAGE, *, root: bool = ROOT) -> bool:
    """Whether layers can be laid over each other, which most containers do not let whoever is in them.

    Only root can try that; to others it is left what their engine does.
    """
    if not root:
        return True
    storage.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=storage) as folder:
        return tried("unshare", "--mount", "sh", "-c", MOUNTED, "sh", folder)


def copying(folder: Path) -> dict[str, str]:
    """The environment in which Buildah and Podman copy layers instead, into this folder: slower, and much larger.

    ``STORAGE_DRIVER`` would say it in a word, and root's Buildah 1.28 and Podman 4.3 do not listen to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = {"driver": "vfs", "graphroot": str(folder / "layers"), "runroot": str(folder / "run")}
    file = folder / "storage.conf"
    file.write_text("".join(["[storage]\n", *(f"{name} = {json.dumps(value)}\n" for name, value in places.items())]))
    return {"CONTAINERS_STORAGE_CONF": str(file)}
