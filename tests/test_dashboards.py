"""Grafana's dashboards: what is committed is what is made now, and each of them keeps the linter's rules and ours."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.observability.catalogue import CATALOGUE, OTHER
from tests.ops.alerts import objectives
from tests.ops.dashboards import FOLDER, files, overview
from tests.ops.dashboards.linter import Json, lint, panels, selectors, targets
from tests.ops.dashboards.panels import RUNBOOKS

ROOT = Path(__file__).parents[1]
MADE = {name: json.loads(text) for name, text in files().items()}
LIBRARY = frozenset({"process", "python"})
"""What begins the names of the client library's own metrics."""

ADDED = frozenset({"instance", "le"})
"""Labels that no row of the catalogue has: Prometheus's own, and that of histograms."""
ROWS = {row.name: row for row in CATALOGUE}

Mistake = Callable[[Json], object]


def _row(metric: str) -> str:
    return re.sub(r"(?<=_seconds)_(bucket|count|sum)$", "", metric)


def _first(dashboard: Json) -> Json:
    return next(panels(dashboard))


def _asking(expr: str) -> Mistake:
    return lambda dashboard: _first(dashboard)["targets"][0].update(expr=expr)


def _variable(name: str, /, **keys: object) -> Mistake:
    return lambda dashboard: next(v for v in dashboard["templating"]["list"] if v["name"] == name).update(keys)


ALL = 'job=~"$job", instance=~"$instance"'
MISTAKES: dict[str, list[Mistake]] = {
    "template-datasource-rule": [
        _variable("datasource", label="Source"),
        lambda d: d["templating"]["list"].append(d["templating"]["list"][0]),
    ],
    "template-job-rule": [_variable("job", name="jobs"), _variable("job", allValue=".*")],
    "template-instance-rule": [_variable("instance", multi=False), _variable("instance", datasource={"uid": "x"})],
    "template-label-promql-rule": [_variable("job", query="labels(sendblue_ready, job)")],
    "template-on-time-change-reload-rule": [_variable("job", refresh=1)],
    "panel-datasource-rule": [
        lambda d: _first(d).update(datasource={"type": "prometheus", "uid": "abc"}),
        lambda d: _first(d)["targets"][0].update(datasource={"type": "loki", "uid": "$datasource"}),
    ],
    "panel-title-description-rule": [lambda d: _first(d).update(description=""), lambda d: _first(d).update(title="")],
    "panel-units-rule": [lambda d: _first(d)["fieldConfig"]["defaults"].update(unit="texts")],
    "panel-no-targets-rule": [lambda d: _first(d).update(targets=[])],
    "target-promql-rule": [_asking("sum(sendblue_ready"), _asking("sum(sendblue_ready)"), _asking("1")],
    "target-rate-interval-rule": [_asking(f"rate(sendblue_alarms_total{{{ALL}}}[5m])")],
    "target-job-rule": [_asking('sum(sendblue_ready{instance=~"$instance"})')],
    "target-instance-rule": [_asking('sum(sendblue_ready{job=~"$job", instance="$instance"})')],
    "target-counter-agg-rule": [
        _asking(f"sum(sendblue_alarms_total{{{ALL}}})"),
        _asking(f"max_over_time(sendblue_alarms_total{{{ALL}}}[1h])"),
    ],
    "uneditable-dashboard": [lambda d: d.update(editable=True)],
}


def test_what_is_committed_has_not_drifted() -> None:
    """Run `python -m tests.ops.dashboards` after a change of the dashboards."""
    assert {path.name: path.read_text() for path in FOLDER.glob("*.json")} == files()


@pytest.mark.parametrize("name", MADE)
def test_the_linter_has_nothing_to_say(name: str) -> None:
    """No rule is left out, and none has an exception."""
    assert lint(MADE[name]) == []


