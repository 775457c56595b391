"""What this machine lets containers do, found out by doing the smallest thing that needs it.

A program that is not installed is a failure, for it can be installed. What the kernel refuses, or whoever runs us in a
container of theirs, is another matter: then the tests of the image cannot run here, and a line at the end says why.
"""

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


def driver(tried: Tried = works, storage: Path = STORAGE, *, root: bool = ROOT) -> str | None:
    """``vfs`` where layers cannot be laid over each other, as inside most containers: slower, and much larger.

    Only root can try that; to others it is left what their engine does.
    """
    if not root:
        return None
    storage.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=storage) as folder:
        return None if tried("unshare", "--mount", "sh", "-c", MOUNTED, "sh", folder) else "vfs"
