"""Every known counter-example has a test that bears its number: in its name, or in the first words of its docstring."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NAME = re.compile(r"test_(\d\d)(?:_and_(\d\d))?_")
TOLD = re.compile(r"Counter-example (\d+)")


@cache
def numbers() -> dict[int, list[str]]:
    """The numbers that tests bear, with the tests that bear them."""
    found: dict[int, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                named, told = NAME.match(node.name), TOLD.match(ast.get_docstring(node) or "")
                for number in (*(named.groups() if named else ()), *(told.groups() if told else ())):
                    if number:
                        found.setdefault(int(number), []).append(f"{path.name}::{node.name}")
    return found


@pytest.mark.parametrize("number", range(1, 39))
def test_each_counter_example_is_tested(number: int) -> None:
    """A rule that was mended once stays mended."""
    assert numbers().get(number), f"no test bears the number {number}"
