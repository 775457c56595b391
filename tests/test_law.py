"""The law: core decides, everything else acts, and imports run one way."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "connector"
ACTING = {"time", "random", "os", "asyncio", "logging", "threading", "socket", "uuid", "secrets", "subprocess"}
EDGES = {"kafka", "sendblue", "web", "observability"}


@cache
def modules() -> dict[str, set[str]]:
    """Every module with the modules it imports."""
    return {str(path.relative_to(ROOT)): imports(path) for path in sorted(ROOT.rglob("*.py"))}


def imports(path: Path) -> set[str]:
    """The dotted names a file imports, deferred ones too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            if node.module == "connector":
                found |= {f"connector.{alias.name}" for alias in node.names}
    return found


def layer(name: str) -> str:
    """The part of the connector a module belongs to: ``core``, an edge, ``roles`` or ``top``."""
    parts = name.removesuffix(".py").replace("/", ".").split(".")
    if parts[0] == "core" or parts[0] in EDGES or parts[0] == "simulator":
        return parts[0]
    return "roles" if parts[0] == "roles" else "top"


def ours(imported: set[str]) -> set[str]:
    """The layers among the imports that are the connector's own."""
    names = {name.removeprefix("connector.") for name in imported if name.startswith("connector.")}
    return {layer(name) for name in names}


ALLOWED = {
    "core": {"core"},
    "kafka": {"core", "kafka"},
    "sendblue": {"core", "sendblue", "top"},
    "web": {"core", "web"},
    "observability": {"core", "observability"},
    "simulator": {"core", "simulator"},
    "roles": {"core", "roles"},
    "top": {"core", "roles", "top", "simulator", *EDGES},
}


@pytest.mark.parametrize("name", modules())
def test_imports_run_one_way(name: str) -> None:
    """core <- edges and roles <- the top: edges know no other edge and no role, roles know no edge."""
    own = layer(name)
    found = ours(modules()[name])
    if own == "sendblue":
        assert modules()[name] & {"connector.app", "connector.settings", "connector.cli"} == set()

    assert found <= ALLOWED[own]


@pytest.mark.parametrize("name", [name for name in modules() if layer(name) == "core"])
def test_core_is_pure(name: str) -> None:
    """Core imports the standard library and itself, and nothing that reads a clock, chance or the world."""
    foreign = {i for i in modules()[name] if not i.startswith("connector.core")}

    assert {i.split(".")[0] for i in foreign} <= set(sys.stdlib_module_names) - ACTING


def test_nothing_imports_in_a_circle() -> None:
    """No module reaches itself through its imports."""
    graph = {
        "connector." + name.removesuffix(".py").replace("/", ".").removesuffix(".__init__"): found
        for name, found in modules().items()
    }

    def reach(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name not in done:
            for following in graph[name] & graph.keys() - {"connector.__init__"}:
                reach(following, (*path, name))
            done.add(name)

    done: set[str] = set()
    for name in graph:
        reach(name, ())


@pytest.mark.parametrize("name", modules())
def test_files_stay_small(name: str) -> None:
    """One idea a file: none has more than 300 lines, and each says what it is at its head."""
    text = (ROOT / name).read_text()

    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(ast.parse(text))
