"""Grafana's own types, as npm has them, fit the dashboards. What npm brings is kept in ``.cache``."""

import copy
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ops.dashboards import files
from tests.ops.dashboards.linter import Json, panels
from tests.ops.live import ran, tool

HERE = Path(__file__).parent / "types"
CACHE = Path(__file__).parents[3] / ".cache" / "dashboard-types"
TSC = ("--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler", "--module", "esnext")


def _of(dashboard: Json, kind: str) -> Json:
    return next(panel for panel in panels(dashboard) if panel["type"] == kind)


MISTAKES: dict[str, Callable[[Json], object]] = {
    "link": lambda d: d["links"][0].update(type="page"),
    "refresh": lambda d: d["templating"]["list"][1].update(refresh=7),
    "stacking": lambda d: _of(d, "timeseries")["fieldConfig"]["defaults"]["custom"]["stacking"].update(mode="high"),
    "color": lambda d: _of(d, "stat")["options"].update(colorMode="all"),
    "kind": lambda d: _of(d, "stat").update(type="number"),
    "number": lambda d: _of(d, "table").update(id="one"),
    "step": lambda d: _of(d, "stat")["fieldConfig"]["defaults"]["thresholds"]["steps"][0].update(color=1),
}


@pytest.fixture
async def tsc() -> str:
    """The compiler, beside the types; installed by the lock file's hashes when that changed."""
    npm = tool("npm", "npm")
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = CACHE / "package-lock.json"
    fresh = lock.exists() and lock.read_bytes() == (HERE / "package-lock.json").read_bytes()
    for one in HERE.iterdir():
        shutil.copy(one, CACHE)
    compiler = CACHE / "node_modules" / ".bin" / "tsc"
    if not (fresh and compiler.exists()):
        code, _, errors = await ran(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(CACHE))
        assert code == 0, errors.decode()
    return str(compiler)


async def test_grafanas_types_fit_and_do_not_fit_a_mistake(tsc: str) -> None:
    """The compiler finds nothing in what is made, and something in each copy with one mistake."""
    made = {name.removesuffix(".json"): json.loads(text) for name, text in files().items()}
    wrong = {f"wrong_{name}": copy.deepcopy(made["overview"]) for name in MISTAKES}
    for name, mistake in MISTAKES.items():
        mistake(wrong[f"wrong_{name}"])
    for name, dashboard in (made | wrong).items():
        (CACHE / f"{name}.ts").write_text(_typed(dashboard))

    _, out, errors = await ran(tsc, *TSC, *(str(CACHE / f"{name}.ts") for name in made | wrong))

    assert errors == b""
    assert set(re.findall(r"(\w+)\.ts\(", out.decode())) == wrong.keys(), out.decode()


def _typed(dashboard: Json) -> str:
    return (
        f"import type {{ Ours }} from './shapes';\nexport const dashboard: Ours = {json.dumps(dashboard, indent=1)};\n"
    )
