"""What the sources cite is in the repository: a reader must be able to follow it."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.mutants.catalogue import MUTANTS

ROOT = Path(__file__).parents[1]
FOLDERS = ("connector", "tests", "benchmarks")
OWN_PAGES = ("tests/test_citations.py", "tests/ops/")  # speak of pages that are made up, or lie in a chart
PAGE = re.compile(r"[\w./-]*\w\.md\b")
INVARIANT = re.compile(r"docs/reliability\.md, invariant (\d+)")
MODULE = re.compile(r"\b(?:core|roles|kafka|sendblue|web|wiring|commands)/\w+\.py\b")


def sources() -> Iterator[tuple[str, str]]:
    """Every module, by its path."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            yield str(path.relative_to(ROOT)), path.read_text()


def found(cited: re.Pattern[str]) -> set[tuple[str, str]]:
    """Who cites what."""
    return {(path, one) for path, text in sources() for one in cited.findall(text) if not path.startswith(OWN_PAGES)}


def places(name: str) -> list[Path]:
    """Where a cited page may lie; a name without a folder may be a generated one of docs."""
    return [ROOT / name, ROOT / "benchmarks" / name, *([] if "/" in name else [ROOT / "docs" / name])]


def test_every_page_that_is_cited_exists() -> None:
    """By its path from the root; a page that lies elsewhere is nobody's who reads this."""
    missing = {(path, page) for path, page in found(PAGE) if not any(place.is_file() for place in places(page))}

    assert missing == set()


def test_pages_of_docs_are_cited_by_their_path() -> None:
    """In prose: a bare name with a section behind it could be any page."""
    assert found(re.compile(r"(?<![/\w])[\w-]+\.md (?:section )?[A-Z]?\d+")) == set()


def test_every_invariant_that_is_cited_is_in_its_table() -> None:
    """By its number."""
    told = set(re.findall(r"^\| (\d+) \|", (ROOT / "docs/reliability.md").read_text(), re.MULTILINE))

    assert {number for _, number in found(INVARIANT)} <= told
    assert told == {str(number) for number in range(1, len(told) + 1)}
    assert len(told) >= 25


def test_every_module_that_keeps_a_rule_exists() -> None:
    """The catalogue of mutants names the module whose head states the rule."""
    cited = {module for mutant in MUTANTS for module in MODULE.findall(mutant.source)}

    assert {module for module in cited if not (ROOT / "connector" / module).is_file()} == set()
    assert cited
