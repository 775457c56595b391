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

from connector.core.delays import Delay
from connector.core.preflight import APPLY, Finding
from connector.kafka.clients import ClientSettings

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS
TIMEOUT_S = 20.0
DELAY_PARTITIONS = 4  # so that four replicas share the work; a contact's records share one
AT_LEAST, AT_MOST = "at least ", "at most "
DURABLE = {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}
"""What keeps an acknowledged record; with fewer than three brokers only a trial can go without."""
BATCH = {"max.message.bytes": "1000012"}
"""What a topic must take at once: a batch of our producer has at most 1,000,000 bytes, and Kafka counts its head too.
No record of ours is larger: what waits holds a request of up to 500,000 bytes whole."""
_FOREVER = {"cleanup.policy": "delete", "retention.bytes": "-1"}
_TABLE = {"cleanup.policy": "compact"}
_WORDS = {**_TABLE, "min.compaction.lag.ms": str(5 * DAY_MS)}
"""Of two words that landed in the wrong order the older one would be all that is left: a process has to read both, and
put it right (``core.opt_outs``), before the topic is compacted. One runs at least every 48 hours."""
_BOUNDS = {
    "retention.ms": AT_LEAST,
    "min.insync.replicas": AT_LEAST,
    "segment.ms": AT_MOST,
    "min.compaction.lag.ms": AT_LEAST,
    "max.message.bytes": AT_LEAST,
}
"""Settings that may be better than wanted; the others must be equal."""


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
    delay_1m: str = "sendblue.delay.1m"
    delay_1h: str = "sendblue.delay.1h"
    optouts: str = "sendblue.optouts"
    inbound: str = "sendblue.inbound"
    account: str = "sendblue.account"

    @classmethod
    def with_prefix(cls, prefix: str) -> "TopicNames":
        """All topics under one prefix."""
        return cls(*(f"{prefix}.{name.replace('_', '.')}" for name in cls.__slots__))

    def delay(self, delay: Delay) -> str:
        """The topic of this delay."""
        return {Delay.MINUTE: self.delay_1m, Delay.HOUR: self.delay_1h}[delay]

    def short(self, topic: str) -> str:
        """What the topic is called in metrics: its last part, without the prefix; as given for any other."""
        return next((name.replace("_", ".") for name in self.__slots__ if getattr(self, name) == topic), topic)

    def all(self) -> tuple[str, ...]:
        """Every name."""
        return tuple(getattr(self, name) for name in self.__slots__)


class TopicSpec(NamedTuple):
    """A topic as it should be. ``owned``: the connector's own; the user's topics are created, never altered.

    ``kept``: a user's topic of which every record counts, so that it must not be compacted. ``config`` of a user's
    topic is what its creation gives it, and what is demanded of it.
    """

    name: str
    partitions: int
    config: Mapping[str, str]
    owned: bool = True
    kept: bool = False


class Change(NamedTuple):
    """One step of ``topics apply``: create, partitions or config."""

    kind: str
    topic: str
    detail: str


@dataclass(frozen=True, slots=True)
class Existing:
    """A topic as it is."""

    partitions: int
    replication: int
    config: Mapping[str, str] = field(default_factory=dict)


