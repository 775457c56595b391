"""A simulator in memory: called without sockets, its clock set by hand, its callbacks kept in a list."""

import json
from typing import Any

import httpx2

from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.connections import Delivery
from connector.simulator.faults import Faults

LINE, OTHER_LINE, PERSON, ANOTHER = "+13035550100", "+13035550101", "+12025550123", "+12025550124"
KEYS = {"sb-api-key-id": "demo-key", "sb-api-secret-key": "demo-secret"}
BEGIN = 1_770_000_000.0
"""2026-02-02 02:40 UTC, an evening in New York."""


class Stage:
    """``now``: seconds since the epoch. ``told``: deliveries so far; whoever wants an answer calls their ``done``."""

    def __init__(self, faults: Faults | None = None, **settings: Any) -> None:
        self.now = BEGIN
        self.told: list[Delivery] = []
        lines = settings.pop("lines", (LINE, OTHER_LINE))
        self.simulator = Simulator(SimulatorSettings(lines, **settings), faults, lambda: self.now, self.told.append)
        transport = httpx2.ASGITransport(self.simulator.app())
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://simulator", headers=KEYS)

    async def send(
        self, number: str = PERSON, line: str = LINE, content: str = "Hello", **more: Any
    ) -> httpx2.Response:
        """One text to a person."""
        body = {"number": number, "from_number": line, "content": content, **more}
        return await self.client.post("/api/send-message", json=body)

    async def group(self, line: str = LINE, content: str = "Hello", **more: Any) -> httpx2.Response:
        """One text to a group."""
        return await self.client.post("/api/send-group-message", json={"from_number": line, "content": content, **more})

    async def get(self, path: str, **values: Any) -> dict[str, Any]:
        """The body of a look-up."""
        body: dict[str, Any] = (await self.client.get(path, params=values)).json()
        return body

    async def put(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Change something."""
        return await self.client.put(path, json=body)

    async def post(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Do something."""
        return await self.client.post(path, json=body)

    async def handles(self, **filters: Any) -> list[str]:
        """The handles of a page of the list."""
        page = await self.get("/api/v2/messages", **filters)
        return [row["message_handle"] for row in page["data"]]

    def heard(self) -> list[dict[str, Any]]:
        """The bodies told so far."""
        return [json.loads(delivery.body) for delivery in self.told]

    def totals(self) -> dict[str, Any]:
        """What the simulator saw."""
        return self.simulator.record.totals()
