"""The docs say what the code says."""

import re
from pathlib import Path

import pytest

from connector.reference import DOCS, pages

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["settings.md", "metrics.md", "cli.md", "schemas.md", "producers.md"])
def test_the_reference_pages_have_not_drifted(name: str) -> None:
    """Run `python -m connector.reference` after a change of settings, metrics, commands, schemas or refusals."""
    assert (DOCS / name).read_text() == pages()[name]


def test_files_named_in_the_docs_exist() -> None:
    """No page names a module or a page that is not there."""
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")):
        for named in re.findall(r"`((?:core|kafka|sendblue|web|simulator)/[a-z_]+\.py|[a-z_]+\.py)`", page.read_text()):
            assert (ROOT / "connector" / named).exists(), f"{page.name} names {named}"
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links {link}"


def test_the_readme_is_short() -> None:
    """A newcomer reads all of it."""
    assert len((ROOT / "README.md").read_text().splitlines()) < 150
