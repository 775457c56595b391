"""The rules as Prometheus reads them: promtool checks them; every alert fires in one story and is silent in another."""

from pathlib import Path

import pytest
import yaml

from tests.ops.alerts.case import Case
from tests.ops.alerts.cases import CASES
from tests.ops.alerts.cases_burns import BURNS
from tests.ops.alerts.files import ALERTS, FOLDER, TABLES
from tests.ops.alerts.objectives import OBJECTIVES, Objective
from tests.ops.alerts.stories import stories
from tests.ops.live import ran, tool

STORIES = {
    (table, step): told
    for table, alerts in TABLES.items()
    for step in sorted({case.step for case in CASES})
    if (told := [case for case in CASES if case.step == step and case.alert in {alert.name for alert in alerts}])
    and table != "objectives"
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
    path.write_text(stories(FOLDER / f"{table}.yaml", STORIES[table, step]))
    code, out, errors = await ran(tool("promtool", "prometheus"), "test", "rules", str(path))

    assert code == 0, (out + errors).decode()


async def test_a_story_that_is_wrong_fails(tmp_path: Path) -> None:
    """The tests look: a case with its two stories exchanged does not pass, in either of them."""
    case = CASES[0]
    path = tmp_path / "stories.yaml"
    path.write_text(stories(FOLDER / "promises.yaml", [case._replace(fires=case.silent, silent=case.fires)]))
    code, out, errors = await ran(tool("promtool", "prometheus"), "test", "rules", str(path))

    assert code != 0
    assert (out + errors).count(b"exp:") == 2


@pytest.mark.parametrize("step", sorted({case.step for case in BURNS}))
@pytest.mark.parametrize("one", OBJECTIVES, ids=[one.key for one in OBJECTIVES])
async def test_an_objective_burns_above_each_factor_and_not_below(one: Objective, step: int, tmp_path: Path) -> None:
    """Page and ticket, each of two factors, and each window: seen by the rules of this objective alone."""
    code, told = await played(one, [case for case in BURNS if (case.alert, case.step) == (one.alert, step)], tmp_path)

    assert code == 0, told


@pytest.mark.parametrize(
    ("severity", "old", "new"),
    [
        ("page", "> 14.4 *", "> 15.6 *"),
        ("page", "> 14.4 *", "> 13.2 *"),
        ("page", "> 6 *", "> 6.5 *"),
        ("page", "> 6 *", "> 5.5 *"),
        ("ticket", "> 3 *", "> 3.4 *"),
        ("ticket", "> 3 *", "> 2.6 *"),
        ("ticket", "> 1 *", "> 1.1 *"),
        ("ticket", "> 1 *", "> 0.9 *"),
        ("page", ":ratio_rate5m > 14.4", ":ratio_rate1h > 14.4"),
        ("page", ":ratio_rate30m > 6", ":ratio_rate6h > 6"),
        ("ticket", ":ratio_rate2h > 3", ":ratio_rate1d > 3"),
        ("ticket", ":ratio_rate6h > 1", ":ratio_rate3d > 1"),
        ("page", ">= 20", ">= 0"),
        ("ticket", ">= 20", ">= 0"),
    ],
)
async def test_a_wrong_factor_or_window_is_found(severity: str, old: str, new: str, tmp_path: Path) -> None:
    """Each factor a little higher and a little lower; the short window taken away; no least number of events."""
    one = OBJECTIVES[0]
    cases = [case for case in BURNS if (case.alert, case.severity) == (one.alert, severity)]
    code, told = await played(one, cases, tmp_path, old, new)

    assert "exp:" in told
    assert code != 0


async def played(one: Objective, cases: list[Case], folder: Path, old: str = "", new: str = "") -> tuple[int, str]:
    """What promtool says of the stories, by the committed rules of one objective, with a piece of them exchanged."""
    rules, path = yaml.safe_load((FOLDER / "objectives.yaml").read_text()), folder / "stories.yaml"
    own = [rule for rule in rules["groups"][0]["rules"] if one.alert == rule.get("alert") or _of(one, rule)]
    assert not old or old in str(own)
    for rule in own:
        rule["expr"] = rule["expr"].replace(old, new) if old else rule["expr"]
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": one.key, "rules": own}]}))
    path.write_text(stories(folder / "rules.yaml", cases))
    code, out, errors = await ran(tool("promtool", "prometheus"), "test", "rules", str(path))
    return code, (out + errors).decode()


def _of(one: Objective, rule: dict[str, str]) -> bool:
    return rule.get("record", "").startswith((f"sendblue:{one.key}_failed:", f"sendblue:{one.key}_events:"))
