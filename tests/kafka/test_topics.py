"""The topics' preflight by table: what passes, what is a fault, and what a trial may go without."""

import pytest

from connector.core.requests import MAX_RECORD_BYTES
from connector.kafka.topics import BATCH, DAY_MS, Existing, TopicNames, examine, plan, wanted

NAMES = TopicNames()
SPECS = wanted(NAMES, lanes=3, users_partitions=4, replication=3)


def existing(
    topic: str = "", *, partitions: int | None = None, replication: int = 3, **changes: str
) -> dict[str, Existing]:
    """All topics as wanted, but for one: its partitions, replication factor and settings (dots as underscores)."""
    made = {spec.name: Existing(spec.partitions, 3, dict(spec.config)) for spec in SPECS}
    if topic:
        there = made[topic]
        config = {**there.config, **{name.replace("_", "."): value for name, value in changes.items()}}
        made[topic] = Existing(there.partitions if partitions is None else partitions, replication, config)
    return made


def faults(found: dict[str, Existing], unsafe_dev: bool = False) -> list[str]:
    """The topics with a fault."""
    return [finding.name for finding in examine(SPECS, found, unsafe_dev) if not finding.ok]


def test_as_wanted_there_is_no_fault() -> None:
    """What ``topics apply`` makes passes."""
    assert faults(existing()) == []
    assert plan(SPECS, existing()) == ()


@pytest.mark.parametrize("unsafe_dev", [False, True])
@pytest.mark.parametrize(
    ("topic", "change"),
    [
        (NAMES.ledger, {"partitions": 2}),
        (NAMES.ledger, {"cleanup_policy": "compact"}),
        (NAMES.ledger, {"cleanup_policy": "compact,delete"}),
        (NAMES.ledger, {"message_timestamp_type": "CreateTime"}),
        (NAMES.ledger, {"retention_ms": str(5 * DAY_MS - 1)}),
        (NAMES.ledger, {"retention_bytes": "1000000"}),
        (NAMES.ledger, {"segment_ms": str(DAY_MS)}),
        (NAMES.dispatch, {"retention_ms": str(2 * DAY_MS)}),
        (NAMES.dispatch, {"cleanup_policy": "compact"}),
        (NAMES.dispatch, {"partitions": 2}),
        (NAMES.control, {"cleanup_policy": "delete"}),
        (NAMES.contacts, {"cleanup_policy": "delete"}),
        (NAMES.parked, {"cleanup_policy": "delete"}),
        (NAMES.parked, {"partitions": 3}),
        (NAMES.optouts, {"cleanup_policy": "delete"}),
        (NAMES.optouts, {"min_compaction_lag_ms": "0"}),
        (NAMES.optouts, {"min_compaction_lag_ms": str(5 * DAY_MS - 1)}),
        (NAMES.requests, {"cleanup_policy": "compact"}),
        (NAMES.dlq, {"cleanup_policy": "compact"}),
        *((topic, {"max_message_bytes": "1000011"}) for topic in NAMES.all() if topic != NAMES.requests),
    ],
)
def test_what_the_promises_rest_on(topic: str, change: dict[str, object], unsafe_dev: bool) -> None:
    """A fault, also in a trial: a text could go out twice, or a request be lost."""
    found = existing(topic, **change)  # type: ignore[arg-type]  # one table for partitions and settings

    assert [topic] == faults(found, unsafe_dev)


@pytest.mark.parametrize("change", [{"replication": 1}, {"min_insync_replicas": "1"}])
def test_few_brokers_are_for_trials(change: dict[str, object]) -> None:
    """Replication and in-sync replicas are forgiven there, and only there."""
    found = existing(NAMES.ledger, **change)  # type: ignore[arg-type]  # one table for partitions and settings

    assert [NAMES.ledger] == faults(found)
    assert faults(found, unsafe_dev=True) == []


def test_wanting_few_brokers_does_not_make_them_enough() -> None:
    """``replication_factor: 1`` alone lowers what is created, not what is demanded."""
    specs = wanted(NAMES, lanes=3, users_partitions=4, replication=1)
    found = {spec.name: Existing(spec.partitions, 3, dict(spec.config)) for spec in specs}

    assert NAMES.ledger in [finding.name for finding in examine(specs, found, unsafe_dev=False) if not finding.ok]


@pytest.mark.parametrize(
    ("topic", "change"),
    [
        (NAMES.ledger, {"retention_ms": str(30 * DAY_MS)}),
        (NAMES.ledger, {"retention_ms": "-1"}),
        (NAMES.ledger, {"min_insync_replicas": "3"}),
        (NAMES.ledger, {"segment_ms": "3600000"}),
        (NAMES.optouts, {"min_compaction_lag_ms": str(30 * DAY_MS)}),
        (NAMES.dispatch, {"partitions": 5}),
        (NAMES.events, {"cleanup_policy": "compact"}),
        (NAMES.events, {"max_message_bytes": "1048588"}),
        (NAMES.dispatch, {"max_message_bytes": "1048588"}),
        (NAMES.requests, {"max_message_bytes": "1000"}),
    ],
)
def test_better_than_wanted_is_no_fault(topic: str, change: dict[str, object]) -> None:
    """And ``topics apply`` leaves it alone."""
    found = existing(topic, **change)  # type: ignore[arg-type]  # one table for partitions and settings

    assert faults(found) == []
    assert plan(SPECS, found) == ()


def test_what_is_too_small_is_mended_where_it_is_ours() -> None:
    """A batch that is refused would be tried for ever. The user's topics are not touched, and he is told so."""
    ours, theirs = existing(NAMES.parked, max_message_bytes="1000"), existing(NAMES.dlq, max_message_bytes="1000")
    (told,) = [finding for finding in examine(SPECS, theirs, unsafe_dev=False) if not finding.ok]

    assert [(change.kind, change.topic) for change in plan(SPECS, ours)] == [("config", NAMES.parked)]
    assert plan(SPECS, theirs) == ()
    assert told.sentence == "max.message.bytes is 1000, wanted at least 1000012"
    assert "alter the topic" in told.what_to_do


def test_a_batch_of_our_producer_fits() -> None:
    """Unless told otherwise librdkafka fills a batch up to a million bytes, and a record of ours is smaller."""
    assert int(BATCH["max.message.bytes"]) > 1_000_000 > MAX_RECORD_BYTES + 100_000


def test_a_missing_topic_is_a_fault_with_a_command() -> None:
    """One finding a topic."""
    found = examine(SPECS, {}, unsafe_dev=True)

    assert len(SPECS) == len(found)
    assert all(not finding.ok and "topics apply" in finding.what_to_do for finding in found)
