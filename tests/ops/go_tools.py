"""Tools that are built from their Go modules, once, into .cache; versions and checksums are those of tools/NAME/go.mod.

What a tool costs the first time, in seconds of CPU: pod-security 60, helm-unittest 90, pint 90. Later a second.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINARIES = ROOT / ".cache" / "ops" / "bin"
PACKAGES = {
    "pod_security": ".",
    "helm_unittest": "github.com/helm-unittest/helm-unittest/cmd/helm-unittest",
    "pint": "github.com/cloudflare/pint/cmd/pint",
}

go_needed = pytest.mark.skipif(shutil.which("go") is None, reason="Go is needed to build what judges here")
"""Debian's own Go is too old for these modules, so it is not installed for them."""


def built(module: str) -> Path:
    """The program of a module. Raises CalledProcessError when it does not build."""
    program = BINARIES / module.replace("_", "-")
    environment = {**os.environ, "GOCACHE": str(ROOT / ".cache" / "go-build")}
    command = ["nice", "-n", "5", "go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(program), PACKAGES[module]]
    subprocess.run(command, check=True, cwd=ROOT / "tests" / "ops" / "tools" / module, env=environment)
    return program
