"""What Prometheus and Grafana are given: monitors, rules from rules/, dashboards from dashboards/."""

import json
from pathlib import Path

import pytest
import yaml

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.charts import DASHBOARD, bare, observed  # noqa: E402 - after what it needs
from tests.ops.chart.rendering import (  # noqa: E402 - after what it needs
    Object,
    ci_values,
    objects,
    of_ci,
    of_kind,
    pods,
    with_,
)
from tests.ops.chart.values_file import CHART  # noqa: E402 - after what it needs

MONITORED = ci_values()["monitored"]
OBSERVED = with_(ci_values()["default"], {"prometheusRule": {"enabled": True}, "dashboards": {"enabled": True}})
FULL = "texts-kafka-sendblue"


def test_nothing_is_made_of_empty_folders(tmp_path: Path) -> None:
    """A chart without rules and dashboards is installed all the same."""
    given = objects(MONITORED, bare(tmp_path))

    assert of_kind(given, "PrometheusRule") == {}
    assert [name for name in of_kind(given, "ConfigMap") if "dashboard" in name] == []


def test_the_rules_of_the_chart_are_given_whole() -> None:
    """Each file is one PrometheusRule, and nothing in it is another than in the file that promtool has tested."""
    made = of_kind(objects(OBSERVED), "PrometheusRule")
    files = {path.stem: yaml.safe_load(path.read_text())["groups"] for path in (CHART / "rules").glob("*.yaml")}

    assert len(files) >= 5
    assert {f"{FULL}-{name}": groups for name, groups in files.items()} == {
        name: one["spec"]["groups"] for name, one in made.items()
    }


def test_values_of_rules_change_what_they_name_alone() -> None:
    """Labels and the runbooks' base are all that another set of values adds to the chart's own rules."""
    plain = of_kind(objects(OBSERVED), "PrometheusRule")
    given = of_kind(objects(MONITORED), "PrometheusRule")
    for alert in (one for name in given for one in _rules(given[name]) if "alert" in one):
        assert alert["labels"].pop("team") == "messaging"
        base, _, alert["annotations"]["runbook_url"] = alert["annotations"]["runbook_url"].partition(".com/")
        assert base == "https://runbooks.example"

    assert {name: _rules(one) for name, one in plain.items()} == {name: _rules(one) for name, one in given.items()}


def test_the_dashboards_of_the_chart_are_given_whole() -> None:
    """Each file is one ConfigMap, with those bytes in it."""
    made = [one["data"] for name, one in of_kind(objects(OBSERVED), "ConfigMap").items() if "dashboard" in name]
    files = {path.name: path.read_text().rstrip() for path in (CHART / "dashboards").glob("*.json")}

    assert len(files) == len(made) == 4
    assert files == {name: text.rstrip() for data in made for name, text in data.items()}


def test_a_rules_file_becomes_a_prometheus_rule(tmp_path: Path) -> None:
    """Alerts get our labels, over their own; their runbook gets its base unless it is a whole address."""
    one = of_kind(objects(MONITORED, observed(tmp_path)), "PrometheusRule")[f"{FULL}-sending"]
    record, alert, elsewhere = one["spec"]["groups"][0]["rules"]

    assert one["metadata"]["labels"]["release"] == "prometheus"
    assert record == {"record": "sendblue:sent:rate5m", "expr": "sum(rate(sendblue_sent_total[5m]))"}
    assert alert["labels"] == {"severity": "page", "team": "messaging"}
    assert alert["annotations"]["summary"] == "nothing is sent by {{ $labels.pod }}"
    assert alert["annotations"]["runbook_url"] == "https://runbooks.example.com/docs/runbooks.md#nothing-is-sent"
    assert elsewhere["annotations"]["runbook_url"] == "https://elsewhere.example.com/up"
    assert elsewhere["labels"] == {"team": "messaging"}


def test_an_alert_can_be_left_out(tmp_path: Path) -> None:
    """And its group, where it was the only one; recorded series stay."""
    over = {"prometheusRule": {"disabled": ["OnlyOne", "Elsewhere"], "runbookBaseUrl": ""}}
    one = of_kind(objects(with_(MONITORED, over), observed(tmp_path)), "PrometheusRule")[f"{FULL}-sending"]
    (group,) = one["spec"]["groups"]

    assert [rule.get("alert") for rule in group["rules"]] == [None, "NothingIsSent"]
    assert group["rules"][1]["annotations"]["runbook_url"] == "docs/runbooks.md#nothing-is-sent"


def test_a_dashboard_becomes_a_config_map_for_the_sidecar(tmp_path: Path) -> None:
    """Byte for byte, whatever braces are in it."""
    one = of_kind(objects(MONITORED, observed(tmp_path)), "ConfigMap")[f"{FULL}-dashboard-sending-now"]

    assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert one["metadata"]["annotations"] == {"grafana_folder": "Sendblue"}
    assert json.loads(DASHBOARD) == json.loads(one["data"]["Sending_Now.json"])


def test_nothing_is_made_unasked(tmp_path: Path) -> None:
    """A cluster without the Prometheus Operator takes the chart as it is."""
    kinds = {one["kind"] for one in objects(ci_values()["default"], observed(tmp_path))}

    assert kinds.isdisjoint({"PodMonitor", "PrometheusRule"})
    assert not [name for name in of_kind(of_ci("default"), "ConfigMap") if "dashboard" in name]


def test_the_monitor_finds_every_pod_and_its_port() -> None:
    """All components of the release, at the metrics port, as the job that rules and dashboards name."""
    spec = of_kind(of_ci("monitored"), "PodMonitor")[FULL]["spec"]
    (endpoint,) = spec["podMetricsEndpoints"]

    assert spec["jobLabel"] == "app.kubernetes.io/name"
    assert endpoint["relabelings"]
    assert endpoint["metricRelabelings"]
    assert (endpoint["interval"], endpoint["scrapeTimeout"]) == ("30s", "10s")
    for name in ("monitored", "split"):
        for pod in (pod for pod in pods(of_ci(name)) if pod.kind == "Deployment"):
            ports = [port["name"] for one in pod.containers() for port in one.get("ports", ())]
            assert spec["selector"]["matchLabels"].items() <= pod.metadata["labels"].items()
            assert endpoint["port"] in ports


@pytest.mark.parametrize("name", ["default", "split"])
def test_the_test_pods_ask_every_component_whether_it_is_ready(name: str) -> None:
    """Each by the Service of its health port; the policy lets them in."""
    given = of_ci(name)
    services = of_kind(given, "Service")
    for pod in (pod for pod in pods(given) if pod.kind == "Pod"):
        url = pod.spec["containers"][0]["command"][-1]
        service, _, rest = url.removeprefix("http://").partition(":")
        selector = services[service]["spec"]["selector"]
        policy = of_kind(given, "NetworkPolicy")[service]["spec"]["ingress"][-1]

        assert rest == "8081/readyz"
        assert f"{pod.owner.removesuffix('-test')}" == service
        assert services[service]["spec"]["ports"][0]["targetPort"] == "health"
        assert selector["app.kubernetes.io/component"] in service
        assert policy["from"][0]["podSelector"]["matchLabels"].items() <= pod.metadata["labels"].items()


def _rules(one: Object) -> list[Object]:
    return [rule for group in one["spec"]["groups"] for rule in group["rules"]]
