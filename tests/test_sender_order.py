"""What the sender does before what, in virtual time: ledger read, lease begun, end durable, offset done."""

import asyncio
from itertools import pairwise

import pytest

from connector.core.delays import Defer
from connector.core.identities import contact_hash
from connector.core.messages import Dispatch, SendRequest
from connector.core.records import Outcome, Rebind, Result
from connector.core.steps import Held, Owe
from tests.core.ledger_story import intent, submitted
from tests.sender_stage import NOW_MS, Stage
from tests.virtual_time import run


class SlowEnds(Stage):
    """Nothing that a record leaves behind becomes durable before ``durable`` is set."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.begun = 0
        self.durable = asyncio.Event()

    async def owed(self, held: Held, owe: Owe, report: object) -> None:
        await self._durable()

    async def hop(self, dispatch: Dispatch, line: str) -> None:
        await self._durable()

    async def defer(self, held: Held, step: Defer) -> None:
        await self._durable()

    async def _durable(self) -> None:
        self.begun += 1
        await self.durable.wait()


def test_nothing_is_proposed_before_the_ledger_has_been_read() -> None:
    """What lies further on may be this request's SUBMITTED: no INTENT, no POST, then as usual."""

    async def story() -> None:
        stage = Stage()
        stage.replica.restored.clear()
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await asyncio.sleep(120)
        proposed = len(stage.log.records)
        stage.replica.restored.set()
        await stage.until(lambda: bool(stage.ends), within_s=60)

        assert proposed == 0
        assert len(stage.posts) == 1

    run(story())


def test_the_lease_begins_before_the_append() -> None:
    """Half a second of it is left when the INTENT is back, and the pace wants a whole one: given back, not written."""

    async def story() -> None:
        stage = Stage()
        stage.log.delay_s = 4.5
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await asyncio.sleep(4.4)
        other = intent("b1", "r2", line="A", contact="d", at_ms=NOW_MS, owner="Q")
        stage.log.land(other)
        stage.log.land(submitted(other))
        await asyncio.sleep(2)
        written, stage.log.delay_s = list(stage.posts), 0.002
        await stage.until(lambda: bool(stage.ends), within_s=60)
        codes = [r.detail for r in stage.log.records if isinstance(r, Outcome) and r.result is Result.UNSENT]

        assert written == []
        assert codes == ["LATE"]
        assert len(stage.posts) == 1

    run(story())


def test_a_grant_of_a_lost_partition_is_given_back() -> None:
    """The partition goes while the INTENT is on its way: its new owner writes, we do not."""

    async def story() -> None:
        stage = Stage()
        stage.log.delay_s = 1.0
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await asyncio.sleep(0.5)
        stage.sender.lost([0])
        await asyncio.sleep(10)

        assert stage.posts == []
        assert [r.detail for r in stage.log.records if isinstance(r, Outcome)] == ["LATE"]

    run(story())


@pytest.mark.parametrize("leaves", ["an end", "a hop", "a delay"])
def test_an_offset_is_done_when_what_the_record_leaves_is_durable(leaves: str) -> None:
    """Its event, its record on another line's partition, its record in a delay topic: only then may it be committed."""

    async def story() -> None:
        stage = SlowEnds()
        if leaves == "a hop":
            contact = contact_hash(SendRequest("r1", number="+12025550123"), b"k" * 16)
            stage.log.land(Rebind(contact, "B"))
        stage.sender.assigned([0])
        if leaves == "a delay":
            stage.give(0, "r1", send_at_ms=NOW_MS + 7_200_000)
        else:
            stage.give(0, "r1")
        await stage.until(lambda: stage.begun == 1, within_s=60)
        await asyncio.sleep(60)
        too_early = stage.sender.next_offsets()
        stage.durable.set()
        await asyncio.sleep(1)

        assert too_early == {}
        assert stage.sender.next_offsets() == {0: 1}

    run(story())


def test_a_gap_longer_than_the_lease_costs_one_intent_a_text() -> None:
    """A line of one text a minute: no grant is taken that would be late, given back, and taken again until then."""

    async def story() -> None:
        stage = Stage(gap_s=60.0)
        stage.sender.assigned([0])
        for n in range(3):
            stage.give(n, f"r{n}", number=f"+1202555010{n}")
        await stage.until(lambda: len(stage.ends) == 3)
        (first, *_), (second, *_), (third, *_) = stage.posts

        assert [second - first, third - second] == pytest.approx([60.0, 60.0])
        assert len(stage.log.records) == 6

    run(story())


def test_a_dead_owners_lease_is_waited_out_before_the_intent() -> None:
    """Its open grant holds the line for lease and gap, longer than a grant of ours would last."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(intent("b1", "r2", line="A", contact="d", at_ms=NOW_MS, owner="Q"))
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends), within_s=60)

        assert stage.posts[0][0] == pytest.approx(6.0)
        assert len(stage.log.records) == 3

    run(story())


@pytest.mark.parametrize("waits_s", [0.3, 0.9, 2.5])
def test_a_slow_connection_does_not_bring_two_writes_together(waits_s: float) -> None:
    """With two in flight the second may have its connection at once; the gap is kept between the writes themselves."""

    async def story() -> None:
        stage = Stage(in_flight=2, connects_s=[waits_s])
        stage.sender.assigned([0])
        for n in range(4):
            stage.give(n, f"r{n}", number=f"+1202555010{n}")
        await stage.until(lambda: len(stage.ends) == 4, within_s=60)
        writes = [at for at, _, _ in stage.posts]

        assert [b - a for a, b in pairwise(writes) if b - a < stage.gap_s - 1e-6] == []

    run(story())


@pytest.mark.parametrize("lost", ["lease", "line"])
def test_a_connection_that_comes_too_late_is_not_written_to(lost: str) -> None:
    """What held when it was asked for, lease and ownership, is looked at again when it is there."""

    async def story() -> None:
        stage = Stage(connects_s=[5.5 if lost == "lease" else 1.0])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await asyncio.sleep(0.5)
        if lost == "line":
            stage.sender.lost([0])
        await asyncio.sleep(5.2)

        assert stage.posts == []
        assert [record.result for record in stage.log.records if isinstance(record, Outcome)] == [Result.UNSENT]

    run(story())
