"""What keeps a connector from starting, before it has spoken to Kafka."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connector.app import Connector, StartRefused
from connector.demo_plan import DemoPlan
from connector.settings_kafka import RegistryPart
from connector.simulator.registry import embedded_registry
from connector.simulator.server import serving


async def test_schemas_nobody_registered_are_a_sentence() -> None:
    """With auto_register off, the operator is told what to run."""
    async with embedded_registry() as url:
        settings = DemoPlan().settings("127.0.0.1:1", url, "http://127.0.0.1:1")
        manual = settings.model_copy(update={"registry": RegistryPart(url=url, auto_register=False)})
        with pytest.raises(StartRefused, match="schemas register"):
            await Connector(manual).run(asyncio.Event())


async def test_a_schema_the_registry_refuses_is_a_sentence() -> None:
    """An incompatible version is not waited for."""

    async def refuse(_: Request) -> Response:
        return JSONResponse({"error_code": 409, "message": "no"}, 409)

    async with serving(Starlette(routes=[Route("/{path:path}", refuse, methods=["GET", "POST", "PUT"])])) as url:
        with pytest.raises(StartRefused, match="refuses the schema"):
            await Connector(DemoPlan().settings("127.0.0.1:1", url, "http://127.0.0.1:1")).run(asyncio.Event())
