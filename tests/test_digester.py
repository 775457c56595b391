"""Replicas that compare their verdicts, in virtual time: digests written, differences told, sends never held up."""

import asyncio

from connector.core.digests import EVERY_S, LOOK_S, SPREAD_S, SURE_AFTER_MS
from connector.core.ledger import Alarm, Step
from connector.core.records import Digest, Intent, LedgerRecord, Rules
from connector.roles.digester import Digester
from connector.roles.replica import Replica
from tests.core.ledger_story import close, intent
from tests.sender_stage import NOW_MS, Log, Stage
from tests.virtual_time import run

LATEST_S = EVERY_S + 2 * SPREAD_S + LOOK_S


class Peer:
    """A process's replica and its digester; what it was alarmed of."""

    def __init__(self, log: Log, owner: str, restored: bool = True) -> None:
        self.alarms: list[Alarm] = []
        self.replica = Replica(owner, log, self._seen)
        log.replicas.append(self.replica)
        if restored:
            self.replica.restored.set()
        self.digester = Digester(self.replica, self)

    def _seen(self, _: LedgerRecord, step: Step) -> None:
        if step.alarm is not None:
            self.alarms.append(step.alarm)

    def mono(self) -> float:
        return asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return NOW_MS + int(self.mono() * 1000)


def digests(log: Log) -> list[Digest]:
    return [r for r in log.records if isinstance(r, Digest)]


def now_ms() -> int:
    return NOW_MS + int(asyncio.get_running_loop().time() * 1000)


async def ended(*peers: Peer) -> None:
    for peer in peers:
        await peer.digester.close()


def test_a_quiet_ledger_gets_one_digest_an_hour_and_its_log_time_moves() -> None:
    """Counter-example 35: nothing else is appended, and still the log's clock is never more than an hour behind."""

    async def story() -> None:
        log = Log()
        peer = Peer(log, "P")
        for hours in range(1, 25):
            await asyncio.sleep(LATEST_S)

            assert len(digests(log)) == hours
            assert now_ms() - peer.replica.fold.log_ms < LATEST_S * 1000
        await ended(peer)

    run(story())


def test_three_replicas_write_as_many_as_one() -> None:
    """The first whose delay is over writes; the others read it and begin to count anew."""

    async def story() -> None:
        log = Log()
        peers = [Peer(log, owner) for owner in "PQR"]
        await asyncio.sleep(48 * LATEST_S)
        await ended(*peers)
        written = digests(log)

        assert 47 <= len(written) <= 51
        assert {d.owner for d in written} == {"P", "Q", "R"}
        assert not any(peer.alarms for peer in peers)

    run(story())


def test_a_corrupted_replica_alarms_the_others_and_stops_nobody() -> None:
    """One replica calls duplicates what the others grant: whoever announces, the other side hears of it."""

    async def story() -> None:
        log = Log()
        peers = [Peer(log, owner) for owner in "PQR"]
        for hour in range(24):
            peers[0].replica.fold.apply(now_ms(), close(f"r{hour}"))
            log.land(intent(f"{hour:x}", f"r{hour}", at_ms=now_ms()))
            await asyncio.sleep(LATEST_S)
        await ended(*peers)

        assert [set(peer.alarms) for peer in peers] == [{Alarm.DIGEST_DIFFERS}] * 3
        assert peers[1].alarms == peers[2].alarms
        assert len(peers[0].alarms) + len(peers[1].alarms) == len(digests(log)) - 1
        assert all(peer.replica.may_send for peer in peers)

    run(story())


def test_a_truncated_replica_is_silent_for_120_h_and_heard_from_then_on() -> None:
    """Its log begins after a CLOSE; what it grants then is no alarm, a difference 120 h later is one."""

    async def story() -> None:
        log = Log()
        whole = Peer(log, "P")
        log.land(close("r"))
        log.land(intent("a0", "before", at_ms=now_ms()))
        cut = Peer(log, "Q")
        log.land(intent("a1", "r", at_ms=now_ms()))
        await asyncio.sleep(SURE_AFTER_MS / 1000 + LATEST_S)
        quiet = (list(whole.alarms), list(cut.alarms))

        cut.replica.fold.apply(now_ms(), close("s"))
        log.land(intent("a2", "s", at_ms=now_ms()))
        await asyncio.sleep(6 * LATEST_S)
        await ended(whole, cut)

        assert quiet == ([], [])
        assert Alarm.DIGEST_DIFFERS in whole.alarms + cut.alarms

    run(story())


def test_nothing_is_written_before_the_log_has_been_read() -> None:
    """A replica that is still restoring has nothing to say."""

    async def story() -> None:
        log = Log()
        peer = Peer(log, "P", restored=False)
        await asyncio.sleep(3 * LATEST_S)
        before = digests(log)
        peer.replica.restored.set()
        await asyncio.sleep(LATEST_S)
        await ended(peer)

        assert before == []
        assert len(digests(log)) == 1

    run(story())


def test_a_replica_that_does_not_know_the_rules_says_nothing() -> None:
    """Its verdicts mean nothing, so it neither announces nor compares."""

    async def story() -> None:
        log = Log()
        peer = Peer(log, "P")
        log.land(Rules(2))
        log.land(Digest(-1, -1, 0, "Q", version=2))
        log.land(Digest(-1, 1, 7, "Q", version=2))
        await asyncio.sleep(3 * LATEST_S)
        await ended(peer)

        assert len(digests(log)) == 2
        assert peer.alarms == []

    run(story())


def test_a_digest_that_does_not_land_holds_up_no_send_and_no_end() -> None:
    """The ledger takes everything but digests: texts go out, and the digester ends at once when told."""

    async def story() -> None:
        stage = Stage()
        stage.log.lose = lambda r: isinstance(r, Digest)
        digester = Digester(stage.replica, stage)
        stage.sender.assigned([0])
        await asyncio.sleep(LATEST_S)
        began = stage.mono()
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))
        sent_at = stage.posts[0][0]
        ending = stage.mono()
        await digester.close()

        assert sent_at - began < 1.0
        assert stage.mono() == ending
        assert [type(r) for r in stage.log.records].count(Intent) == 1

    run(story())