@pytest.mark.parametrize(
    ("rule", "mistake"), [(rule, mistake) for rule, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_linter_finds_each_mistake(rule: str, mistake: Mistake) -> None:
    """A dashboard with one mistake has findings of the rule against it."""
    dashboard = copy.deepcopy(MADE["overview.json"])
    mistake(dashboard)

    assert rule in {finding.split(":")[0] for finding in lint(dashboard)}


def test_each_metric_is_on_a_panel_and_none_is_made_up() -> None:
    """The catalogue and the dashboards name the same metrics, besides those of the client library."""
    shown = {one.metric for d in MADE.values() for _, expr in targets(d) for one in selectors(expr)}
    ours = {name for name in shown if name.split("_")[0] not in LIBRARY}

    assert ROWS.keys() == set(map(_row, ours))


def test_labels_and_their_values_exist() -> None:
    """A query asks for no label and no value that its metric cannot have, nor does a legend show one."""
    made_up = [f"{title}: {one}" for d in MADE.values() for title, expr in targets(d) for one in _made_up(expr)]
    made_up += [
        f"{panel['title']}: {target['legendFormat']}"
        for dashboard in MADE.values()
        for panel in panels(dashboard)
        for target in panel["targets"]
        if not set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= _grouped(target["expr"])
    ]

    assert made_up == []


def test_a_label_or_a_value_that_is_made_up_is_found() -> None:
    """The test above looks: one that exists, and one of each kind that does not."""
    assert list(_made_up('sum by (end) (rate(sendblue_messages_total{end=~"EXPIRED|DROPPED"}[5m]))')) == []
    assert list(_made_up('sum(sendblue_messages_total{end=~"EXPIRED|LOST"})')) == ["LOST"]
    assert list(_made_up('sum(sendblue_message_delay_seconds_bucket{le="30"})')) == ["30"]
    assert list(_made_up("sum by (lines) (sendblue_line_queue_records{})")) == ["lines"]


def _grouped(expr: str) -> set[str]:
    return {label for group in re.findall(r"by \(([^)]*)\)", expr) for label in group.split(", ")}


def _made_up(expr: str) -> Iterator[str]:
    labels = set(ADDED)
    for one in selectors(expr):
        if (row := ROWS.get(_row(one.metric))) is None:
            continue
        labels |= row.labels.keys()
        for label, value in re.findall(r'(\w+)(?:!?=|[=!]~)"([^"$]+)"', one.matchers):
            known = [str(edge) for edge in row.buckets] if label == "le" else [*row.labels.get(label, ()), OTHER]
            yield from (part for part in value.split("|") if part not in known and ".." not in part)
    yield from _grouped(expr) - labels


@pytest.mark.parametrize("name", MADE)
def test_each_panel_says_what_is_bad_and_where_to_read_on(name: str) -> None:
    """Three parts, and headings that are named are the runbook's; the list of alerts leads to all of them."""
    headings = {one.lower() for one in re.findall(r"^## (\w+)$", (ROOT / RUNBOOKS).read_text(), re.MULTILINE)}
    for panel in panels(MADE[name]):
        shows, bad, runbook = panel["description"].split("\n\n")

        assert shows.endswith(".")
        assert re.fullmatch(r"\*\*Bad:\*\* .+\.", bad), panel["title"]
        assert runbook.startswith("**Runbook:** `docs/runbooks.md"), panel["title"]
        assert set(named := re.findall(r"`docs/runbooks\.md#([^`]+)`", runbook)) <= headings, panel["title"]
        assert named or panel["type"] == "alertlist", panel["title"]


@pytest.mark.parametrize("name", MADE)
def test_the_four_lead_to_each_other(name: str) -> None:
    """With the time and the variables that are picked."""
    others = {f"/d/{one['uid']}" for file, one in MADE.items() if file != name}

    assert len(others) == 3
    assert {link["url"] for link in MADE[name]["links"] if link["keepTime"] and link["includeVars"]} == others


@pytest.mark.parametrize("name", MADE)
def test_they_are_read_only_show_deploys_and_refresh_themselves(name: str) -> None:
    """Every half minute; a deploy is a mark."""
    dashboard = MADE[name]
    (annotation,) = dashboard["annotations"]["list"]

    assert (dashboard["editable"], dashboard["refresh"]) == (False, "30s")
    assert annotation["enable"]
    assert {one.metric for one in selectors(annotation["target"]["expr"])} == {"sendblue_build_info"}


@pytest.mark.parametrize("name", MADE)
def test_panels_lie_in_the_grid_and_not_on_each_other(name: str) -> None:
    """Each cell of the grid belongs to one panel, and each panel has a number of its own."""
    cells, numbers = list[tuple[int, int]](), list[int]()
    for panel in MADE[name]["panels"]:
        at = panel["gridPos"]
        numbers.append(panel["id"])
        cells += [(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])]

    assert len(numbers) == len(set(numbers))
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_dashboards_and_alerts_promise_the_same() -> None:
    """Share by share: who is woken by one finds it on the other."""
    shown = {one.alert: one.promised for one in overview.OBJECTIVES}

    assert {one.alert: one.promised for one in objectives.OBJECTIVES} == shown
