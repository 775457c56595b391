"""The rules of Grafana's dashboard-linter (version 0.2.0, its ``docs/rules``), none left out.

That program cannot always be had, so its rules stand here again, a function each, named as there. They are held against
all panels, also where the linter looks at some kinds alone. Two of its rules are about Loki, which is not asked here:
any source but Prometheus is a finding.

What is ugly: PromQL is not parsed but scanned, which is enough for how ``tests/ops/dashboards/queries.py`` spells it,
every selector in braces. Whether it is PromQL at all, ``test_live.py`` asks Prometheus.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Json = dict[str, Any]
PROMETHEUS = {"type": "prometheus", "uid": "$datasource"}
NO_TARGETS = frozenset({"row", "alertlist"})
"""Kinds of panels that ask Prometheus by no query of their own."""
UNITS = frozenset(
    {"none", "short", "percent", "percentunit", "s", "ms", "bytes", "ops", "reqps", "cps", "mps", "bool_yes_no"}
)
"""Those of Grafana's units that suit us."""
FUNCTIONS = frozenset({"label_names", "label_values", "metrics", "query_result"})
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"


class Selector(NamedTuple):
    """A selector in a query: the function right around it, its metric, matchers, range."""

    function: str
    metric: str
    matchers: str
    window: str


def selectors(expr: str) -> list[Selector]:
    """All of a query."""
    found = re.finditer(rf"(?:({NAME})\()?\(*({NAME})\{{([^}}]*)\}}(?:\[([^\]]+)\])?", expr)
    return [Selector(*match.groups("")) for match in found]


def panels(dashboard: Json) -> Iterator[Json]:
    """All panels but rows."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def targets(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Title of the panel and query, of all queries."""
    return ((panel["title"], target["expr"]) for panel in panels(dashboard) for target in panel["targets"])


def lint(dashboard: Json) -> list[str]:
    """Every finding, begun by the name of its rule."""
    return [f"{name}: {finding}" for name, rule in RULES.items() for finding in rule(dashboard)]


def _variables(dashboard: Json, kind: str) -> list[Json]:
    return [one for one in dashboard["templating"]["list"] if one["type"] == kind]


def template_datasource(dashboard: Json) -> Iterator[str]:
    """One data source, called so."""
    found = [(one["name"], one["label"], one["query"]) for one in _variables(dashboard, "datasource")]
    if found != [("datasource", "Data source", "prometheus")]:
        yield f"data sources are {found}"


def _picked(name: str) -> Callable[[Json], Iterator[str]]:
    wanted = {
        "type": "query",
        "datasource": PROMETHEUS,
        "label": name.capitalize(),
        "multi": True,
        "allValue": ".+",
    }

    def rule(dashboard: Json) -> Iterator[str]:
        found = [one for one in dashboard["templating"]["list"] if one["name"] == name]
        if not found:
            yield f"no variable {name}"
        for one in found:
            yield from (f"{name}: {key} is {one.get(key)!r}" for key, value in wanted.items() if one.get(key) != value)

    return rule


def template_label_promql(dashboard: Json) -> Iterator[str]:
    """Variables ask by one of Grafana's functions."""
    for one in _variables(dashboard, "query"):
        asked = re.fullmatch(rf"([a-z_]+)\(({NAME}(?:\{{.*\}})?), ([a-z_]+)\)", one["query"])
        if asked is None or asked[1] not in FUNCTIONS:
            yield f"{one['name']} asks {one['query']}"


def template_on_time_change_reload(dashboard: Json) -> Iterator[str]:
    """Variables are asked for again when the time shown changes."""
    return (f"{one['name']} is not" for one in _variables(dashboard, "query") if one["refresh"] != 2)


def panel_datasource(dashboard: Json) -> Iterator[str]:
    """Every panel, and each of its queries, takes the data source that was picked."""
    for panel in panels(dashboard):
        if [one for one in (panel, *panel["targets"]) if one["datasource"] != PROMETHEUS]:
            yield panel["title"]


def panel_title_description(dashboard: Json) -> Iterator[str]:
    """Every panel has both."""
    return (
        f"panel {panel['id']}" for panel in panels(dashboard) if not (panel.get("title") and panel.get("description"))
    )


def panel_units(dashboard: Json) -> Iterator[str]:
    """Every panel has a unit that Grafana knows."""
    for panel in panels(dashboard):
        if (unit := panel["fieldConfig"]["defaults"].get("unit")) not in UNITS:
            yield f"{panel['title']}: {unit}"


def panel_no_targets(dashboard: Json) -> Iterator[str]:
    """Every panel asks something."""
    return (one["title"] for one in panels(dashboard) if one["type"] not in NO_TARGETS and not one["targets"])


def target_promql(dashboard: Json) -> Iterator[str]:
    """Every query asks for a metric, its brackets are even, and no name stands without braces."""
    for title, expr in targets(dashboard):
        bare = re.sub(r"\{[^}]*\}|\"[^\"]*\"", "", expr)
        even = all(expr.count(one) == expr.count(other) for one, other in ("()", "[]", "{}"))
        named = re.findall(r"\b(?:sendblue|process|python)_\w+", bare)
        if not even or len(named) != len(selectors(expr)) or not named:
            yield f"{title}: {expr}"


def target_rate_interval(dashboard: Json) -> Iterator[str]:
    """Rates are over Grafana's own interval; increases may be over what is written above them."""
    for title, expr in targets(dashboard):
        for one in selectors(expr):
            if one.function in ("rate", "irate") and one.window != "$__rate_interval":
                yield f"{title}: {one.metric}[{one.window}]"


def _matched(label: str) -> Callable[[Json], Iterator[str]]:
    def rule(dashboard: Json) -> Iterator[str]:
        for title, expr in targets(dashboard):
            for one in selectors(expr):
                if f'{label}=~"${label}"' not in one.matchers.split(", "):
                    yield f"{title}: {one.metric}"

    return rule


def target_counter_agg(dashboard: Json) -> Iterator[str]:
    """No counter is shown as it is; histograms are made of counters."""
    for title, expr in targets(dashboard):
        for one in selectors(expr):
            counts = one.metric.endswith(("_total", "_bucket", "_count", "_sum"))
            if counts and not (one.function in ("rate", "irate", "increase") and one.window):
                yield f"{title}: {one.metric}"


def uneditable(dashboard: Json) -> Iterator[str]:
    """What is changed in Grafana would be lost."""
    if dashboard["editable"] is not False:
        yield "is editable"


RULES: Mapping[str, Callable[[Json], Iterator[str]]] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": _picked("job"),
    "template-instance-rule": _picked("instance"),
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-promql-rule": target_promql,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": _matched("job"),
    "target-instance-rule": _matched("instance"),
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard": uneditable,
}
