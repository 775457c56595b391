"""What cannot work is refused, in a sentence whose own --set mends it."""

import re
from pathlib import Path

import pytest

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.guards import ADVICE, CASES, Case, sentence, values_of, without_secrets  # noqa: E402 - after what it needs
from tests.ops.chart.rendering import Object, with_  # noqa: E402 - after what it needs
from tests.ops.chart.values_file import CHART  # noqa: E402 - after what it needs


def advised(values: Object, told: str) -> Object:
    """The values as the sentence says they should be set; Helm itself reads the --set."""
    import helm_python as helm  # noqa: PLC0415 - only these tests need it

    for as_text, pair in re.findall(r"--set(-string)? (\S+)", told):
        read = helm.parse_set_string_values if as_text else helm.parse_set_string
        values = _with_lists(values, read(pair))
    return values


def _with_lists(values: Object, over: Object) -> Object:
    """Lists of one element are joined by place, as several --set on one list are."""
    lines = over.get("config", {}).get("lines")
    if lines and values["config"]["lines"]:
        over = {"config": {"lines": [{**values["config"]["lines"][0], **lines[0]}]}}
    return with_(values, over)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.told)
def test_it_is_refused_and_its_advice_is_enough(case: Case) -> None:
    """With the --set that the sentence names, the chart is rendered."""
    told = sentence(values_of(case))

    assert case.told in told
    assert sentence(advised(without_secrets(values_of(case)), told)) == ""


def test_every_fault_is_told_at_once() -> None:
    """Nobody has to try six times: the bare chart names all that is missing."""
    told = sentence({})

    assert len(re.findall(r"^  \S", told, re.MULTILINE)) == 7


def test_every_guard_has_a_case() -> None:
    """Each sentence that a template can say is caused by one of the cases."""
    guards = (CHART / "templates" / "_guards.tpl").read_text()
    patterns = [_pattern(said) for said in re.findall(r'printf? "([^"]+?):? --set', guards)]
    told = "\n".join(sentence(values_of(case)) for case in CASES)

    assert len(patterns) >= 20
    assert [one for one in patterns if not re.search(one, told)] == []


def _pattern(said: str) -> str:
    return r"\S+".join(re.escape(part) for part in re.split("%[sd]", said))


def test_a_guard_speaks_of_settings_that_exist(tmp_path: Path) -> None:
    """No advice names a value that the schema would refuse."""
    said = [pair for case in CASES for pair in ADVICE.findall(sentence(values_of(case)))]

    assert said
    assert not [pair for pair in said if "=" not in pair]
