"""A Kubernetes control plane built from its Go modules, once, into .cache: etcd, API server, controllers, scheduler.

The versions and checksums are those of tools/k8s/go.mod and go.sum. The first build takes 10 minutes on two idle cores
and 3 GB of disk; with the build cache it takes half a minute.
"""

import os
import subprocess
from pathlib import Path

from tests.ops.go_tools import needed_go

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".cache"
BINARIES = CACHE / "ops" / "bin"
MODULE = ROOT / "tests" / "ops" / "tools" / "k8s"
PACKAGES = {
    "server": "go.etcd.io/etcd/server/v3",  # a Go command is named by its folder; this one is etcd
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
}


def built() -> Path:
    """The folder with the four programs. Raises RuntimeError without Go, CalledProcessError when a build fails."""
    if all((BINARIES / name).exists() for name in PACKAGES):
        return BINARIES
    BINARIES.mkdir(parents=True, exist_ok=True)
    command = ["nice", "-n", "10", needed_go(), "build", "-trimpath", f"-ldflags={_flags()}", "-o", f"{BINARIES}/"]
    environment = {**os.environ, "GOCACHE": str(CACHE / "go-build")}
    subprocess.run([*command, *PACKAGES.values()], check=True, cwd=MODULE, env=environment)
    return BINARIES


def version() -> str:
    """The version of Kubernetes, as go.mod names it."""
    lines = (MODULE / "go.mod").read_text().splitlines()
    return next(line.split()[-1] for line in lines if line.startswith("require k8s.io/kubernetes "))


def _flags() -> str:
    """Without these the server would call itself v0.0.0, and a chart's kubeVersion would be refused."""
    variable = "k8s.io/component-base/version"
    major, minor, _ = version().removeprefix("v").split(".")
    named = {"gitVersion": version(), "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s", "-w", *(f"-X {variable}.{name}={value}" for name, value in named.items())])
