"""What the chart refuses: values, and the `--set` that its sentence names.

Each case is put over the ci values that are named first. A sentence's own advice must be enough: with it the chart is
rendered.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.ops.chart.rendering import Object, Refused, ci_values, texts, with_
from tests.ops.chart.values_file import CHART


class Case(NamedTuple):
    """What is set over which ci values, and what is said about it."""

    base: str
    over: dict[str, Any]
    told: str


CASES = (
    Case("default", {"config": {"kafka": {"bootstrap_servers": ""}}}, "no Kafka"),
    Case("default", {"config": {"registry": {"url": ""}}}, "no schema registry"),
    Case("default", {"config": {"lines": []}}, "no line to send from"),
    Case("default", {"config": {"callbacks": {"public_url": ""}}}, "must know how to reach the callbacks"),
    Case("default", {"config": {"callbacks": {"public_url": "http://texts.example.com"}}}, "must come by https"),
    Case("default", {"config": {"kafka": {"client": {"sasl.password": "hush"}}}}, "would stand in a ConfigMap"),
    Case("default", {"config": {"callbacks": {"port": 9464}}}, "need a port each"),
    Case("default", {"secrets": {"hashKey": {"existingSecret": ""}}}, "needs the ledger's hash key"),
    Case("default", {"secrets": {"sendblue": {"existingSecret": ""}}}, "need the account's keys"),
    Case("default", {"secrets": {"callbackKeys": {"existingSecret": ""}}}, "need the keys of the callback URLs"),
    Case("default", {"secrets": {"kafkaClient": {"existingSecret": "kafka"}}}, "nothing is used"),
    Case("default", {"secrets": {"kafkaClient": {"files": {"sasl.password": "p"}}}}, "needs its Secret"),
    Case("secured", {"secrets": {"kafkaTls": {"privateKey": ""}}}, "mutual TLS needs certificate and key"),
    Case("default", {"secrets": {"kafkaTls": {"existingSecret": "tls"}}}, "is not used without TLS"),
    Case("split", {name: {"enabled": False} for name in ("router", "sender", "ingress", "reconciler")}, "is left out"),
    Case("default", {"single": {"terminationGracePeriodSeconds": 54}}, "killed before it has ended its work"),
    Case("default", {"config": {"sendblue": {"deadline_s": 25.5}}}, "killed before it has ended its work"),
    Case("split", {"config": {"shutdown": {"endpoint_drain_s": 30}}}, "killed before it has ended its work"),
    Case("keda", {"router": {"hpa": {"enabled": True}}}, "would be scaled by two"),
    Case("hpa", {"ingress": {"hpa": {"minReplicas": 9}}}, "minReplicas exceeds maxReplicas"),
    Case("keda", {"router": {"keda": {"maxReplicas": 13}}}, "has 12 partitions, more pods would be idle"),
    Case("keda", {"sender": {"keda": {"maxReplicas": 5}}}, "has 4 partitions, more pods would be idle"),
    Case("keda", {"sender": {"keda": {"maxReplicas": 1}}}, "minReplicas exceeds maxReplicas"),
    Case("split", {"ingress": {"keda": {"enabled": True}}}, "has no lag that more pods would shorten"),
    Case("split", {"reconciler": {"keda": {"enabled": True}}}, "has no lag that more pods would shorten"),
    Case("ingress", {"mode": "split", "ingress": {"enabled": False}}, "callbackIngress leads nowhere"),
    Case("gateway", {"ingress": {"enabled": False}}, "callbackRoute leads nowhere"),
    Case("gateway", {"callbackRoute": {"parentRefs": []}}, "needs a Gateway"),
)
ADVICE = re.compile(r"--set(?:-string)? (\S+)")


def values_of(case: Case) -> Object:
    """The values of a case."""
    return with_(ci_values()[case.base], case.over)


def without_secrets(values: Object) -> Object:
    """As someone leaves them who puts the client's secrets into a Secret instead."""
    kafka = values.get("config", {}).get("kafka", {})
    client = {name: value for name, value in kafka.get("client", {}).items() if "password" not in name}
    return with_(values, {"config": {"kafka": {**kafka, "client": None}}}, {"config": {"kafka": {"client": client}}})


def sentence(values: Object, chart: Path = CHART) -> str:
    """Why the chart refuses these values; empty when it does not."""
    try:
        texts(values, chart)
    except Refused as refused:
        return str(refused)
    return ""


def unguarded(chart: Path) -> Iterator[str]:
    """The cases that this chart lets pass, or says another thing about."""
    for case in CASES:
        if case.told not in sentence(values_of(case), chart):
            yield f"not refused: {case.told}"
