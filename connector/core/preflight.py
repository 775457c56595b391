"""What must be true before anything is sent, decided from what was found; ``check`` shows it, ``run`` refuses by it.

The topics themselves are examined beside their definition (``kafka.topics``). Here: are these topics ours, has every
line its partition, are the lines on the account, and is the ledger the one that remembers what these groups did.

The last is the dangerous one. With an empty ledger nothing is known to have been sent, so every request that Kafka
offers again would be texted again. It is no danger once all that is done lies more than 72 h back, for the ledger
would have forgotten that too, and such a request has expired. So an idle connector's empty ledger passes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from connector.core.adoption import Adoption, Found, begins_late, ends_early, is_accepted
from connector.core.priorities import Places, sharing

APPLY = "run `kafka-sendblue topics apply`"
ACCEPT = "kafka-sendblue ledger accept-key"
CALLERS, SIGNERS = frozenset({"sender", "reconciler"}), frozenset({"sender", "ingress"})
"""The roles that call Sendblue, and those that make or read the URLs of callbacks: the others hold no such keys."""
SAFE_AFTER_MS = 73 * 3600 * 1000  # 72 h of the ledger's memory, and an hour for clocks that disagree


class Finding(NamedTuple):
    """One line of the preflight: a fault says what to do."""

    ok: bool
    name: str
    sentence: str
    what_to_do: str = ""


class Identity(NamedTuple):
    """What the whole connector must agree on, as fingerprints.

    ``account``: of its API key id; None where this process has none.
    """

    connector: str
    account: str | None
    hash_key: str


def genesis(found: Identity | None, ours: Identity, accounts: Collection[str] = ()) -> Finding:
    """These topics were made for this connector, this account and this hash key.

    ``accounts``: fingerprints of further keys of the account, which an operator has accepted.
    """
    if found is None:
        return Finding(False, "genesis", "the control topic has none", APPLY)
    for part in Identity._fields:
        theirs, own = getattr(found, part), getattr(ours, part)
        if own is not None and theirs != own and not (part == "account" and own in accounts):
            do = "use the settings they were made with, or another kafka.topic_prefix"
            new_key = f"if this is a new key of the same account, `{ACCEPT}` (docs/operators.md); else "
            do = new_key + do if part == "account" else do
            return Finding(False, "genesis", f"these topics belong to another {part.replace('_', ' ')}", do)
    return Finding(True, "genesis", "connector, account and hash key are the ones the topics were made for")


def partitions(lines: Iterable[str], given: Mapping[str, Places]) -> list[Finding]:
    """Every line has a partition of the dispatch topic, for itself; one for replies it may go without."""
    shared = sharing(given)
    return [_partition(line, given.get(line), shared.get(line)) for line in lines]


def _partition(line: str, places: Places | None, other: str | None) -> Finding:
    if places is None:
        return Finding(False, f"line {line}", "has no partition", APPLY)
    if other is not None:
        sentence = f"has a partition that line {other} has too: one pace would count for both"
        return Finding(False, f"line {line}", sentence, f"stop every process, {APPLY}, and start them again")
    if places.reply is None:
        return Finding(True, f"line {line}", f"has partition {places.normal}, and none for replies: {APPLY}")
    return Finding(True, f"line {line}", f"has partition {places.normal}, and {places.reply} for replies")


def account(lines: Mapping[str, str], numbers: Collection[str]) -> list[Finding]:
    """Every line's number (alias -> number) is among those that Sendblue lists."""
    good = Finding(True, "sendblue", f"credentials are good; {len(numbers)} lines on the account")
    do = "mend lines, or use the keys of their account"
    foreign = [alias for alias, number in lines.items() if number not in numbers]
    return [good, *(Finding(False, f"line {alias}", "is not on the account", do) for alias in foreign)]


def without(keys: str, needed_by: Collection[str]) -> Finding:
    """The roles that are looked at hold no keys of this kind, and need none."""
    return Finding(True, keys, f"not looked at: only {' and '.join(sorted(needed_by))} need its keys")


def no_keys(keys: str, why: str) -> Finding:
    """Keys that are not there, or cannot be used; ``why`` says it, and after a semicolon what to do."""
    sentence, _, do = why.partition("; ")
    return Finding(False, keys, sentence, do or "mend the two keys")


def memory(topic: str, begin: int, end: int, done: Sequence[str]) -> Finding:
    """The ledger (its first offset, the one after its last) remembers what was done.

    ``done``: the topics in which a record younger than SAFE_AFTER_MS has been committed as done; records from before
    the time of an adoption do not count, since they are parked if they come again.
    """
    if begin >= end and done:
        told = f"it is empty, but records of {' and '.join(done)} of the last 72 h are committed as done"
        return _lost(topic, f"{told}: each one that comes again would be texted again")
    return Finding(True, topic, f"{end - begin} records")


def continuous(topic: str, found: Found, adoption: Adoption | None) -> Finding:
    """The ledger goes on from where the contacts topic has read it, or an operator goes on with it as it is."""
    if is_accepted(adoption, found):
        return Finding(True, topic, "it was adopted as it is")
    if ends_early(found):
        told = f"it ends before offset {found.end}, but offset {found.reached} of it has been read before"
        return _lost(topic, f"{told}: it was emptied and made again, or is another one")
    if begins_late(found):
        sentence = "it begins after what the contacts topic knows, so lines of contacts may be missing"
        do = "run the reconciler of a replica that still has them, or go on without: `kafka-sendblue ledger adopt`"
        return Finding(False, topic, sentence, do)
    return Finding(True, topic, "it goes on from what the contacts topic knows")


def _lost(topic: str, sentence: str) -> Finding:
    do = (
        "put back the ledger these groups worked with (check kafka.bootstrap_servers and kafka.topic_prefix); if it is "
        "gone, go on without it: `kafka-sendblue ledger adopt --park-before TIME` (docs/operators.md)"
    )
    return Finding(False, topic, sentence, do)


def refusal(findings: Sequence[Finding]) -> str | None:
    """Why the connector does not start, one sentence a fault; None when nothing is wrong."""
    faults = [f"{f.name}: {f.sentence}; {f.what_to_do}" for f in findings if not f.ok]
    return "\n".join(faults) or None
