"""The preflight's decisions, by table."""

import pytest

from connector.core.adoption import Found
from connector.core.preflight import APPLY, Identity, account, continuous, genesis, memory, partitions, refusal
from connector.core.priorities import Places

OURS = Identity("shop", "acc0", "key0")


@pytest.mark.parametrize(
    ("found", "ours", "ok"),
    [
        (OURS, OURS, True),
        (OURS, OURS._replace(account=None), True),
        (None, OURS, False),
        (OURS._replace(connector="other"), OURS, False),
        (OURS._replace(account="acc1"), OURS, False),
        (OURS._replace(hash_key="key1"), OURS, False),
        (OURS._replace(hash_key="key1"), OURS._replace(account=None), False),
    ],
)
def test_the_topics_are_ours(found: Identity | None, ours: Identity, ok: bool) -> None:
    """Connector, account and hash key; the account only where this process has its key."""
    finding = genesis(found, ours)

    assert ok == finding.ok
    assert ok != bool(finding.what_to_do)


def test_a_key_that_was_accepted_is_one_of_the_account() -> None:
    """Of the account alone: nothing else can be accepted. A refused start names the way out."""
    rotated, other = OURS._replace(account="acc1"), OURS._replace(connector="acc1")

    assert genesis(OURS, rotated, {"acc1"}).ok
    assert genesis(OURS, OURS, {"acc1"}).ok
    assert not genesis(OURS, other, {"acc1"}).ok
    assert "ledger accept-key" in genesis(OURS, rotated, {"acc2"}).what_to_do
    assert "ledger accept-key" not in genesis(OURS, other).what_to_do


@pytest.mark.parametrize(
    ("begin", "end", "done", "ok"),
    [
        (0, 0, (), True),
        (0, 9, ("requests",), True),
        (9, 9, (), True),
        (0, 0, ("requests",), False),
        (9, 9, ("requests", "dispatch"), False),
    ],
)
def test_an_empty_ledger_and_work_that_was_done(begin: int, end: int, done: tuple[str, ...], ok: bool) -> None:
    """Together they are a lost ledger; an idle connector's ledger is empty too, but nothing recent is done."""
    finding = memory("ledger", begin, end, done)

    assert ok == finding.ok
    assert ok or all(topic in finding.sentence for topic in done)
    assert ok or ("texted again" in finding.sentence and "put back the ledger" in finding.what_to_do)


@pytest.mark.parametrize(
    ("begin", "end", "reached", "ok"),
    [
        (0, 0, None, True),
        (0, 10, 9, True),
        (0, 10, 3, True),
        (10, 20, 9, True),
        (10, 10, 9, True),
        (0, 0, 0, False),
        (0, 9, 9, False),
        (11, 20, 9, False),
        (5, 20, None, False),
    ],
)
def test_ledger_and_contacts_meet(begin: int, end: int, reached: int | None, ok: bool) -> None:
    """The ledger neither ends before what was read of it, nor begins after."""
    assert ok == continuous("ledger", Found(begin, end, reached), None).ok


def test_every_line_needs_a_partition() -> None:
    """One finding a line; without a partition for replies it goes on as before there were any."""
    found = partitions(["a", "b", "d"], {"a": Places(0), "c": Places(1), "d": Places(2, 3)})

    assert [finding.ok for finding in found] == [True, False, True]
    assert [APPLY in finding.sentence for finding in found] == [True, False, False]


def test_every_line_is_on_the_account() -> None:
    """The first finding is the credentials; a foreign line is named by alias, never by number."""
    found = account({"a": "+13035550100", "b": "+13035550101"}, ("+13035550100",))

    assert [(finding.ok, finding.name) for finding in found] == [(True, "sendblue"), (False, "line b")]
    assert not any("+1" in finding.sentence for finding in found)


def test_a_refusal_names_every_fault_and_what_to_do() -> None:
    """One line each, and none where nothing is wrong."""
    found = [genesis(None, OURS), *partitions(["a", "b"], {"a": Places(0)})]
    told = refusal(found)

    assert told is not None
    assert [line.split(":")[0] for line in told.splitlines()] == ["genesis", "line b"]
    assert told.count("topics apply") == 2
    assert refusal(partitions(["a"], {"a": Places(0)})) is None
