"""How many pods there are, and how many may go at once."""

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.guards import sentence  # noqa: E402 - after what it needs
from tests.ops.chart.rendering import Object, ci_values, objects, of_ci, of_kind, with_  # noqa: E402 - after what it needs

FULL = "texts-kafka-sendblue"


def deployment(name: str, component: str = "single") -> Object:
    """The Deployment of a component under these ci values."""
    return of_kind(of_ci(name), "Deployment")[f"{FULL}-{component}"]


def test_one_scaler_by_cpu() -> None:
    """It, and no number of replicas, says how many pods there are; pods go slowly."""
    (one,) = of_kind(of_ci("hpa"), "HorizontalPodAutoscaler").values()
    spec = one["spec"]

    assert f"{FULL}-ingress" == spec["scaleTargetRef"]["name"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 6)
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 70
    assert spec["behavior"]["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 300}]
    assert "replicas" not in deployment("hpa", "ingress")["spec"]
    assert "replicas" in deployment("hpa", "sender")["spec"]


def test_a_scaler_by_lag_measures_the_roles_own_group_and_topic() -> None:
    """Stuck partitions do not count: more pods would not move them."""
    given = of_kind(of_ci("keda"), "ScaledObject")
    (router,), (sender,) = (given[f"{FULL}-{role}"]["spec"]["triggers"] for role in ("router", "sender"))
    wanted = {
        "bootstrapServers": "kafka-1:9093,kafka-2:9094",
        "consumerGroup": "kafka-sendblue-texts-router",
        "topic": "sendblue.requests",
        "lagThreshold": "500",
        "offsetResetPolicy": "earliest",
        "excludePersistentLag": "true",
        "sasl": "scram_sha512",
        "tls": "enable",
    }

    assert wanted == router["metadata"]
    assert router["authenticationRef"] == {"name": "kafka"}
    assert (
        sender["metadata"]["consumerGroup"],
        sender["metadata"]["topic"],
    ) == ("kafka-sendblue-texts-sender", "sendblue.dispatch")
    assert "replicas" not in deployment("keda", "router")["spec"]


def test_in_mode_single_both_topics_are_measured() -> None:
    """A pod has both roles."""
    base = with_(ci_values()["keda"], {"mode": "single", "single": {"keda": {"enabled": True}}})
    (one,) = of_kind(objects(base), "ScaledObject").values()

    assert [t["metadata"]["topic"] for t in one["spec"]["triggers"]] == ["sendblue.requests", "sendblue.dispatch"]


def test_scaling_names_the_groups_and_topics_that_the_connector_has() -> None:
    """As the connector itself builds them from the same settings."""
    from connector.settings import Settings  # noqa: PLC0415 - beside its only use
    from connector.wiring.installation import group_of, names_of  # noqa: PLC0415 - beside its only use

    settings = Settings.model_validate(ci_values()["keda"]["config"])
    names = names_of(settings)
    wanted = {(group_of(settings, "router"), names.requests), (group_of(settings, "sender"), names.dispatch)}
    triggers = [one["spec"]["triggers"][0]["metadata"] for one in of_kind(of_ci("keda"), "ScaledObject").values()]

    assert wanted == {(one["consumerGroup"], one["topic"]) for one in triggers}


def test_as_many_senders_as_the_lines_have_partitions() -> None:
    """As the connector gives them to lines; one more would be idle, and is refused."""
    from connector.kafka.control import assign_partitions, partitions_of  # noqa: PLC0415 - beside its only use

    values = ci_values()["keda"]
    most = partitions_of(assign_partitions({}, [line["alias"] for line in values["config"]["lines"]]).values())
    as_many, more = (with_(values, {"sender": {"keda": {"maxReplicas": most + n}}}) for n in (0, 1))

    assert sentence(as_many) == ""
    assert f"has {most} partitions, more pods would be idle" in sentence(more)


def test_an_eviction_takes_one_pod_at_a_time() -> None:
    """But one that is not ready may always go: else an outage of Kafka blocks every drain."""
    spec = of_kind(of_ci("default"), "PodDisruptionBudget")[f"{FULL}-single"]["spec"]

    assert (spec["maxUnavailable"], spec["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
