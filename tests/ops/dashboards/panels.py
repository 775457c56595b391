"""What a panel is: its title, unit and queries, what on it is bad, and where it is written what to do then.

A description has three parts, always the same: what is shown, what is bad, where to read on. ``runbooks`` are headings
of docs/runbooks.md, which are called like the alerts; they are named and not linked, for where the docs are differs.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.ops.dashboards.queries import quantile

Json = dict[str, Any]
DATASOURCE: Json = {"type": "prometheus", "uid": "$datasource"}
RUNBOOKS = "docs/runbooks.md"


class Kind(StrEnum):
    """Grafana's name of a visualization."""

    LINES = "timeseries"
    NUMBER = "stat"
    TABLE = "table"
    HEATMAP = "heatmap"
    ALERTS = "alertlist"


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL and its legend. ``exemplars``: points that lead to a trace."""

    expr: str
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """``width``: of 24 columns. Of a number: green, or red, from a value on; at most one of the two."""

    title: str
    unit: str
    shows: str
    bad: str
    runbooks: str = ""
    queries: tuple[Query, ...] = ()
    kind: Kind = Kind.LINES
    width: int = 8
    height: int = 7
    green_from: float | None = None
    red_from: float | None = None
    stacked: bool = False

    @property
    def description(self) -> str:
        """What Grafana shows at the panel's corner, as Markdown."""
        where = [f"`{RUNBOOKS}#{heading.lower()}`" for heading in self.runbooks.split()] or [f"`{RUNBOOKS}`"]
        return f"{self.shows}\n\n**Bad:** {self.bad}\n\n**Runbook:** {', '.join(where)}"


def quantiles(name: str, exemplars: bool = False) -> tuple[Query, ...]:
    """The three of a histogram that are always shown."""
    return tuple(Query(quantile(q, name), f"p{q * 100:.0f}", exemplars) for q in (0.5, 0.95, 0.99))


def model(panel: Panel, number: int, x: int, y: int) -> Json:
    """The panel as Grafana's JSON, at a place of the grid."""
    return {
        "id": number,
        "type": str(panel.kind),
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [_target(panel.kind, one, "ABCDEFGH"[n]) for n, one in enumerate(panel.queries)],
        **({"transformations": _TIDY} if panel.kind is Kind.TABLE else {}),
    }


def _target(kind: Kind, query: Query, name: str) -> Json:
    instant = kind in (Kind.NUMBER, Kind.TABLE)
    shape = {Kind.TABLE: "table", Kind.HEATMAP: "heatmap"}.get(kind, "time_series")
    return {
        "refId": name,
        "datasource": DATASOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "format": shape,
        "instant": instant,
        "range": not instant,
        "exemplar": query.exemplars,
    }


def _field(panel: Panel) -> Json:
    field: Json = {"unit": panel.unit, "custom": _custom(panel)}
    if panel.kind is not Kind.HEATMAP:
        field |= {"min": 0, "color": {"mode": "thresholds" if _judged(panel) else "palette-classic"}}
    if _judged(panel):
        field |= {
            "decimals": 0 if panel.unit == "short" else 2,
            "thresholds": {"mode": "absolute", "steps": _steps(panel)},
        }
    return field


def _judged(panel: Panel) -> bool:
    return panel.kind is Kind.NUMBER and (panel.green_from, panel.red_from) != (None, None)


def _steps(panel: Panel) -> list[Json]:
    if panel.green_from is not None:
        return [{"color": "red", "value": None}, {"color": "green", "value": panel.green_from}]
    return [{"color": "green", "value": None}, {"color": "red", "value": panel.red_from}]


def _custom(panel: Panel) -> Json:
    if panel.kind is not Kind.LINES:
        return {}
    stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
    return {"lineWidth": 1, "fillOpacity": 20 if panel.stacked else 0, "showPoints": "never", "stacking": stacking}


_REDUCED: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_TIDY: list[Json] = [
    {"id": "organize", "options": {"excludeByName": {"Time": True, "Value": True, "__name__": True}, "indexByName": {}}}
]
_OPTIONS: dict[Kind, Json] = {
    Kind.LINES: {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    Kind.NUMBER: {
        "colorMode": "background",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": _REDUCED,
        "showPercentChange": False,
        "textMode": "auto",
        "wideLayout": True,
    },
    Kind.TABLE: {"frameIndex": 0, "showHeader": True, "cellHeight": "sm"},
    Kind.HEATMAP: {
        "calculate": False,
        "cellGap": 1,
        "color": {
            "exponent": 0.5,
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": False,
            "scale": "exponential",
            "scheme": "Oranges",
            "steps": 64,
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "unit": "s"},
    },
    Kind.ALERTS: {
        "alertInstanceLabelFilter": '{alertname=~"Sendblue.*"}',
        "alertName": "",
        "datasource": "$datasource",
        "groupMode": "default",
        "maxItems": 20,
        "sortOrder": 3,
        "stateFilter": {"error": True, "firing": True, "noData": False, "normal": False, "pending": True},
        "viewMode": "list",
    },
}
