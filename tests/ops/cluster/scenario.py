"""What is done with the chart on the real API server, step by step; a step raises AssertionError for a fault."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import helm_python as helm

from tests.ops.chart.kubernetes_schemas import crds
from tests.ops.chart.rendering import NAMESPACE, RELEASE, ci_values, objects, pods, with_
from tests.ops.chart.values_file import CHART
from tests.ops.cluster.api import Api, Object, Refusal
from tests.ops.cluster.control_plane import ControlPlane
from tests.ops.cluster.mistakes import MISTAKES, POD_SECURITY
from tests.ops.cluster.nodes import Nodes

WAIT_S = 180
SELECTED = f"labelSelector=app.kubernetes.io/instance={RELEASE}"
PRIORITY = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1}
LEFT_OVER = {
    "/api/v1": ("pods", "services", "configmaps", "serviceaccounts"),
    "/apis/apps/v1": ("deployments", "replicasets"),
    "/apis/batch/v1": ("jobs",),
    "/apis/policy/v1": ("poddisruptionbudgets",),
    "/apis/networking.k8s.io/v1": ("networkpolicies", "ingresses"),
}


class Scenario:
    """On one control plane; the steps go on from each other."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.api, self._watching = Api(plane.url, plane.authority), Api(plane.url, plane.authority)
        self.helm = helm.Config(kubeconfig_path=plane.kubeconfig, namespace=NAMESPACE)
        self._folder = folder

    def steps(self) -> tuple[Callable[[], str], ...]:
        """In their order; each returns what it found, in a few words."""
        return (
            self.prepare,
            self.every_object_is_taken,
            self.every_pod_is_restricted,
            self.install,
            self.test,
            self.evict,
            self.upgrade,
            self.split,
            self.roll_back,
            self.uninstall,
            self.install_with_all_its_neighbours,
            self.mistakes_are_refused,
            self.an_insecure_pod_fails_the_install,
        )

    def close(self) -> None:
        """End the nodes too."""
        self.helm.close()
        self._watching.close()
        self.api.close()

    def prepare(self) -> str:
        """A namespace that enforces `restricted`, the CRDs of the neighbours, what the ci values name, two nodes."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        meta: Object = {"name": NAMESPACE, "labels": labels}
        self.api.make({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        for one in (PRIORITY, *crds()):
            self.api.make(one)
        Nodes(self._watching).start()
        self._until(lambda: all(_is_established(one) for one in self._crds()), "the CRDs are served")
        self._until(self._has_account, "the namespace has its ServiceAccount")
        return f"{self.api.get('/version')['gitVersion']}, {len(crds())} CRDs"

    def _has_account(self) -> bool:
        accounts = self.api.get(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts")["items"]
        return [one["metadata"]["name"] for one in accounts] == ["default"]

    def _crds(self) -> list[Object]:
        return list(self.api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"])

    def every_object_is_taken(self) -> str:
        """Under every ci values, with its own rules and dashboards, and with fields checked strictly."""
        given = [one for values in ci_values().values() for one in objects(values)]
        for one in given:
            self.api.judge(one)
        return f"{len(given)} objects"

    def every_pod_is_restricted(self) -> str:
        """Pod Security looks at pods, not at what makes them: so each template is tried as a pod."""
        given = [pod for values in ci_values().values() for pod in pods(objects(values))]
        for number, pod in enumerate(given):
            self.api.judge(as_pod(number, pod.metadata, pod.spec))
        return f"{len(given)} pods"

    def install(self) -> str:
        """The Job before it included; pods run."""
        release = self.helm.install(CHART, RELEASE, ci_values()["default"], wait="watcher", timeout=WAIT_S)
        running = self._pods()

        assert release["status"] == "deployed", release
        assert len(running) == 2
        assert {one["spec"]["nodeName"] for one in running} == {"node-a", "node-b"}
        self._until(lambda: not self._there("/apis/batch/v1", "jobs"), "the Job before it is gone")
        return f"revision {release['revision']}, {len(running)} pods on {len(running)} nodes"

    def test(self) -> str:
        """As `helm test` does it."""
        self.helm.test(RELEASE, timeout=WAIT_S)
        return "passed"

    def evict(self) -> str:
        """One pod may go; the second one must wait for the first to be back."""
        budget = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets/{RELEASE}-kafka-sendblue-single"
        self._until(lambda: self.api.get(budget)["status"].get("disruptionsAllowed") == 1, "the budget is known")
        first, second = (one["metadata"]["name"] for one in self._pods())
        self._evict(first)
        assert self._refused_eviction(second) == 429
        self._until(lambda: len(self._pods()) == 2, "the evicted pod is back")
        return "the second one was refused"

    def _evict(self, name: str) -> None:
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}}
        self.api.post(f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction", body)

    def _refused_eviction(self, name: str) -> int:
        """The status of the refusal; 0 when it was allowed."""
        try:
            self._evict(name)
        except Refusal as refusal:
            return refusal.status
        return 0

    def upgrade(self) -> str:
        """A changed setting replaces every pod."""
        before = {one["metadata"]["name"] for one in self._pods()}
        louder = with_(ci_values()["default"], {"config": {"observability": {"log_level": "debug"}}})
        release = self.helm.upgrade(CHART, RELEASE, louder, wait="watcher", timeout=WAIT_S)
        self._until(lambda: len(self._pods()) == 2, "the old pods are gone")
        after = {one["metadata"]["name"] for one in self._pods()}

        assert before.isdisjoint(after)
        return f"revision {release['revision']}, every pod replaced"

    def split(self) -> str:
        """From one Deployment to four."""
        self.helm.upgrade(CHART, RELEASE, ci_values()["split"], wait="watcher", timeout=WAIT_S)
        self._until(lambda: len(self._pods()) == 8, "the pods of four roles run, and no others")
        return "8 pods of 4 roles"

    def roll_back(self) -> str:
        """To what was installed first."""
        self.helm.rollback(RELEASE, version=1, wait="watcher", timeout=WAIT_S)
        self._until(lambda: len(self._pods()) == 2, "the pods of the first revision run, and no others")
        labels = {one["metadata"]["labels"]["app.kubernetes.io/component"] for one in self._pods()}

        assert labels == {"single"}
        return f"{len(self.helm.history(RELEASE))} revisions"

    def uninstall(self) -> str:
        """Nothing stays."""
        self.helm.uninstall(RELEASE, wait="watcher", timeout=WAIT_S)
        self._until(lambda: not self._left(), "nothing is left")
        return "nothing left"

    def install_with_all_its_neighbours(self) -> str:
        """Prometheus Operator, KEDA, Gateway API and the HPA take what they are given; then all of it goes."""
        made = []
        for name in ("monitored", "keda", "gateway", "hpa", "secured"):
            self.helm.install(CHART, RELEASE, ci_values()[name], timeout=WAIT_S)
            made.append(name)
            self.helm.uninstall(RELEASE, wait="watcher", timeout=WAIT_S)
            self._until(lambda: not self._left(), "nothing is left")
        return ", ".join(made)

    def mistakes_are_refused(self) -> str:
        """By the server itself, in its own words."""
        for mistake in MISTAKES:
            with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                told = self._refusal_of(mistake.chart(Path(folder)), mistake.values)
            assert mistake.told in told, f"{mistake.mutant.new or mistake.mutant.old!r}: {told or 'taken'}"
        return f"{len(MISTAKES)} of {len(MISTAKES)}"

    def _refusal_of(self, chart: Path, name: str) -> str:
        given = objects(ci_values()[name], chart)
        tried = [as_pod(number, pod.metadata, pod.spec) for number, pod in enumerate(pods(given))]
        for one in [*given, *tried]:
            try:
                self.api.judge(one)
            except Refusal as refusal:
                return str(refusal)
        return ""

    def an_insecure_pod_fails_the_install(self) -> str:
        """Helm waits for pods that are never made; the ReplicaSet says why."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            chart, values = (
                MISTAKES[1].chart(Path(folder)),
                with_(ci_values()["default"], {"setup": {"enabled": False}}),
            )
            with contextlib.suppress(helm.HelmError):
                self.helm.install(chart, RELEASE, values, wait="watcher", timeout=15)
                raise AssertionError("it was installed")
        events = self.api.get(f"/api/v1/namespaces/{NAMESPACE}/events")["items"]

        assert any(POD_SECURITY in one["message"] for one in events if one["reason"] == "FailedCreate")
        self.helm.uninstall(RELEASE, wait="watcher", timeout=WAIT_S)
        return "refused, and the event says why"

    def _pods(self) -> list[Object]:
        """Those of the Deployments that run and are not on their way out."""
        found = self.api.get(f"/api/v1/namespaces/{NAMESPACE}/pods?{SELECTED}")["items"]
        going = [one for one in found if "deletionTimestamp" in one["metadata"]]
        return [one for one in found if one["status"].get("phase") == "Running"] if not going else []

    def _left(self) -> list[str]:
        return [
            f"{plural} {one['metadata']['name']}"
            for root, plurals in LEFT_OVER.items()
            for plural in plurals
            for one in self._there(root, plural)
        ]

    def _there(self, root: str, plural: str) -> Iterator[Object]:
        return self.api.get(f"{root}/namespaces/{NAMESPACE}/{plural}?{SELECTED}")["items"]  # type: ignore[no-any-return]

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < end, f"in vain waited until {what}: {self._left()}"
            time.sleep(0.5)


def as_pod(number: int, metadata: Object, spec: Object) -> Object:
    """A template as the pod that it makes."""
    meta: Object = {"name": f"tried-{number}", "namespace": NAMESPACE, "labels": metadata.get("labels", {})}
    plain = {key: value for key, value in spec.items() if key not in ("serviceAccountName", "priorityClassName")}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": plain}


def _is_established(crd: Object) -> bool:
    conditions = crd.get("status", {}).get("conditions") or ()  # null at first
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
