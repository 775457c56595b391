"""What stands around the panels of a dashboard: variables, links to the others, the annotation of deploys, the grid.

Nobody edits a dashboard in Grafana: what is wrong is put right here. ``namespace`` may be missing on series, as it is
outside Kubernetes, so its "All" matches nothing too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.ops.dashboards.panels import DATASOURCE, Json, Panel
from tests.ops.dashboards.panels import model as panel_model
from tests.ops.dashboards.queries import series

COLUMNS = 24
REFRESH = "30s"
TAG = "kafka-sendblue"


@dataclass(frozen=True, slots=True)
class Section:
    """A row of Grafana: its title, the panels below it."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """``name``: of its file and, with the product's name before it, of its address."""

    name: str
    title: str
    about: str
    sections: tuple[Section, ...]

    @property
    def uid(self) -> str:
        """What links name it by, the same in every Grafana."""
        return f"{TAG}-{self.name}"


def model(dashboard: Dashboard, family: Sequence[Dashboard]) -> Json:
    """The dashboard as Grafana's JSON. ``family``: all, which it links."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": [TAG],
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": 42,
        "timezone": "browser",
        "refresh": REFRESH,
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": _variables()},
        "annotations": {"list": [_deploys()]},
        "links": [_link(one) for one in family if one is not dashboard],
        "panels": list(_placed(dashboard.sections)),
    }


def _placed(sections: Sequence[Section]) -> Iterator[Json]:
    number, y = 1, 0
    for section in sections:
        yield {
            "id": number,
            "type": "row",
            "title": section.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            "panels": [],
        }
        number, y, x, tallest = number + 1, y + 1, 0, 0
        for panel in section.panels:
            if x + panel.width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            yield panel_model(panel, number, x, y)
            number, x, tallest = number + 1, x + panel.width, max(tallest, panel.height)
        y += tallest


def _variables() -> list[Json]:
    build = "sendblue_build_info"
    return [
        {
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
            "hide": 0,
            "refresh": 1,
            "multi": False,
            "includeAll": False,
        },
        _variable("namespace", build, ".*"),
        _variable("job", f'{build}{{namespace=~"$namespace"}}', ".+"),
        _variable("instance", f'{build}{{namespace=~"$namespace", job=~"$job"}}', ".+"),
    ]


def _variable(name: str, among: str, everything: str) -> Json:
    return {
        "name": name,
        "label": name.capitalize(),
        "type": "query",
        "datasource": DATASOURCE,
        "query": f"label_values({among}, {name})",
        "hide": 0,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": everything,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _deploys() -> Json:
    """A mark where a version shows up that was not there five minutes before; the info itself is always 1."""
    versions = f"count by (version, revision) ({series('sendblue_build_info')}"
    return {
        "name": "Deploys",
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "blue",
        "target": {"refId": "Deploys", "expr": f"{versions}) unless {versions} offset 5m)"},
        "titleFormat": "Deploy",
        "textFormat": "{{version}} {{revision}}",
        "useValueForTime": False,
    }


def _link(to: Dashboard) -> Json:
    return {
        "title": to.title,
        "type": "link",
        "url": f"/d/{to.uid}",
        "icon": "dashboard",
        "tooltip": to.about,
        "tags": [],
        "asDropdown": False,
        "targetBlank": False,
        "includeVars": True,
        "keepTime": True,
    }
