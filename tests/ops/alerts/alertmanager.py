"""A real Alertmanager that tells a receiver on the loopback address, and the committed rules in a hurry.

Nothing of a rule is changed but its ``for``: so many seconds as it has minutes, so that nobody waits a minute for the
first alert. Alertmanager waits a second before it tells; what inhibits what says its configuration in ``deploy``.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.simulator.ports import free_ports
from connector.simulator.server import serving
from tests.ops.alerts.files import FOLDER, ROOT
from tests.ops.live import WITHIN_S, tool

CONFIG = ROOT / "deploy" / "prometheus" / "alertmanager.yml"
SHORTER = {"h": "m", "m": "s", "s": "s"}
ROUTE = {
    "receiver": "people",
    "group_by": ["alertname"],
    "group_wait": "1s",
    "group_interval": "1s",
    "repeat_interval": "1h",
}
Told = dict[str, Any]
"""One alert, as Alertmanager's webhook tells it."""


class Receiver:
    """Whoever is on call: keeps all it was told, and hands it on in that order."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._more = asyncio.Condition()

    def app(self) -> Starlette:
        """Where Alertmanager's webhooks go."""
        return Starlette(routes=[Route("/", self._take, methods=["POST"])])

    async def alert(self, name: str, status: str) -> Told:
        """The first alert of this name that is ``firing`` or ``resolved``; waits for it. Raises TimeoutError."""
        async with asyncio.timeout(WITHIN_S), self._more:
            await self._more.wait_for(lambda: any(self._named(name, status)))
        return next(self._named(name, status))

    def _named(self, name: str, status: str) -> Iterator[Told]:
        return (one for one in self.told if (one["labels"]["alertname"], one["status"]) == (name, status))

    async def _take(self, request: Request) -> Response:
        async with self._more:
            self.told += (await request.json())["alerts"]
            self._more.notify_all()
        return Response()


@asynccontextmanager
async def on_call(folder: Path) -> AsyncIterator[tuple[Receiver, dict[str, object]]]:
    """A receiver, and what a Prometheus must be configured with for its alerts to get there; ended with the block."""
    receiver, program, (port,) = Receiver(), tool("prometheus-alertmanager", "prometheus-alertmanager"), free_ports(1)
    config = folder / "alertmanager.yml"
    async with serving(receiver.app()) as url:
        people = {"name": "people", "webhook_configs": [{"url": url, "send_resolved": True}]}
        config.write_text(yaml.safe_dump(yaml.safe_load(CONFIG.read_text()) | {"route": ROUTE, "receivers": [people]}))
        with (folder / "alertmanager.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                program,
                f"--config.file={config}",
                f"--storage.path={folder / 'alerts'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
                stdout=log,
                stderr=log,
            )
            try:
                yield receiver, asked_of_prometheus(f"http://127.0.0.1:{port}", folder)
            finally:
                process.terminate()
                await process.wait()


def asked_of_prometheus(alertmanager: str, folder: Path) -> dict[str, object]:
    """The parts of its configuration: where alerts go, and which rules there are."""
    targets = [{"targets": [urlsplit(alertmanager).netloc]}]
    return {"alerting": {"alertmanagers": [{"static_configs": targets}]}, "rule_files": hurried(folder)}


def hurried(folder: Path) -> list[str]:
    """The committed rules, written into the folder with nothing changed but how long each must hold."""
    paths = []
    for path in sorted(FOLDER.glob("*.yaml")):
        rules = yaml.safe_load(path.read_text())
        for rule in (rule for group in rules["groups"] for rule in group["rules"] if "for" in rule):
            rule["for"] = rule["for"][:-1] + SHORTER[rule["for"][-1]]
        (folder / path.name).write_text(yaml.safe_dump(rules))
        paths.append(str(folder / path.name))
    return paths
