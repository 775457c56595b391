"""What must hold of every rendering of the chart: one small function a rule, each telling its faults in sentences.

The tests ask for no fault under any of the ci values; the mutants ask that a removed line is one.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.ops.chart.rendering import Object, Pod, of_kind, pods

Rule = Callable[[list[Object]], Iterator[str]]
SEVEN_OF_PODS = ("hostNetwork", "hostPID", "hostIPC")
HARMLESS_VOLUMES = {"configMap", "emptyDir", "secret", "projected", "downwardAPI", "persistentVolumeClaim", "ephemeral"}
OURS = ("connector", "schemas", "topics", "ready")
"""The names of our own containers."""


def _each_container(given: list[Object]) -> Iterator[tuple[Pod, Object, str]]:
    for pod in pods(given):
        for container in pod.containers():
            yield pod, container, f"{pod.kind} {pod.owner}, {container['name']}"


def restricted(given: list[Object]) -> Iterator[str]:
    """The `restricted` Pod Security profile, field by field as the standard has it."""
    for pod in pods(given):
        who, context = f"{pod.kind} {pod.owner}", pod.spec.get("securityContext", {})
        yield from (f"{who}: {name}" for name in SEVEN_OF_PODS if pod.spec.get(name))
        yield from (
            f"{who}: volume {volume['name']}"
            for volume in pod.spec.get("volumes", ())
            if not HARMLESS_VOLUMES & set(volume)
        )
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{who}: the pod has no seccomp profile"
        if context.get("runAsNonRoot") is not True:
            yield f"{who}: the pod may run as root"
        for ports in (c.get("ports", ()) for c in pod.containers()):
            yield from (f"{who}: host port" for port in ports if "hostPort" in port)
    for _, container, who in _each_container(given):
        context = container.get("securityContext", {})
        if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
            yield f"{who}: privilege may escalate"
        if context.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{who}: capabilities are kept"


def hardened(given: list[Object]) -> Iterator[str]:
    """Beyond `restricted`: nothing can be written but /tmp, no root in the container either, a user that is ours."""
    for pod in pods(given):
        who, context = f"{pod.kind} {pod.owner}", pod.spec.get("securityContext", {})
        users = [context.get(name) for name in ("runAsUser", "runAsGroup", "fsGroup")]
        if users != [65532, 65532, 65532]:
            yield f"{who}: runs as {users}"
        if pod.spec.get("automountServiceAccountToken") is not False:
            yield f"{who}: holds a token of the API"
        if pod.spec.get("enableServiceLinks") is not False:
            yield f"{who}: hears of all Services in its environment"
        for volume in pod.spec.get("volumes", ()):
            if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
                yield f"{who}: volume {volume['name']} has no bound"
    for _, container, who in _each_container(given):
        context = container.get("securityContext", {})
        for name in ("readOnlyRootFilesystem", "runAsNonRoot"):
            if context.get(name) is not True:
                yield f"{who}: {name} is not set"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{who}: the container has no seccomp profile"


def account_has_no_token(given: list[Object]) -> Iterator[str]:
    """Nor does the ServiceAccount give one away."""
    for name, account in of_kind(given, "ServiceAccount").items():
        if account.get("automountServiceAccountToken") is not False:
            yield f"ServiceAccount {name}: gives a token away"


def resources(given: list[Object]) -> Iterator[str]:
    """Requests, a memory limit, no CPU limit: a throttled connector keeps no pace."""
    for _, container, who in _each_container(given):
        asked, bound = (container.get("resources", {}).get(name, {}) for name in ("requests", "limits"))
        if set(asked) != {"cpu", "memory"}:
            yield f"{who}: asks for {sorted(asked)}"
        if set(bound) != {"memory"}:
            yield f"{who}: is bound in {sorted(bound)}"


def secrets_are_files(given: list[Object]) -> Iterator[str]:
    """Mode 0440, read-only, and never through the environment."""
    for pod in pods(given):
        who = f"{pod.kind} {pod.owner}"
        secrets = {v["name"]: v["secret"] for v in pod.spec.get("volumes", ()) if "secret" in v}
        yield from (f"{who}: mode of {name}" for name, one in secrets.items() if one.get("defaultMode") != 0o440)
        for container in pod.containers():
            for mount in container.get("volumeMounts", ()):
                if mount["name"] in {*secrets, "config"} and mount.get("readOnly") is not True:
                    yield f"{who}: {mount['name']} could be written"
            if "secretKeyRef" in str(container.get("env")) or "secretRef" in str(container.get("envFrom")):
                yield f"{who}: a secret is in the environment"


def no_secret_in_config(given: list[Object]) -> Iterator[str]:
    """A ConfigMap names files of secrets, and holds none."""
    for name, config in of_kind(given, "ConfigMap").items():
        for line in config["data"].get("connector.yaml", "").splitlines():
            key, _, value = line.strip().partition(":")
            named = key.endswith(("_file", "_dir", "client_files")) or value.strip().startswith("/")
            if any(word in key for word in ("secret", "password", "api_key", "hash_key")) and not named:
                yield f"ConfigMap {name}: {key}"


def least_secrets(given: list[Object]) -> Iterator[str]:
    """Whose role calls nobody holds no key of the account; whose role signs nothing holds no callback key; and only who
    hears account webhooks may hold their secrets.

    A certificate of the callbacks' port, where there is one, is held by who listens there.
    """
    wanted = {
        "single": {"hash-key", "sendblue", "callback-keys"},
        "router": {"hash-key"},
        "sender": {"hash-key", "sendblue", "callback-keys"},
        "ingress": {"hash-key", "callback-keys"},
        "reconciler": {"hash-key", "sendblue"},
        "setup": {"hash-key", "sendblue"},
        "test": set(),
    }
    shared, heard = {"kafka", "kafka-tls", "registry"}, {"webhook-secrets", "callback-tls"}
    for pod in pods(given):
        component = pod.metadata["labels"]["app.kubernetes.io/component"]
        free = shared | heard if component in ("single", "ingress") else shared
        held = {volume["name"] for volume in pod.spec.get("volumes", ()) if "secret" in volume} - free
        if held != wanted[component]:
            yield f"{pod.owner}: holds {sorted(held)}"


def replaced_without_a_gap(given: list[Object]) -> Iterator[str]:
    """A new pod is ready before an old one goes, a changed configuration replaces pods, and work may end."""
    for name, one in of_kind(given, "Deployment").items():
        spec, template = one["spec"], one["spec"]["template"]
        if spec.get("strategy", {}).get("rollingUpdate") != {"maxUnavailable": 0, "maxSurge": 1}:
            yield f"{name}: a pod may be missing during a rollout"
        if "checksum/config" not in template["metadata"].get("annotations", {}):
            yield f"{name}: a changed configuration is not rolled out"
        if template["spec"].get("terminationGracePeriodSeconds", 0) < 55:
            yield f"{name}: is killed before it has ended its work"


def probes(given: list[Object]) -> Iterator[str]:
    """Alive is not ready. The liveness probe is slower than the watchdog, which says where the process is stuck."""
    for name, one in of_kind(given, "Deployment").items():
        container = _connector(one)
        found = {kind: container.get(f"{kind}Probe", {}) for kind in ("startup", "liveness", "readiness")}
        paths = {kind: probe["httpGet"]["path"] for kind, probe in found.items() if "httpGet" in probe}
        wanted = {"startup": "/startupz", "liveness": "/livez", "readiness": "/readyz"}
        if "tcpSocket" not in found["liveness"] and paths != wanted:
            yield f"{name}: probes ask {paths}"
        liveness = found["liveness"]
        if liveness.get("periodSeconds", 10) * liveness.get("failureThreshold", 3) <= 60:
            yield f"{name}: would be killed before it can say where it is stuck"


def _connector(deployment: Object) -> Object:
    containers = deployment["spec"]["template"]["spec"]["containers"]
    return next(one for one in containers if one["name"] == "connector")


def selected(given: list[Object]) -> Iterator[str]:
    """Each selector means the pods of one component and no others; each named port is there."""
    templates = [pod.metadata["labels"] for pod in pods(given) if pod.kind == "Deployment"]
    ports = {port["name"] for pod in pods(given) for c in pod.containers() for port in c.get("ports", ())}
    for one in given:
        selector = _selector(one)
        if selector is not None and one["kind"] != "PodMonitor":
            found = [labels for labels in templates if selector.items() <= labels.items()]
            if len(found) != 1 and selector.get("app.kubernetes.io/component") != "setup":
                yield f"{one['kind']} {one['metadata']['name']}: selects {len(found)} components"
        if one["kind"] == "Service":
            yield from (
                f"Service {one['metadata']['name']}: no port {port['targetPort']}"
                for port in one["spec"]["ports"]
                if port["targetPort"] not in ports
            )


def _selector(one: Object) -> dict[str, Any] | None:
    spec = one.get("spec", {})
    if one["kind"] == "Service":
        return dict(spec["selector"])
    if one["kind"] == "NetworkPolicy":
        return dict(spec["podSelector"]["matchLabels"])
    if one["kind"] in ("Deployment", "PodDisruptionBudget", "PodMonitor"):
        return dict(spec["selector"]["matchLabels"])
    return None


def spread(given: list[Object]) -> Iterator[str]:
    """Every constraint counts the pods of its own component, unless it brings a selector of its own."""
    for name, one in of_kind(given, "Deployment").items():
        own = one["spec"]["selector"]["matchLabels"]
        for constraint in one["spec"]["template"]["spec"].get("topologySpreadConstraints", ()):
            labels = constraint.get("labelSelector", {}).get("matchLabels", {})
            if labels not in (own, {"a": "b"}):
                yield f"{name}: spread counts {labels}"


def walled(given: list[Object]) -> Iterator[str]:
    """Each Deployment and the Job has a policy, where there are any: both ways, and with ports for what goes out."""
    policies = of_kind(given, "NetworkPolicy")
    if not policies:
        return
    owners = {pod.owner for pod in pods(given) if pod.kind != "Pod"}
    yield from (f"{name}: has no NetworkPolicy" for name in owners - set(policies))
    for name, policy in policies.items():
        if policy["spec"].get("policyTypes") != ["Ingress", "Egress"]:
            yield f"NetworkPolicy {name}: {policy['spec'].get('policyTypes')}"
        for rule in policy["spec"]["egress"]:
            if not rule.get("ports"):
                yield f"NetworkPolicy {name}: lets everything out"
        for rule in policy["spec"].get("ingress", ()):
            let_in = [port["port"] for port in rule.get("ports", ())]
            if let_in not in (["callbacks"], ["metrics"], ["health"]) and rule != {"from": [{"podSelector": {}}]}:
                yield f"NetworkPolicy {name}: lets in {let_in}"
            if let_in != ["callbacks"] and "from" not in rule:
                yield f"NetworkPolicy {name}: lets everybody in to {let_in}"


def labelled(given: list[Object]) -> Iterator[str]:
    """Every object of the chart says which release it is of, and in which namespace it is."""
    for one in given:
        if one["metadata"]["name"] in ("texts-more", "texts-text"):
            continue
        labels = one["metadata"].get("labels", {})
        if labels.get("app.kubernetes.io/instance") != "texts" or one["metadata"].get("namespace") != "app":
            yield f"{one['kind']} {one['metadata']['name']}: is nobody's"


def named_once(given: list[Object]) -> Iterator[str]:
    """No two objects of a kind have one name, and every name fits."""
    seen: set[tuple[str, str]] = set()
    for one in given:
        key = one["kind"], one["metadata"]["name"]
        if key in seen or len(key[1]) > 63:
            yield f"{key[0]} {key[1]}: is there twice, or too long"
        seen.add(key)


RULES: tuple[Rule, ...] = (
    restricted,
    hardened,
    account_has_no_token,
    resources,
    secrets_are_files,
    no_secret_in_config,
    least_secrets,
    replaced_without_a_gap,
    probes,
    selected,
    spread,
    walled,
    labelled,
    named_once,
)
