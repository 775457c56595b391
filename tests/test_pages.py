"""Pages that people write: nothing stands twice, and what ought to stand apart does."""

import re
from collections import Counter
from pathlib import Path

import pytest

from connector.core.delays import FOR_LINE, MAKES_WAY, PLACELESS, TIMED, Wait

DOCS = Path(__file__).parents[1] / "docs"
GENERATED = {"cli.md", "metrics.md", "schemas.md", "settings.md"}
PAGES = sorted(page for page in DOCS.glob("*.md") if page.name not in GENERATED)
AFTER_FIVE_SECONDS = {Wait.MOVED}
"""Timed, and decided long before a record hops."""


def prose(page: Path) -> list[str]:
    """The lines of a page, code apart."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL).split("\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_is_told_twice(page: Path) -> None:
    """No step of a list has the number of another, and no lead word or row comes twice in a section."""
    sections = re.split(r"^#+ ", "\n".join(prose(page)), flags=re.MULTILINE)
    for section in sections:
        steps = [int(n) for n in re.findall(r"^(\d+)\. ", section, re.MULTILINE)]
        leads = Counter(re.findall(r"^\*\*(.+?)\*\*", section, re.MULTILINE))
        rows = Counter(re.findall(r"^\| ([A-Z_]+) \|", section, re.MULTILINE))

        assert steps == list(range(1, len(steps) + 1))
        assert {name for name, times in (leads + rows).items() if times > 1} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_headings_and_lead_words_stand_apart(page: Path) -> None:
    """A line that begins something new has an empty one before it."""
    lines = prose(page)
    begins = [at for at, line in enumerate(lines) if at and re.match(r"#+ |\*\*[A-Z]", line)]

    assert [lines[at] for at in begins if lines[at - 1].strip()] == []


def test_consumers_are_told_every_reason_to_be_deferred() -> None:
    """The codes in its row are the waits that a record may hop for, all of them."""
    row = re.findall(r"^\| DEFERRED \|.*$", (DOCS / "consumers.md").read_text(), re.MULTILINE)
    told = set(re.findall(r"\b[A-Z_]{4,}\b|\bNEW\b", " ".join(row))) - {"DEFERRED"}
    hops = (PLACELESS | TIMED | FOR_LINE | MAKES_WAY) - AFTER_FIVE_SECONDS

    assert told == {wait.name for wait in hops}
