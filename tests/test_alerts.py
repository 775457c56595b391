"""Alerts, runbooks, metrics and commands speak of the same things. What fires an alert is in tests/ops/alerts."""

import re
import shlex

import pytest
from typer.testing import CliRunner

from connector.cli import cli
from connector.observability.catalogue import CATALOGUE, OTHER
from tests.ops.alerts.files import ALERTS, FOLDER, ROOT, files

PAGE = (ROOT / "docs" / "runbooks.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
QUESTIONS = ("What is happening.", "How to confirm it.", "What to do.")
METRICS = {row.name: row for row in CATALOGUE}
RULES = "\n".join(files().values())
SELECTOR = re.compile(r"\b(sendblue_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
PLACE = {"job", "instance", "namespace", "app_kubernetes_io_instance", "app_kubernetes_io_component"}


def selectors(text: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Each metric that is asked for, by its name in the catalogue, with its matchers."""
    found = [(re.sub(r"_(bucket|count|sum)$", "", name), matchers) for name, matchers in SELECTOR.findall(text)]
    return [(name, MATCHER.findall(matchers)) for name, matchers in found]


def test_the_rules_have_not_drifted() -> None:
    """Run `python -m tests.ops.alerts` after a change of the tables."""
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == files()


def test_every_alert_has_a_runbook_and_the_reverse() -> None:
    """The address of an alert is its heading."""
    assert {alert.name for alert in ALERTS} == SECTIONS.keys()


@pytest.mark.parametrize("name", SECTIONS)
def test_a_runbook_answers_three_questions(name: str) -> None:
    """In their order, and says how urgent it is: as the rules do."""
    section = SECTIONS[name]
    severities = {str(alert.severity) for alert in ALERTS if alert.name == name}
    head = section.partition(QUESTIONS[0])[0]

    assert list(QUESTIONS) == re.findall("|".join(map(re.escape, QUESTIONS)), section)
    assert severities == set(re.findall(r"`(page|ticket)`", head))


@pytest.mark.parametrize("text", [RULES, PAGE], ids=["rules", "runbooks"])
def test_metrics_and_labels_are_in_the_catalogue(text: str) -> None:
    """Every metric, label and value: a misspelt one would be silent for ever."""
    asked = selectors(text)
    unknown = [name for name, _ in asked if name not in METRICS]
    labels = [(name, label) for name, all_ in asked for label, _, _ in all_ if name in METRICS]
    wrong = [one for one in labels if one[1] not in {*METRICS[one[0]].labels, *PLACE, "le"}]

    assert asked
    assert unknown == []
    assert wrong == []


def test_values_of_labels_are_in_the_catalogue() -> None:
    """Each value that a rule or a runbook names is one that the label can have."""
    wrong = []
    for name, matchers in selectors(RULES + PAGE):
        row = METRICS[name]
        for label, how, value in matchers:
            allowed = {*row.labels.get(label, ()), OTHER}
            if label in row.labels and label != "line":
                parts = value.split("|") if how in ("=~", "!~") else [value]
                wrong += [(name, label, part) for part in parts if not any(re.fullmatch(part, one) for one in allowed)]
            elif label == "le":
                wrong += [] if float(value) in row.buckets else [(name, label, value)]

    assert wrong == []


def test_an_alert_says_what_it_needs_to() -> None:
    """A number, with its unit behind it, in one sentence or two; and nothing of what a person wrote or is called."""
    for alert in ALERTS:
        assert "$value" in alert.description, alert.name
        assert alert.summary, alert.name
        assert re.search(r"number|contact|handle|request_id", alert.expr) is None, alert.name


def test_commands_of_the_runbooks_are_commands() -> None:
    """With every option they are shown with: an unknown one is refused before help is given."""
    shown = re.findall(r"^kafka-sendblue (.*)$|`kafka-sendblue ([^`]*)`", PAGE, re.MULTILINE)
    commands = [shlex.split(block or inline, comments=True) for block, inline in shown]
    ends = {tuple(command): CliRunner().invoke(cli, [*command, "--help"]).exit_code for command in commands}

    assert len(ends) > 10
    assert {command: code for command, code in ends.items() if code != 0} == {}
