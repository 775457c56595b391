"""What each template makes of its values, and that it makes nothing unasked."""

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.rendering import (  # noqa: E402 - after what it needs
    Object,
    ci_values,
    objects,
    of_ci,
    of_kind,
    pods,
    texts,
    with_,
)

FULL = "texts-kafka-sendblue"
ROLES = {"router", "sender", "ingress", "reconciler"}


def deployment(name: str, component: str = "single") -> Object:
    """The Deployment of a component under these ci values."""
    return of_kind(of_ci(name), "Deployment")[f"{FULL}-{component}"]


def connector(one: Object) -> Object:
    """The connector's container."""
    return next(c for c in one["spec"]["template"]["spec"]["containers"] if c["name"] == "connector")


def played(one: Object) -> set[str]:
    """The roles of a Deployment: in the environment, so that whatever is run in the pod knows them."""
    return next(set(each["value"].split()) for each in connector(one)["env"] if each["name"] == "SENDBLUE_ROLES")


def kinds(name: str) -> set[str]:
    """What is made under these ci values."""
    return {one["kind"] for one in of_ci(name)}


def test_nothing_is_made_unasked() -> None:
    """Out of the box: what runs it, what guards it, what is asked of it."""
    wanted = {
        "ConfigMap",
        "Deployment",
        "Job",
        "NetworkPolicy",
        "Pod",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }

    assert wanted == kinds("default")


def test_single_has_all_roles_in_one_deployment() -> None:
    """The connector plays them all."""
    given = of_kind(of_ci("default"), "Deployment")

    assert {f"{FULL}-single"} == set(given)
    assert played(given[f"{FULL}-single"]) == ROLES
    assert given[f"{FULL}-single"]["spec"]["replicas"] == 2


def test_split_has_a_deployment_a_role() -> None:
    """Each names its own role, and only the ingress hears callbacks."""
    given = of_kind(of_ci("split"), "Deployment")
    hears = {name for name, one in given.items() if "callbacks" in [p["name"] for p in connector(one)["ports"]]}

    assert {f"{FULL}-{role}" for role in ROLES} == set(given)
    assert {role: {role} for role in ROLES} == {role: played(given[f"{FULL}-{role}"]) for role in ROLES}
    assert {f"{FULL}-ingress"} == hears


def test_a_role_may_differ_and_the_others_stay() -> None:
    """What is said of one is put over what is said of all."""
    sender, router = deployment("split", "sender"), deployment("split", "router")

    assert (sender["spec"]["replicas"], router["spec"]["replicas"]) == (3, 2)
    assert connector(sender)["resources"]["requests"] == {"cpu": "500m", "memory": "256Mi"}
    assert connector(router)["resources"]["requests"] == {"cpu": "100m", "memory": "256Mi"}
    assert "topologySpreadConstraints" not in sender["spec"]["template"]["spec"]
    assert f"{FULL}-reconciler" not in of_kind(of_ci("split"), "PodDisruptionBudget")


def test_roles_may_run_elsewhere() -> None:
    """Left out with all that is theirs; policy, account and set-up may be left out too."""
    given = of_ci("roles")

    assert {f"{FULL}-sender", f"{FULL}-ingress"} == set(of_kind(given, "Deployment"))
    assert kinds("roles").isdisjoint({"NetworkPolicy", "ServiceAccount", "Job"})
    assert deployment("roles", "sender")["spec"]["template"]["spec"]["serviceAccountName"] == "default"


def test_a_changed_setting_changes_the_pods_and_nothing_else_does() -> None:
    """The checksum follows the settings file; a new version of the chart alone replaces no pod."""
    base = ci_values()["default"]
    logged = objects(with_(base, {"config": {"observability": {"log_level": "debug"}}}))
    scaled = objects(with_(base, {"pod": {"replicas": 5}}))

    def sums(given: list[Object]) -> list[str]:
        return [pod.metadata["annotations"]["checksum/config"] for pod in pods(given) if pod.kind == "Deployment"]

    assert sums(of_ci("default")) == sums(scaled)
    assert sums(of_ci("default")) != sums(logged)
    assert "helm.sh/chart" not in deployment("default")["spec"]["template"]["metadata"]["labels"]


