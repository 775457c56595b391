"""The API server asked by HTTP: just what these tests need of it."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

from tests.ops.cluster.control_plane import TOKEN

Object = dict[str, Any]
PLURALS = {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses", "PriorityClass": "priorityclasses"}
CLUSTER_WIDE = {"Namespace", "Node", "CustomResourceDefinition", "PriorityClass"}
APPLY = {"content-type": "application/apply-patch+yaml"}
MERGE = {"content-type": "application/merge-patch+json"}


class Refusal(Exception):  # noqa: N818 - what the API server did
    """The API server does not take it: its status and its own sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status = status


class Api:
    """A client; every call raises Refusal for an answer that is not 2xx."""

    def __init__(self, url: str, authority: Path) -> None:
        context = ssl.create_default_context(cafile=str(authority))
        headers = {"authorization": f"Bearer {TOKEN}"}
        self._client = httpx2.Client(base_url=url, headers=headers, verify=context, timeout=30)

    def close(self) -> None:
        """No more calls."""
        self._client.close()

    def get(self, path: str) -> Object:
        """What is there."""
        return self._call("GET", path)

    def post(self, path: str, body: Object) -> Object:
        """Make it, or do it."""
        return self._call("POST", path, json=body)

    def patch(self, path: str, body: Object) -> Object:
        """Change some of it."""
        return self._call("PATCH", path, content=json.dumps(body), headers=MERGE)

    def delete(self, path: str, grace_s: int | None = None) -> Object:
        """Take it away."""
        return self._call("DELETE", path, params={} if grace_s is None else {"gracePeriodSeconds": grace_s})

    def make(self, one: Object) -> Object:
        """Make an object."""
        return self.post(collection(one), one)

    def judge(self, one: Object) -> None:
        """Have the server look at an object as if it were applied: defaults, schemas, admission; it keeps nothing."""
        asked = {"dryRun": "All", "fieldManager": "tests", "fieldValidation": "Strict", "force": "true"}
        path = f"{collection(one)}/{one['metadata']['name']}"
        self._call("PATCH", path, content=json.dumps(one), headers=APPLY, params=asked)

    def watch(self, path: str) -> Iterator[Object]:
        """The objects as they are and as they change, until the connection ends."""
        with self._client.stream("GET", path, params={"watch": "true"}, timeout=None) as answer:
            for line in answer.iter_lines():
                yield json.loads(line)["object"]

    def _call(self, method: str, path: str, **more: Any) -> Object:
        answer = self._client.request(method, path, **more)
        if answer.is_success:
            return dict(answer.json())
        raise Refusal(answer.status_code, answer.json().get("message", answer.text))


def collection(one: Object) -> str:
    """The path of the objects of its kind, in its namespace."""
    api, kind = one["apiVersion"], one["kind"]
    root = f"/apis/{api}" if "/" in api else f"/api/{api}"
    plural = PLURALS.get(kind, f"{kind.lower()}s")
    if kind in CLUSTER_WIDE:
        return f"{root}/{plural}"
    return f"{root}/namespaces/{one['metadata'].get('namespace', 'app')}/{plural}"
