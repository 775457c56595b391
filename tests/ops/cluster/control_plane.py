"""The control plane at work on the loopback address, without containers; its end is waited for."""

import contextlib
import json
import os
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from connector.simulator.ports import free_ports
from tests.ops.cluster.building import built

TOKEN = "admin-token"
READY_S, STOP_S = 120.0, 30.0


class ControlPlane:
    """Its processes. ``folder`` holds their files and logs; ``kubeconfig`` is how Helm reaches it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = ("etcd", "peer", "api", "manager", "scheduler")
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self._ports['api']}"

    @property
    def authority(self) -> Path:
        """The certificate by which the API server is known."""
        return self.folder / "certs" / "apiserver.crt"

    @property
    def kubeconfig(self) -> Path:
        """For clients."""
        return self.folder / "kubeconfig"

    def start(self) -> None:
        """Returns once the API server is ready. Raises TimeoutError, with the end of its log."""
        key = self.folder / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        (self.folder / "tokens.csv").write_text(f"{TOKEN},admin,1,system:masters\n")
        self._etcd()
        self._api_server(key)
        self._wait()
        self._write_kubeconfig()
        common = ["--kubeconfig", str(self.kubeconfig), "--leader-elect=false", "--bind-address", "127.0.0.1"]
        self._run(
            "kube-controller-manager",
            *common,
            f"--secure-port={self._ports['manager']}",
            f"--service-account-private-key-file={key}",
            f"--root-ca-file={self.authority}",
            "--controllers=*,-node-lifecycle-controller,-taint-eviction-controller",  # the nodes have no heartbeat
        )
        self._run("kube-scheduler", *common, f"--secure-port={self._ports['scheduler']}")

    def stop(self) -> None:
        """The last one started ends first."""
        for process in reversed(self._processes):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
            if process.poll() is None:
                process.kill()
                process.wait()

    def _etcd(self) -> None:
        client, peer = (f"http://127.0.0.1:{self._ports[name]}" for name in ("etcd", "peer"))
        self._run(
            "server",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )

    def _api_server(self, key: Path) -> None:
        self._run(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._ports['etcd']}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self._ports['api']}",
            f"--cert-dir={self.folder / 'certs'}",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--anonymous-auth=false",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
        )

    def _run(self, program: str, *arguments: str) -> None:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        with (self.folder / f"{program}.log").open("wb") as log:
            command = ["nice", "-n", "5", str(built() / program), *arguments]
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._processes.append(process)

    def _wait(self) -> None:
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            if self.authority.exists() and self._is_ready():
                return
            time.sleep(0.5)
        raise TimeoutError((self.folder / "kube-apiserver.log").read_text()[-2000:])

    def _is_ready(self) -> bool:
        import httpx2  # noqa: PLC0415 - beside its only use

        with contextlib.suppress(httpx2.HTTPError):
            headers = {"authorization": f"Bearer {TOKEN}"}
            context = ssl.create_default_context(cafile=str(self.authority))
            return httpx2.get(f"{self.url}/readyz", headers=headers, verify=context).status_code == 200
        return False

    def _write_kubeconfig(self) -> None:
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "ops", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": TOKEN}}],
            "contexts": [{"name": "ops", "context": {"cluster": "ops", "user": "admin"}}],
            "current-context": "ops",
        }
        self.kubeconfig.write_text(json.dumps(config))


@contextlib.contextmanager
def control_plane(folder: Path) -> Iterator[ControlPlane]:
    """One that is ready, and is stopped at the end."""
    plane = ControlPlane(folder)
    try:
        plane.start()
        yield plane
    finally:
        plane.stop()