def wanted(names: TopicNames, lanes: int, users_partitions: int, replication: int) -> tuple[TopicSpec, ...]:
    """All topics for so many lanes: a dispatch partition each, one for what must be read in one order."""
    durable = {**DURABLE, **BATCH, "min.insync.replicas": "2" if replication >= 3 else "1"}
    dispatch = {**_FOREVER, **durable, "retention.ms": str(5 * DAY_MS)}
    ledger = {
        **_FOREVER,
        **durable,
        "retention.ms": str(5 * DAY_MS),
        "segment.ms": str(6 * HOUR_MS),
        "message.timestamp.type": "LogAppendTime",
    }
    return (
        TopicSpec(names.requests, users_partitions, {}, owned=False, kept=True),
        TopicSpec(names.events, users_partitions, BATCH, owned=False),
        TopicSpec(names.dlq, users_partitions, BATCH, owned=False, kept=True),
        TopicSpec(names.inbound, users_partitions, BATCH, owned=False, kept=True),
        TopicSpec(names.account, users_partitions, BATCH, owned=False, kept=True),
        TopicSpec(names.dispatch, max(lanes, 1), dispatch),
        *(
            TopicSpec(names.delay(d), DELAY_PARTITIONS, {**dispatch, "message.timestamp.type": "LogAppendTime"})
            for d in Delay
        ),
        TopicSpec(names.ledger, 1, ledger),
        TopicSpec(names.control, 1, {**_TABLE, **durable}),
        TopicSpec(names.contacts, 1, {**_TABLE, **durable}),
        TopicSpec(names.parked, 1, {**_TABLE, **durable}),
        TopicSpec(names.optouts, 1, {**_WORDS, **durable}),
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
        if spec.owned and (wrong := _differences(spec.config, there)):
            changes.append(Change("config", spec.name, ", ".join(wrong)))
    return tuple(changes)


def users_faults(specs: Sequence[TopicSpec], existing: Mapping[str, Existing]) -> tuple[Finding, ...]:
    """What is wrong with the user's own topics, which ``apply`` does not alter."""
    users = [(spec, existing[spec.name]) for spec in specs if not spec.owned and spec.name in existing]
    return tuple(found for spec, there in users if not (found := _users(spec, there)).ok)


def examine(specs: Sequence[TopicSpec], existing: Mapping[str, Existing], unsafe_dev: bool) -> tuple[Finding, ...]:
    """The preflight of the topics. ``unsafe_dev`` forgives few brokers, never what the ledger's rules rest on."""
    return tuple(_finding(spec, existing.get(spec.name), unsafe_dev) for spec in specs)


def _finding(spec: TopicSpec, there: Existing | None, unsafe_dev: bool) -> Finding:
    if there is None:
        return Finding(False, spec.name, "the topic does not exist", APPLY)
    if not spec.owned:
        return _users(spec, there)
    if spec.partitions == 1 < there.partitions:
        sentence = f"{there.partitions} partitions, wanted 1: what its one order decides would be undecided"
        return Finding(False, spec.name, sentence, "partitions cannot be taken away: use another kafka.topic_prefix")
    if there.partitions < spec.partitions:
        return Finding(False, spec.name, f"{there.partitions} partitions, wanted {spec.partitions}", APPLY)
    rules = {name: value for name, value in spec.config.items() if name not in DURABLE}
    if wrong := _differences(rules if unsafe_dev else {**rules, **DURABLE}, there):
        return Finding(False, spec.name, "; ".join(wrong), APPLY)
    if there.replication < 3 and not unsafe_dev:
        sentence = f"replication factor {there.replication}: acknowledged records can be lost with one broker"
        return Finding(False, spec.name, sentence, "recreate it with factor 3, or set unsafe_dev for a trial")
    return Finding(True, spec.name, f"{there.partitions} partitions, factor {there.replication}")


def _users(spec: TopicSpec, there: Existing) -> Finding:
    if spec.kept and "compact" in there.config.get("cleanup.policy", ""):
        sentence = "it is compacted: the newest record of a key would take the others away before they are read"
        return Finding(False, spec.name, sentence, "set cleanup.policy to delete")
    if wrong := _differences(spec.config, there):
        return Finding(False, spec.name, "; ".join(wrong), "alter the topic: it is yours, so `topics apply` does not")
    return Finding(True, spec.name, f"{there.partitions} partitions")


def _differences(wanted: Mapping[str, str], there: Existing) -> list[str]:
    return [
        f"{name} is {there.config.get(name, 'unset')}, wanted {_BOUNDS.get(name, '')}{value}"
        for name, value in wanted.items()
        if not _holds(name, there.config.get(name), value)
    ]


def _holds(name: str, found: str | None, wanted: str) -> bool:
    if found is None or name not in _BOUNDS:
        return found == wanted
    if name == "retention.ms" and found == "-1":
        return True
    return int(found) >= int(wanted) if _BOUNDS[name] == AT_LEAST else int(found) <= int(wanted)


class Topics:
    """The admin side; every call blocks for at most TIMEOUT_S, or as long as it is told. Raises KafkaException."""

    def __init__(self, settings: ClientSettings) -> None:
        self._admin = AdminClient(settings.admin())

    def partitions(self, names: Sequence[str], within_s: float = TIMEOUT_S) -> dict[str, int]:
        """Return how many partitions those of the topics have that are there."""
        found = self._admin.list_topics(timeout=within_s).topics
        return {name: len(found[name].partitions) for name in names if name in found and found[name].error is None}

    def existing(self, names: Sequence[str], within_s: float = TIMEOUT_S) -> dict[str, Existing]:
        """Return those of the topics that are there."""
        found = self._admin.list_topics(timeout=within_s).topics
        topics = {name: found[name] for name in names if name in found and found[name].error is None}
        resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in topics]
        configs = self._admin.describe_configs(resources, request_timeout=within_s) if resources else {}
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
