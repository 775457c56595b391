"""Prometheus's own checker finds nothing to say of a live connector's metrics."""

from connector.demo_plan import DemoPlan
from tests.ops.live import fetched, live, ran, tool


async def test_promtool_finds_nothing() -> None:
    """Neither a format error nor a name against the conventions."""
    promtool = tool("promtool", "prometheus")
    async with live(DemoPlan(seconds=300, seed=3), settled=20) as demo:
        body = await fetched(demo.addresses["metrics"])
    code, out, errors = await ran(promtool, "check", "metrics", stdin=body.encode())

    assert (code, out + errors) == (0, b"")


async def test_promtool_would_find_something() -> None:
    """The same check of a bad name fails: it looks."""
    promtool = tool("promtool", "prometheus")
    code, _, _ = await ran(
        promtool, "check", "metrics", stdin=b"# TYPE bad_seconds_count counter\nbad_seconds_count 1\n"
    )

    assert code != 0
