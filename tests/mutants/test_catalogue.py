"""The catalogue of mutants keeps up with the source. The mutants themselves run with `make mutants`."""

from pathlib import Path

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutation import Drifted, Mutant

ROOT = Path(__file__).parents[2]


def test_there_are_enough_and_each_has_a_name() -> None:
    """Twenty rules at least, no two under one name."""
    names = {mutant.name for mutant in MUTANTS}

    assert len(MUTANTS) >= 20
    assert len(names) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_still_applies(mutant: Mutant) -> None:
    """Its text is found once, what it becomes is a program, and the tests it names are there."""
    path = ROOT / "connector" / mutant.file
    source = path.read_text()
    changed = mutant.of(source)
    compile(changed, path, "exec")

    assert changed != source
    assert [name for name in mutant.tests if not (ROOT / "tests" / name.partition("::")[0]).is_file()] == []


@pytest.mark.parametrize("text", ["", "a rule, and the same rule again"])
def test_a_text_that_is_not_there_once_is_told(text: str) -> None:
    """Not there, or there twice: the source has changed since the mutant was written."""
    mutant = Mutant("m", "in words", "a page", "core/x.py", "rule", "no rule", ())

    with pytest.raises(Drifted, match=r"connector/core/x\.py"):
        mutant.of(text)
