"""The checksums of the verdicts: who announces what, who compares, and when one is due."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from connector.core.digests import EVERY_OFFSETS, EVERY_S, LOOK_S, SPREAD_S, SURE_AFTER_MS, Digests
from connector.core.ledger import EXPIRED, GRANTED, Verdict
from connector.core.records import Digest, LedgerRecord
from tests.core.ledger_story import intent, submitted

START_MS = 1_700_000_000_000
LATEST_S = EVERY_S + 2 * SPREAD_S


@dataclass
class Peer:
    """A replica's digests, with the verdict it reaches on everything."""

    digests: Digests
    verdict: Verdict = GRANTED
    told: list[bool] = field(default_factory=list)


@dataclass
class Log:
    """A log whose clock and readers' clocks run alike; readers may begin later than at its beginning."""

    peers: list[Peer]
    seconds: float = 0.0
    end: int = 0

    def read(self, record: LedgerRecord, but: Sequence[Peer] = ()) -> None:
        """Append one record; everybody reads it, but those told."""
        at_ms = START_MS + int(self.seconds * 1000)
        for peer in self.peers:
            if peer not in but:
                peer.told.append(peer.digests.note(self.end, at_ms, record, peer.verdict, self.seconds))
        self.end += 1

    def intents(self, count: int = 1) -> None:
        """Append INTENTs, each of another attempt."""
        for _ in range(count):
            self.read(intent(f"{self.end:x}"))

    def announce(self, by: Peer) -> Digest:
        """Let an hour pass and this replica say what is due."""
        self.seconds += LATEST_S
        digest = by.digests.due(self.seconds)
        assert isinstance(digest, Digest)
        self.read(digest)
        return digest


def peers(count: int = 2) -> list[Peer]:
    return [Peer(Digests(f"owner-{n}")) for n in range(count)]


def restored(log: Log) -> None:
    for peer in log.peers:
        peer.digests.restored(START_MS + int(log.seconds * 1000), log.seconds)


def test_equal_verdicts_raise_no_alarm() -> None:
    """Many spans, every one announced by another replica: nobody ever hears of a difference."""
    log = Log(peers(3))
    restored(log)

    digests = []
    for turn in range(9):
        log.intents(turn)
        digests.append(log.announce(log.peers[turn % 3]))

    assert not any(told for peer in log.peers for told in peer.told)
    assert [d.upto for d in digests[1:]] == [0, 2, 5, 9, 14, 20, 27, 35]
    assert all(later.since == earlier.upto for earlier, later in pairwise(digests))


@pytest.mark.parametrize("announcer", [0, 1, 2])
def test_a_verdict_that_differs_is_told_whoever_announces(announcer: int) -> None:
    """One replica judges one INTENT otherwise: who compares with the other side hears of it, one DIGEST later."""
    log = Log(peers(3))
    restored(log)
    log.announce(log.peers[1])

    log.peers[0].verdict = EXPIRED
    log.intents()
    log.peers[0].verdict = GRANTED
    log.announce(log.peers[1])
    before = [any(peer.told) for peer in log.peers]
    log.announce(log.peers[announcer])

    assert before == [False, False, False]
    assert [peer.told[-1] for peer in log.peers] == ([False, True, True] if announcer == 0 else [True, False, False])


def test_twins_are_one_mark_and_both_are_compared() -> None:
    """Two replicas announce one span at the same time: the chain goes on, and each hears what the other says."""
    log = Log(peers(3))
    restored(log)
    log.peers[1].verdict = EXPIRED
    log.intents()
    log.announce(log.peers[0])
    log.seconds += LATEST_S
    twins = [log.peers[n].digests.due(log.seconds) for n in range(2)]
    for twin in twins:
        assert isinstance(twin, Digest)
        log.read(twin)
    told = [peer.told[-2:] for peer in log.peers]
    log.peers[1].verdict = GRANTED
    log.intents()

    following = [log.announce(log.peers[n]) for n in (0, 2)]

    assert told == [[False, True], [True, False], [False, True]]
    assert [(d.since, d.upto) for d in following] == [(1, 2), (2, 5)]
    assert not any(peer.told[-1] for peer in log.peers)


