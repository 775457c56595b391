"""Who reaches the pods, and what they reach: Ingress, HTTPRoute, NetworkPolicy."""

from typing import Any

import pytest

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.rendering import ci_values, objects, of_ci, of_kind, with_  # noqa: E402 - after what it needs

FULL = "texts-kafka-sendblue"


def test_an_ingress_has_the_paths_of_callbacks_and_webhooks_alone() -> None:
    """Health and metrics are not to be reached; a path of the public address goes before ours."""
    one = of_kind(of_ci("ingress"), "Ingress")[f"{FULL}-callbacks"]
    (rule,) = one["spec"]["rules"]
    paths = [(path["path"], path["pathType"]) for path in rule["http"]["paths"]]
    service = of_kind(of_ci("ingress"), "Service")[f"{FULL}-callbacks"]

    assert rule["host"] == "texts.example.com"
    assert paths == [("/sendblue/v1/callbacks/", "Prefix"), ("/sendblue/v1/webhooks/", "Prefix")]
    for path in rule["http"]["paths"]:
        assert {"name": f"{FULL}-callbacks", "port": {"name": "callbacks"}} == path["backend"]["service"]
    assert one["spec"]["tls"] == [{"hosts": ["texts.example.com"], "secretName": "texts-tls"}]
    assert one["spec"]["ingressClassName"] == "nginx"
    assert one["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "example"
    assert [port["name"] for port in service["spec"]["ports"]] == ["callbacks"]
    assert (service["spec"]["type"], service["spec"]["ports"][0]["port"]) == ("NodePort", 8080)
    assert service["metadata"]["annotations"]["example.com/a"] == "b"


def test_without_secrets_for_webhooks_their_path_is_closed() -> None:
    """They would all be refused anyhow; with some, the route has it too."""
    over = {"secrets": {"webhookSecrets": {"existingSecret": "hooks"}}}
    (closed,) = of_kind(of_ci("gateway"), "HTTPRoute").values()
    (opened,) = of_kind(objects(with_(ci_values()["gateway"], over)), "HTTPRoute").values()

    assert "webhooks" not in str(closed["spec"])
    assert opened["spec"]["rules"][0]["matches"] == [
        {"path": {"type": "PathPrefix", "value": "/v1/callbacks"}, "method": "POST"},
        {"path": {"type": "PathPrefix", "value": "/v1/webhooks"}, "method": "POST"},
    ]


def test_the_secrets_of_webhooks_are_where_they_are_heard() -> None:
    """In the pods of the ingress, and in no other; the settings name their folder."""
    over = {"secrets": {"webhookSecrets": {"existingSecret": "hooks"}}}
    there = objects(with_(ci_values()["gateway"], over))
    pods = {name: str(one["spec"]["template"]["spec"]) for name, one in of_kind(there, "Deployment").items()}
    files = {
        name: str(one["data"]) for name, one in of_kind(there, "ConfigMap").items() if "connector.yaml" in one["data"]
    }

    assert [name for name, spec in pods.items() if "'secretName': 'hooks'" in spec] == [f"{FULL}-ingress"]
    assert [name for name, text in files.items() if "secrets/webhook-secrets" in text] == [f"{FULL}-ingress"]


def test_a_route_has_the_path_of_the_callbacks_alone() -> None:
    """And their method."""
    spec = of_kind(of_ci("gateway"), "HTTPRoute")[f"{FULL}-callbacks"]["spec"]
    (rule,) = spec["rules"]

    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/v1/callbacks"}, "method": "POST"}]
    assert [{"name": f"{FULL}-callbacks", "port": 80}] == rule["backendRefs"]
    assert spec["hostnames"] == ["texts.example.com"]
    assert spec["parentRefs"] == [{"name": "public", "namespace": "gateways", "sectionName": "https"}]


@pytest.mark.parametrize(
    ("kind", "over"),
    [
        ("Ingress", {"callbackIngress": {"host": "other.example.com"}}),
        ("HTTPRoute", {"callbackRoute": {"hostnames": ["other.example.com"]}}),
    ],
)
def test_callbacks_may_come_by_another_host(kind: str, over: dict[str, Any]) -> None:
    """Where a proxy before it has the public one."""
    base = ci_values()["ingress" if kind == "Ingress" else "gateway"]
    (one,) = of_kind(objects(with_(base, over)), kind).values()

    assert "other.example.com" in str(one["spec"])
    assert "texts.example.com" not in str(one["spec"])


def ports_out(name: str) -> list[list[int]]:
    """The ports of each rule for what goes out."""
    policy = next(iter(of_kind(of_ci(name), "NetworkPolicy").values()))
    return [[port["port"] for port in rule["ports"]] for rule in policy["spec"]["egress"]]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("default", [[53, 53], [9092], [8081, 443]]),
        ("keda", [[53, 53], [9093, 9094], [443]]),
        ("secured", [[53, 53], [9093], [8443, 443]]),
        ("ingress", [[53, 53], [9092, 9093], [8081, 443], [3128]]),
    ],
)
def test_pods_reach_dns_kafka_the_registry_and_sendblue(name: str, wanted: list[list[int]]) -> None:
    """The ports are those of the settings; the brokers' own and more can be named."""
    assert wanted == ports_out(name)


def test_who_may_come_in_can_be_narrowed() -> None:
    """To the ingress controller and to Prometheus."""
    policy = of_kind(of_ci("ingress"), "NetworkPolicy")[f"{FULL}-single"]["spec"]
    callbacks, metrics, _, more = policy["ingress"]

    assert "ingress" in str(callbacks["from"])
    assert "monitoring" in str(metrics["from"])
    assert more == {"from": [{"podSelector": {}}]}
    assert policy["egress"][1]["to"] == [{"ipBlock": {"cidr": "10.0.0.0/8"}}]


def test_set_up_may_be_called_by_nobody() -> None:
    """It has no port, and its policy lets nothing in."""
    assert "ingress" not in of_kind(of_ci("default"), "NetworkPolicy")[f"{FULL}-setup"]["spec"]
