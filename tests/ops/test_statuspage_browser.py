"""The status page in a real browser: it renders without a complaint, fits a phone, and follows light and dark."""

import json
import os
import re
import zlib
from html import escape
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from connector.demo_plan import DemoPlan
from tests.ops.live import fetched, live, ran, tool
from tests.web.peers import served

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--enable-logging=stderr",
)  # fmt: skip
PLAN = DemoPlan(seconds=300, lines=6, gap_s=0.4, rate=18, seed=3)
KEPT = "STATUSZ_IMAGE"
"""The environment variable that names a file to keep the picture in: docs/images/statusz.png."""
WRAPPER = """<!doctype html><iframe src="/page" width="{width}" height="900" style="border:0"></iframe><script>
onload=()=>{{const d=document.querySelector("iframe").contentDocument;document.body.dataset.found=JSON.stringify(
{{wide:d.documentElement.scrollWidth,rows:d.querySelectorAll(".wide tbody tr").length,text:d.body.innerText}})}}
</script>"""


async def browser(profile: Path, *arguments: str) -> tuple[str, list[str]]:
    """What Chromium prints, and what the page complained of."""
    code, out, errors = await ran(
        tool("chromium", "chromium fonts-dejavu-core"), *FLAGS, f"--user-data-dir={profile}", *arguments
    )
    assert code == 0, errors.decode()[-2_000:]
    return out.decode(), [line for line in errors.decode().splitlines() if ":CONSOLE" in line]


def first_pixel(png: bytes) -> tuple[int, ...]:
    """Red, green and blue of the upper left corner; what is before the first pixel is nought, whatever the filter."""
    data, at = b"", 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + size]
        at += size + 12
    return tuple(zlib.decompress(data)[1:4])


def keep(picture: Path) -> None:
    """For the docs, when somebody asks for it."""
    if (kept := os.environ.get(KEPT)) is not None:
        Path(kept).write_bytes(picture.read_bytes())


async def test_the_page_renders_in_light_and_dark(tmp_path: Path) -> None:
    """As it is served, with its policy: no complaint on the console, and the corner is as light or dark as asked."""
    corners = []
    async with live(PLAN, settled=60) as demo:
        for name, scheme in (("light", 1), ("dark", 0)):
            picture = tmp_path / f"{name}.png"
            _, complaints = await browser(
                tmp_path / f"profile-{name}",
                "--window-size=1180,1250",
                f"--blink-settings=preferredColorScheme={scheme}",
                f"--screenshot={picture}",
                demo.addresses["status"],
            )
            corners.append(first_pixel(picture.read_bytes()))

            assert complaints == []
    keep(tmp_path / "light.png")

    assert min(corners[0]) > 200
    assert max(corners[1]) < 60


@pytest.mark.parametrize("width", [360, 1100])
async def test_nothing_is_wider_than_the_screen(tmp_path: Path, width: int) -> None:
    """Of a phone, too; and all lines and topics are there, with words that a person reads."""
    async with live(PLAN, settled=20) as demo:
        html = await fetched(demo.addresses["status"], "text/html")
        state = json.loads(await fetched(demo.addresses["status"]))

    async def wrapper(_: Request) -> HTMLResponse:
        return HTMLResponse(WRAPPER.format(width=width))

    async def framed(_: Request) -> HTMLResponse:
        return HTMLResponse(re.sub(r'<meta http-equiv="refresh"[^>]*>', "", html))

    async with served(Starlette(routes=[Route("/", wrapper), Route("/page", framed)])) as port:
        dom, _ = await browser(tmp_path, "--dump-dom", "--virtual-time-budget=3000", f"http://127.0.0.1:{port}/")
    told = re.search(r'data-found="([^"]*)"', dom)
    assert told is not None, dom[:2_000]
    found = json.loads(told[1].replace("&quot;", '"').replace("&amp;", "&"))

    assert found["wide"] <= width
    assert found["rows"] == len(state["lines"]) + len(state["line_facts"]) + len(state["topics"])
    assert [line for line in state["lines"] if escape(line) not in found["text"]] == []