def test_who_begins_later_joins_the_chain() -> None:
    """A replica that begins between twins takes the wrong one for a mark, and is at one with the others soon."""
    early, late = peers(2)
    log = Log([early])
    restored(log)
    log.announce(early)
    log.intents(3)
    announced = log.announce(early)
    log.peers.append(late)
    log.read(announced)
    restored(log)
    for _ in range(3):
        log.intents(3)
        log.announce(early)

    log.seconds += LATEST_S

    digest = late.digests.due(log.seconds)
    assert isinstance(digest, Digest)
    assert digest.since == digest.upto == log.end - 1
    assert not any(late.told)


def test_a_truncated_replica_neither_compares_nor_announces_for_120_h() -> None:
    """Its verdicts may rightly differ; from 120 h of log time after its beginning on they may not."""
    whole, cut = peers(2)
    log = Log([whole, cut])
    log.read(submitted(intent("a0")), but=[cut])
    restored(log)
    cut.verdict = EXPIRED
    silent_until_s = SURE_AFTER_MS / 1000
    announced = []
    while log.seconds < silent_until_s:
        log.intents()
        log.announce(whole)
        log.intents()
        announced.append(log.announce(cut))
    quiet = any(whole.told) or any(cut.told)

    log.intents()
    log.announce(whole)
    log.announce(whole)

    assert not quiet
    assert all(d.since == d.upto for d in announced)
    assert cut.told[-1]


def test_due_after_an_hour_of_our_own_clock() -> None:
    """Log time stands still on a quiet ledger; our clock does not."""
    (peer,) = peers(1)
    log = Log([peer])
    log.read(Digest(-1, -1, 0, "gone"))
    restored(log)

    soon, late = peer.digests.due(EVERY_S - 1), peer.digests.due(LATEST_S)

    assert isinstance(soon, float)
    assert isinstance(late, Digest)


def test_due_at_once_when_the_last_mark_is_old() -> None:
    """A process that restarts more often than once an hour still finds the hour over."""
    (peer,) = peers(1)
    peer.digests.note(0, START_MS - 2 * 3600 * 1000, intent("a1"), GRANTED, 0.0)
    peer.digests.restored(START_MS, 0.0)

    assert isinstance(peer.digests.due(2 * SPREAD_S), Digest)


def test_a_wrong_wall_clock_makes_no_flood() -> None:
    """A day ahead: one DIGEST at once, the next an hour later."""
    (peer,) = peers(1)
    log = Log([peer])
    log.read(intent("a1"))
    peer.digests.restored(START_MS + 24 * 3600 * 1000, 0.0)
    log.seconds = 2 * SPREAD_S
    first = peer.digests.due(log.seconds)
    assert isinstance(first, Digest)
    log.read(first)

    assert isinstance(peer.digests.due(log.seconds + EVERY_S - 1), float)


def test_due_after_10_000_offsets() -> None:
    """A busy ledger has one every 10,000 offsets and the delay of its replicas."""
    (peer,) = peers(1)
    log = Log([peer])
    restored(log)

    log.intents(EVERY_OFFSETS - 1)
    before = peer.digests.due(2 * SPREAD_S)
    log.intents(1)
    after = peer.digests.due(2 * SPREAD_S)

    assert before == 2 * SPREAD_S + LOOK_S
    assert isinstance(after, Digest)


def test_who_is_sure_announces_before_who_is_not() -> None:
    """Delays of replicas that can announce a span end before those of replicas that can only mark begin."""
    (sure,) = peers(1)
    unsure = [Digests(f"late-{n}") for n in range(20)]
    log = Log([sure, *(Peer(d) for d in unsure)])
    log.read(intent("a0"), but=log.peers[1:])
    restored(log)
    log.announce(sure)

    now_s = log.seconds + EVERY_S + SPREAD_S

    assert isinstance(sure.digests.due(now_s), Digest)
    assert all(isinstance(d.due(now_s), float) for d in unsure)
