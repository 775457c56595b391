"""The rules as Prometheus reads them: promtool checks them, and every alert fires when it must and not when it need not."""

from pathlib import Path

from tests.ops.alerts.cases import CASES
from tests.ops.alerts.files import ALERTS, FOLDER
from tests.ops.alerts.stories import tests_of
from tests.ops.live import ran, tool


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
    told = {(case.alert, case.severity) for case in CASES}
    names = [alert.name for alert in ALERTS]
    wanted = {(alert.name, str(alert.severity) if names.count(alert.name) > 1 else "") for alert in ALERTS}

    assert wanted == told


async def test_every_alert_fires_and_is_silent(tmp_path: Path) -> None:
    """As its stories tell."""
    path = tmp_path / "tests.yaml"
    path.write_text(tests_of(CASES))
    code, out, errors = await ran(tool("promtool", "prometheus"), "test", "rules", str(path))

    assert code == 0, (out + errors).decode()


async def test_a_story_that_is_wrong_fails(tmp_path: Path) -> None:
    """The tests look: with its two stories exchanged no case passes."""
    promtool = tool("promtool", "prometheus")
    for number, case in enumerate(CASES[:5]):
        path = tmp_path / f"{number}.yaml"
        path.write_text(tests_of([case._replace(fires=case.silent, silent=case.fires)]))
        code, _, _ = await ran(promtool, "test", "rules", str(path))

        assert code != 0, case.alert
