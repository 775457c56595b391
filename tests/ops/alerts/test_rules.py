"""The rules as Prometheus reads them: promtool checks them; every alert fires in one story and is silent in another."""

from pathlib import Path

import pytest

from tests.ops.alerts.cases import CASES
from tests.ops.alerts.files import ALERTS, FOLDER, TABLES
from tests.ops.alerts.stories import stories
from tests.ops.live import ran, tool

STORIES = {
    (table, step): told
    for table, alerts in TABLES.items()
    for step in sorted({case.step for case in CASES})
    if (told := [case for case in CASES if case.step == step and case.alert in {alert.name for alert in alerts}])
}
"""By table and step."""


async def test_promtool_finds_nothing_wrong() -> None:
    """Neither in the syntax nor by its lint, duplicates included."""
    paths = [str(path) for path in sorted(FOLDER.glob("*.yaml"))]
    code, out, errors = await ran(
        tool("promtool", "prometheus"), "check", "rules", "--lint=all", "--lint-fatal", *paths
    )

    assert paths
    assert code == 0, (out + errors).decode()


def test_every_alert_has_its_stories() -> None:
    """One in which it fires and one in which it must not; for each severity, where there are two."""
    untold = [
        alert
        for alert in ALERTS
        if not any(case.alert == alert.name and case.severity in ("", alert.severity) for case in CASES)
    ]

    assert untold == []
    assert {case.alert for case in CASES} <= {alert.name for alert in ALERTS}


@pytest.mark.parametrize(("table", "step"), STORIES)
async def test_every_alert_fires_and_is_silent(table: str, step: int, tmp_path: Path) -> None:
    """As its stories tell."""
    path = tmp_path / "stories.yaml"
    path.write_text(stories(table, STORIES[table, step]))
    code, out, errors = await ran(tool("promtool", "prometheus"), "test", "rules", str(path))

    assert code == 0, (out + errors).decode()


async def test_a_story_that_is_wrong_fails(tmp_path: Path) -> None:
    """The tests look: a case with its two stories exchanged does not pass, in either of them."""
    case = CASES[0]
    path = tmp_path / "stories.yaml"
    path.write_text(stories("promises", [case._replace(fires=case.silent, silent=case.fires)]))
    code, out, errors = await ran(tool("promtool", "prometheus"), "test", "rules", str(path))

    assert code != 0
    assert (out + errors).count(b"exp:") == 2
