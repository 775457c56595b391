"""Copies of the chart in which something is otherwise: rules and dashboards put in, a line taken away."""

import shutil
from pathlib import Path

from tests.ops.chart.values_file import CHART

RULES = """\
groups:
  - name: sending
    rules:
      - record: sendblue:sent:rate5m
        expr: sum(rate(sendblue_sent_total[5m]))
      - alert: NothingIsSent
        expr: sendblue:sent:rate5m == 0
        for: 10m
        labels: {severity: page, team: nobody}
        annotations:
          summary: 'nothing is sent by {{ $labels.pod }}'
          runbook_url: docs/runbooks.md#nothing-is-sent
      - alert: Elsewhere
        expr: up == 0
        annotations: {runbook_url: "https://elsewhere.example.com/up"}
  - name: gone
    rules:
      - alert: OnlyOne
        expr: up == 0
"""
DASHBOARD = '{"title": "Sending", "legend": "{{pod}}"}\n'


def copied(folder: Path) -> Path:
    """The chart as it is."""
    return Path(shutil.copytree(CHART, folder / CHART.name))


def observed(folder: Path) -> Path:
    """The chart with one file of rules and one dashboard, and none of its own."""
    chart = copied(folder)
    for name, file, text in (("rules", "sending.yaml", RULES), ("dashboards", "Sending_Now.json", DASHBOARD)):
        shutil.rmtree(chart / name, ignore_errors=True)
        (chart / name).mkdir()
        (chart / name / file).write_text(text)
    return chart


def bare(folder: Path) -> Path:
    """The chart without rules and dashboards."""
    chart = copied(folder)
    for name in ("rules", "dashboards"):
        shutil.rmtree(chart / name, ignore_errors=True)
    return chart
