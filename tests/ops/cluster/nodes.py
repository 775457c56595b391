"""Two nodes that run no containers: pods are said to run, those of Jobs and tests to have succeeded.

What this leaves out is said in docs/operations.md: images, probes and network policies are not tried by it.
"""

import contextlib
import threading

import httpx2

from tests.ops.cluster.api import Api, Object, Refusal

ZONES = ("a", "b")
SINCE = "2020-01-01T00:00:00Z"  # long ago, so that minReadySeconds is over


class Nodes:
    """Begins when it is started, ends when its API connection is closed."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._thread = threading.Thread(target=self._serve, name="nodes", daemon=True)

    def start(self) -> None:
        """Make the nodes and take pods."""
        room = {"cpu": "8", "memory": "16Gi", "pods": "110"}
        for zone in ZONES:
            labels = {"topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": zone, "kubernetes.io/os": "linux"}
            meta, status = {"name": f"node-{zone}", "labels": labels}, {"allocatable": room, "capacity": room}
            self._api.make({"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": status})
            self._api.patch(f"/api/v1/nodes/node-{zone}", {"spec": {"taints": None}})
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(httpx2.HTTPError, RuntimeError):  # the connection is closed at the end
            for pod in self._api.watch("/api/v1/pods"):
                with contextlib.suppress(Refusal):  # it is gone, or has changed: another event tells
                    if pod["kind"] == "Pod":
                        self._take(pod)

    def _take(self, pod: Object) -> None:
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if "deletionTimestamp" in meta:
            self._api.delete(path, grace_s=0)
        elif pod["spec"].get("nodeName") and pod["status"].get("phase") == "Pending":
            self._api.patch(f"{path}/status", {"status": _ended(pod) if _ends(pod) else _running(pod)})


def _ends(pod: Object) -> bool:
    return bool(pod["spec"]["restartPolicy"] == "Never")


def _running(pod: Object) -> Object:
    state = {"running": {"startedAt": SINCE}}
    names = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    conditions = [{"type": name, "status": "True", "lastTransitionTime": SINCE} for name in names]
    return {"phase": "Running", "startTime": SINCE, "conditions": conditions, **_containers(pod, state)}


def _ended(pod: Object) -> Object:
    state = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": SINCE, "finishedAt": SINCE}}
    return {"phase": "Succeeded", "startTime": SINCE, **_containers(pod, state)}


def _containers(pod: Object, state: Object) -> Object:
    def told(one: Object) -> Object:
        is_ready = "running" in state
        return {"name": one["name"], "image": one["image"], "imageID": "", "restartCount": 0, "ready": is_ready} | {
            "state": state,
            "started": is_ready,
        }

    return {"containerStatuses": [told(one) for one in pod["spec"]["containers"]]}