def test_everything_can_be_added_to_pods() -> None:
    """Each of them is where Kubernetes looks for it."""
    one = deployment("extended")
    spec, meta = one["spec"]["template"]["spec"], one["spec"]["template"]["metadata"]
    ours = connector(one)

    assert one["metadata"]["annotations"]["example.com/deployment"] == "a"
    assert (meta["annotations"]["example.com/pod"], meta["labels"]["example.com/pod"]) == ("a", "a")
    assert (spec["priorityClassName"], spec["nodeSelector"]) == ("high", {"kubernetes.io/os": "linux"})
    assert spec["tolerations"] == [{"key": "texts", "operator": "Exists"}]
    assert "nodeAffinity" in spec["affinity"]
    assert spec["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == {"a": "b"}
    assert ours["env"][-1] == {"name": "HTTPS_PROXY", "value": "http://proxy:3128"}
    assert ours["envFrom"] == [{"configMapRef": {"name": "proxy"}}]
    assert ours["volumeMounts"][-1] == {"name": "ca", "mountPath": "/etc/ca"}
    assert spec["volumes"][-1] == {"name": "ca", "configMap": {"name": "ca"}}
    assert [c["name"] for c in spec["containers"]] == ["connector", "more"]
    assert spec["serviceAccountName"] == "texts"
    assert {k: v for k, v in ours["livenessProbe"].items() if "Socket" in k} == {"tcpSocket": {"port": "health"}}
    assert "httpGet" not in ours["livenessProbe"]
    assert "startupProbe" not in ours


def test_containers_may_run_first() -> None:
    """Before the connector."""
    first = [{"name": "first", "image": "busybox:1"}]
    given = objects(with_(ci_values()["default"], {"pod": {"initContainers": first}}))

    assert first == next(p for p in pods(given) if p.kind == "Deployment").spec["initContainers"]


def test_set_up_runs_before_and_takes_what_it_needs_along() -> None:
    """Its settings and its policy are hooks too, before it: at an install nothing else of the chart is there."""
    given = of_ci("extended")
    job = of_kind(given, "Job")[f"{FULL}-setup"]
    spec = job["spec"]["template"]["spec"]
    needed = [one for one in given if one["metadata"]["name"] == f"{FULL}-setup"]
    weights = {one["kind"]: int(one["metadata"]["annotations"]["helm.sh/hook-weight"]) for one in needed}

    assert {"pre-install,pre-upgrade"} == {one["metadata"]["annotations"]["helm.sh/hook"] for one in needed}
    assert weights == {"ConfigMap": -10, "NetworkPolicy": -10, "Job": 0}
    assert [
        spec["initContainers"][0]["command"],
        spec["containers"][0]["command"],
    ] == [["kafka-sendblue", "schemas", "register"], ["kafka-sendblue", "topics", "apply"]]
    assert (spec["serviceAccountName"], spec["restartPolicy"]) == ("texts-setup", "Never")
    assert spec["volumes"][-1] == {"name": "ca", "configMap": {"name": "ca"}}
    assert job["metadata"]["annotations"]["example.com/a"] == "b"
    assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (3, 300)


def test_image_and_names_can_be_said() -> None:
    """A digest beats the tag; without either it is the chart's own version."""
    base = ci_values()["default"]
    tagged = objects(with_(base, {"image": {"tag": "1.2.3"}}))
    images = [{c["image"] for p in pods(given) for c in p.containers()} for given in (tagged, of_ci("default"))]
    pod = next(pods(of_ci("secured")))

    assert [{"kafka-sendblue:1.2.3"}, {"kafka-sendblue:0.1.0"}] == images
    assert f"images.example.com/kafka-sendblue@sha256:{'0' * 64}" == pod.containers()[0]["image"]
    assert pod.spec["imagePullSecrets"] == [{"name": "pull"}]
    assert {"texts-single"} == set(of_kind(of_ci("secured"), "Deployment"))
    assert {"messaging"} == {one["metadata"]["labels"]["team"] for one in of_ci("secured")}
    assert pod.metadata["labels"]["team"] == "messaging"


def test_a_long_name_still_fits() -> None:
    """The longest suffix included."""
    long = objects(with_(ci_values()["monitored"], {"mode": "split", "fullnameOverride": "a" * 80}))
    names = {one["metadata"]["name"] for one in long if "dashboard" not in one["metadata"]["name"]}

    assert max(map(len, names)) == 63


def test_more_objects_are_templates() -> None:
    """As YAML or as text."""
    assert {"texts-more", "texts-text"} <= set(of_kind(of_ci("extended"), "ConfigMap"))


def test_the_notes_say_what_to_do_next() -> None:
    """Where Sendblue must reach us, what has to bring it in, how to see that it works."""
    bare, routed = (texts(ci_values()[name])["kafka-sendblue/templates/NOTES.txt"] for name in ("default", "ingress"))

    assert "https://texts.example.com/v1/callbacks/" in bare
    assert "https://texts.example.com/sendblue/v1/callbacks/smoke" in routed
    assert "--set callbackIngress.enabled=true" in bare
    assert "--set callbackIngress.enabled=true" not in routed
    assert "helm test texts -n app" in bare
    assert f"deploy/{FULL}-single -c connector -- kafka-sendblue check" in bare
    assert f"deploy/{FULL}-sender" in texts(ci_values()["split"])["kafka-sendblue/templates/NOTES.txt"]
    alone = with_(ci_values()["split"], {"sender": {"enabled": False}})
    assert f"deploy/{FULL}-router" in texts(alone)["kafka-sendblue/templates/NOTES.txt"]
