"""The topics and how each must be configured; what to create, what to change, what is wrong.

``wanted`` says what should be there, ``plan`` compares it with what is, ``apply`` makes it so (partitions are only ever
added), ``examine`` is the preflight: one finding a rule, each with what to do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.cimpl import NewPartitions, NewTopic

from connector.kafka.clients import ClientSettings

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS
TIMEOUT_S = 20.0
_FOREVER = {"cleanup.policy": "delete", "retention.bytes": "-1"}
_TABLE = {"cleanup.policy": "compact"}


@dataclass(frozen=True, slots=True)
class TopicNames:
    """What the topics are called."""

    requests: str = "sendblue.requests"
    events: str = "sendblue.events"
    dlq: str = "sendblue.dlq"
    dispatch: str = "sendblue.dispatch"
    ledger: str = "sendblue.ledger"
    control: str = "sendblue.control"
    contacts: str = "sendblue.contacts"
    parked: str = "sendblue.parked"

    @classmethod
    def with_prefix(cls, prefix: str) -> "TopicNames":
        """All topics under one prefix."""
        return cls(*(f"{prefix}.{name}" for name in cls.__slots__))


class TopicSpec(NamedTuple):
    """A topic as it should be. ``owned``: the connector's own; the user's topics are created, never altered."""

    name: str
    partitions: int
    config: Mapping[str, str]
    owned: bool = True


class Change(NamedTuple):
    """One step of ``topics apply``: create, partitions or config."""

    kind: str
    topic: str
    detail: str


class Finding(NamedTuple):
    """One line of the preflight."""

    ok: bool
    name: str
    sentence: str
    what_to_do: str = ""


@dataclass(frozen=True, slots=True)
class Existing:
    """A topic as it is."""

    partitions: int
    replication: int
    config: Mapping[str, str] = field(default_factory=dict)


def wanted(names: TopicNames, lines: int, users_partitions: int, replication: int) -> tuple[TopicSpec, ...]:
    """All topics for so many lines (design.md section 3)."""
    durable = {"min.insync.replicas": "2" if replication >= 3 else "1", "unclean.leader.election.enable": "false"}
    ledger = {
        **_FOREVER,
        **durable,
        "retention.ms": str(5 * DAY_MS),
        "segment.ms": str(6 * HOUR_MS),
        "message.timestamp.type": "LogAppendTime",
    }
    return (
        TopicSpec(names.requests, users_partitions, {}, owned=False),
        TopicSpec(names.events, users_partitions, {}, owned=False),
        TopicSpec(names.dlq, users_partitions, {}, owned=False),
        TopicSpec(names.dispatch, max(lines, 1), {**_FOREVER, **durable, "retention.ms": str(5 * DAY_MS)}),
        TopicSpec(names.ledger, 1, ledger),
        TopicSpec(names.control, 1, {**_TABLE, **durable}),
        TopicSpec(names.contacts, 1, {**_TABLE, **durable}),
        TopicSpec(names.parked, 1, {**_TABLE, **durable}),
    )


def plan(specs: Sequence[TopicSpec], existing: Mapping[str, Existing]) -> tuple[Change, ...]:
    """What ``apply`` would do. Partitions are never taken away, a user's topic is never altered."""
    changes: list[Change] = []
    for spec in specs:
        there = existing.get(spec.name)
        if there is None:
            changes.append(Change("create", spec.name, f"{spec.partitions} partitions"))
            continue
        if spec.owned and there.partitions < spec.partitions:
            changes.append(Change("partitions", spec.name, f"{there.partitions} -> {spec.partitions}"))
        if spec.owned and (wrong := _differences(spec, there)):
            changes.append(Change("config", spec.name, ", ".join(wrong)))
    return tuple(changes)


def examine(specs: Sequence[TopicSpec], existing: Mapping[str, Existing], unsafe_dev: bool) -> tuple[Finding, ...]:
    """The preflight of reliability.md section 19, as far as topics go."""
    return tuple(_finding(spec, existing.get(spec.name), unsafe_dev) for spec in specs)


def _finding(spec: TopicSpec, there: Existing | None, unsafe_dev: bool) -> Finding:
    apply_it = "run `kafka-sendblue topics apply`"
    if there is None:
        return Finding(False, spec.name, "the topic does not exist", apply_it)
    if not spec.owned:
        return Finding(True, spec.name, f"{there.partitions} partitions")
    if there.partitions < spec.partitions or (spec.partitions == 1 and there.partitions != 1):
        return Finding(False, spec.name, f"{there.partitions} partitions, wanted {spec.partitions}", apply_it)
    if wrong := _differences(spec, there):
        return Finding(False, spec.name, "; ".join(wrong), apply_it)
    if there.replication < 3 and not unsafe_dev:
        sentence = f"replication factor {there.replication}: acknowledged records can be lost with one broker"
        return Finding(False, spec.name, sentence, "recreate it with factor 3, or set unsafe_dev for a trial")
    return Finding(True, spec.name, f"{there.partitions} partitions, factor {there.replication}")


def _differences(spec: TopicSpec, there: Existing) -> list[str]:
    return [
        f"{name} is {there.config.get(name, 'unset')}, wanted {value}"
        for name, value in spec.config.items()
        if there.config.get(name) != value
    ]


class Topics:
    """The admin side; every call blocks for at most TIMEOUT_S. Raises KafkaException."""

    def __init__(self, settings: ClientSettings) -> None:
        self._admin = AdminClient(settings.admin())

    def brokers(self) -> int:
        """How many brokers the cluster has."""
        return len(self._admin.list_topics(timeout=TIMEOUT_S).brokers)

    def existing(self, names: Sequence[str]) -> dict[str, Existing]:
        """Return those of the topics that are there."""
        found = self._admin.list_topics(timeout=TIMEOUT_S).topics
        topics = {name: found[name] for name in names if name in found and found[name].error is None}
        resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in topics]
        configs = self._admin.describe_configs(resources, request_timeout=TIMEOUT_S) if resources else {}
        values = {r.name: {k: str(e.value) for k, e in f.result().items()} for r, f in configs.items()}
        return {
            name: Existing(len(t.partitions), _replication(t.partitions), values.get(name, {}))
            for name, t in topics.items()
        }

    def apply(self, specs: Sequence[TopicSpec], changes: Sequence[Change], replication: int) -> None:
        """Carry the changes out, one after the other."""
        by_name = {spec.name: spec for spec in specs}
        for change in changes:
            spec = by_name[change.topic]
            if change.kind == "create":
                self._create(spec, replication)
            elif change.kind == "partitions":
                made = self._admin.create_partitions([NewPartitions(spec.name, spec.partitions)])
                made[spec.name].result(TIMEOUT_S)
            else:
                self._alter(spec)

    def _create(self, spec: TopicSpec, replication: int) -> None:
        topic = NewTopic(spec.name, spec.partitions, replication, config=dict(spec.config))
        try:
            self._admin.create_topics([topic])[spec.name].result(TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise

    def _alter(self, spec: TopicSpec) -> None:
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in spec.config.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, spec.name, incremental_configs=entries)
        for done in self._admin.incremental_alter_configs([resource]).values():
            done.result(TIMEOUT_S)


def _replication(partitions: Mapping[int, object]) -> int:
    return min((len(getattr(p, "replicas", ())) for p in partitions.values()), default=0)
