"""A Prometheus that scrapes one address every second, and what may be asked of it: queries as Grafana spells them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import yaml

from connector.simulator.ports import free_ports
from tests.ops.live import WITHIN_S, tool

EVERYTHING: Mapping[str, str] = {
    "$__rate_interval": "15s",
    "$__range": "60s",
    "$namespace": ".*",
    "$job": ".+",
    "$instance": ".+",
}
"""Grafana's variables, with "All" picked."""
EACH_SECOND = {"scrape_interval": "1s", "evaluation_interval": "1s"}


class Prometheus:
    """One that runs."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def ask(self, path: str, **asked: str | float) -> Any:
        """The data of an answer. Raises AssertionError with what Prometheus found wrong."""
        filled = {key: _filled(value) if isinstance(value, str) else value for key, value in asked.items()}
        answer = (await self._client.get(f"/api/v1/{path}", params=filled)).json()
        assert answer["status"] == "success", f"{asked}: {answer.get('error')}"
        return answer["data"]

    async def scraped(self, times: int) -> None:
        """Wait until it has scraped so many times."""
        await self.shows(f"count_over_time(sendblue_ready[5m]) >= {times}")

    async def shows(self, expr: str) -> None:
        """Wait until a query finds something. Raises AssertionError when it does not."""
        end = time.monotonic() + WITHIN_S
        while not await self._finds(expr):
            assert time.monotonic() < end, f"in vain waited for {expr}"
            await asyncio.sleep(0.5)

    async def silent(self, exprs: Iterable[str]) -> list[str]:
        """Those that find nothing however often they are asked: a scrape that took a second or more counts for none."""
        end, left = time.monotonic() + WITHIN_S, list(exprs)
        while left := [one for one in left if not (await self.ask("query", query=one))["result"]]:
            if time.monotonic() > end:
                break
            await asyncio.sleep(0.5)
        return left

    async def _finds(self, expr: str) -> bool:
        try:
            if (await self._client.get("/-/ready")).status_code != HTTPStatus.OK:
                return False
        except httpx2.TransportError:
            return False
        return bool((await self.ask("query", query=expr))["result"])


@asynccontextmanager
async def scraping(metrics: str, folder: Path, **more: object) -> AsyncIterator[Prometheus]:
    """One that scrapes this address, with its data in the folder; ended with the block. ``more``: configuration."""
    program, (port,) = tool("prometheus", "prometheus"), free_ports(1)
    job = {"job_name": "kafka-sendblue", "static_configs": [{"targets": [urlsplit(metrics).netloc]}]}
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump({"global": EACH_SECOND, "scrape_configs": [job], **more}))
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=log,
        )
        try:
            async with httpx2.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=WITHIN_S
            ) as client:
                yield Prometheus(client)
        finally:
            process.terminate()
            await process.wait()


def _filled(expr: str) -> str:
    for variable, value in EVERYTHING.items():
        expr = expr.replace(variable, value)
    return expr
