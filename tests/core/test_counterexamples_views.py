"""Interleavings that broke earlier forms of the rules: those that the views answer. Numbered as they were found."""

from connector.core.last_look import Check, GiveUp, Grant, Overtaken, Write, WriteAt, before_write
from connector.core.pacing import LONGEST_LEASE_S, ForeignGrants, write_at
from connector.core.records import Resolution
from tests.core.ledger_story import Reader, Story, contact_id, intent, park, rebind, resolve, submitted, unsent

LEASE, GAP, HOUR = 5.0, 1.0, 3600.0
C = contact_id("c")
A1 = intent("a1", "r1")


def earliest_write(reader: Reader, line: str, now: float, own_last: float | None = None) -> float:
    """When this reader may write on the line, as the sender asks it."""
    return write_at(own_last, GAP, reader.views.foreign_grants(line, now, GAP))


def test_09_the_earlier_grant_of_a_contact_wins() -> None:
    """A zombie has r1 of c in flight; the new owner's r2 of c is granted but busy; r1 itself is not."""
    story = Story()
    story.at(1, A1, a2 := intent("a2", "r2", "o2", owner="Q"))
    views = story.reader.views

    assert views.busy(C, before=a2.attempt)
    assert not views.busy(C, before=A1.attempt)
    assert views.busy(C)


def test_10_only_submitted_or_park_binds() -> None:
    """A grant that ended UNSENT leaves the contact free to go to another line."""
    story = Story()
    story.at(1, A1, unsent(A1))

    assert story.reader.views.line_of(C) is None


def test_13_two_open_requests_of_one_contact_do_not_wait_for_each_other() -> None:
    """Own fold first: each holder acts on its own open request, whatever the contact does."""
    story = Story()
    story.at(1, A1, intent("a2", "r2", "o2"))
    fold = story.reader.fold

    assert not fold.admits("r1")
    assert not fold.admits("r2")


def test_15_a_late_status_does_not_undo_a_rebind() -> None:
    """SUBMITTED binds the unbound only: a repeat of the proof after REBIND moves nothing."""
    story = Story()
    story.at(1, A1, submitted(A1), rebind("c", "B"), submitted(A1))

    assert story.reader.views.line_of(C) == "B"


def test_16_a_park_does_not_move_a_bound_contact() -> None:
    """a1 on B dies before its UNSENT; a2 is SUBMITTED on A; then a1 is parked: the contact stays on A."""
    story = Story()
    story.at(1, b1 := intent("b1", "r1", line="B"), a2 := intent("a2", "r2", "o2"), submitted(a2), park(b1))

    assert story.reader.views.line_of(C) == "A"


def test_17_a_closed_grant_of_another_owner_counts_for_the_pace() -> None:
    """P wrote and settled; after the rebalance Q waits a gap from when it read the end."""
    reader = Reader("Q")
    story = Story([reader])
    story.at(0.3, A1)
    story.at(0.4, submitted(A1))

    assert earliest_write(reader, "A", 0.5) == 0.4 + GAP


def test_18_every_older_open_grant_counts_for_the_pace() -> None:
    """Y's second try must not hide that Z's first grant is still open."""
    reader = Reader("Y")
    story = Story([reader])
    story.at(0.0, intent("z1", "r1", contact="c1", owner="Z"))
    story.at(0.1, y1 := intent("y1", "r2", "o2", contact="c2", owner="Y"), unsent(y1, "LATE"))
    story.at(0.3, intent("y2", "r2", "o2", contact="c2", owner="Y"))

    assert earliest_write(reader, "A", 0.4) == 0.0 + LEASE + GAP


def test_20_no_phantom_attempt_keeps_a_contact_busy() -> None:
    """An INTENT that was refused opens nothing in the views."""
    story = Story()
    story.at(1, A1, submitted(A1), intent("a2", "r1"))

    assert not story.reader.views.busy(C)
    assert story.reader.views.open_attempts() == 0


def test_33_submitted_beats_a_binding_made_by_park_alone() -> None:
    """a1 written on A, its proof late; a2 on B never written but parked first: the proof takes the contact to A."""
    story = Story()
    story.at(1, A1, b2 := intent("b2", "r2", "o2", line="B"), park(b2))
    bound_by_park = story.reader.views.line_of(C)

    story.at(75, submitted(A1))

    assert (bound_by_park, story.reader.views.line_of(C)) == ("B", "A")


def test_33_of_two_parked_attempts_the_earlier_grant_binds() -> None:
    """Whichever PARK lands first: the earlier grant is the likelier text."""
    story = Story()
    story.at(1, A1, b2 := intent("b2", "r2", "o2", line="B"), park(b2), park(A1))

    assert story.reader.views.line_of(C) == "A"


def test_33_a_firm_binding_is_not_moved_by_a_second_line() -> None:
    """After SUBMITTED the park's mark is gone: another SUBMITTED on another line moves nothing."""
    story = Story()
    story.at(1, A1, park(A1), submitted(A1), b := intent("b2", "r2", "o2", line="B"), submitted(b))

    assert story.reader.views.line_of(C) == "A"
    assert story.reader.views.bound_by_park(C) is None


def test_36_an_unsent_that_wrote_counts_for_the_pace() -> None:
    """P wrote and got a 429: Q waits a gap. Had P never written (LATE), Q need not wait."""
    reader = Reader("Q")
    story = Story([reader])
    story.at(0.0, A1)
    story.at(0.4, unsent(A1, "HTTP_429"))
    story.at(0.5, a2 := intent("a2", "r2", "o2", line="B"))
    story.at(0.6, unsent(a2, "LATE"))

    assert earliest_write(reader, "A", 0.7) == 0.4 + GAP
    assert earliest_write(reader, "B", 0.7) <= 0.7


def test_the_age_of_a_grant_counts_in_log_time() -> None:
    """A leader whose clock is behind appends the INTENT: by its own stamp a live attempt would look a minute old."""
    story = Story([reader := Reader("Q")])
    story.at(120.0, intent("a0", "r0", "o9"))
    story.at(60.0, a1 := intent("a1"))
    live = reader.views.attempt(a1.attempt)

    assert live is not None
    assert (live.granted_ms, live.log_ms) == (60_000, 120_000)


def test_a_grant_pruned_after_its_lease_no_longer_counts() -> None:
    """An open grant of another owner is harmless once lease and gap are over."""
    reader = Reader("Q")
    Story([reader]).at(0.0, A1)

    assert earliest_write(reader, "A", 6.1) <= 6.1


def test_the_lease_of_another_owner_is_its_own() -> None:
    """In a deploy that changes the lease, P may write until its own is over, whatever Q's is; unsaid is the longest."""
    reader = Reader("Q")
    story = Story([reader])
    story.at(0.0, intent("a1", lease_ms=8000))
    long = earliest_write(reader, "A", 5.5)
    story.at(10.0, intent("a2", "r2", "o2", line="B", lease_ms=0))

    assert long == 8.0 + GAP
    assert earliest_write(reader, "B", 10.5) == 10.0 + LONGEST_LEASE_S + GAP


def test_a_grant_closed_long_after_its_lease_counts_for_the_pace() -> None:
    """A holder that froze before the socket may have written just before its close: a gap is kept to that too."""
    reader = Reader("Q")
    story = Story([reader])
    story.at(0.0, A1)
    before = earliest_write(reader, "A", 20.0)
    story.at(20.0, submitted(A1))

    assert before <= 20.0
    assert earliest_write(reader, "A", 20.3) == 20.0 + GAP


def test_handles_of_a_contact_in_doubt_stay_claimed() -> None:
    """However long the doubt lasts: a row of the list that is another text's must not prove this one."""
    story = Story()
    story.at(0, A1)
    story.at(1, submitted(A1, "h1"))
    story.at(2, intent("a2", "r2"))
    other = intent("a3", "r3", contact="d")
    story.at(300, other)
    story.at(301, submitted(other, "h2"))

    assert story.reader.views.claimed(C) == {"h1"}


def test_an_attempt_that_the_fold_has_forgotten_is_no_longer_live() -> None:
    """Nobody settles a1 for 72 h: the views give back what they keep of it, as the fold does, and lose nothing else."""
    story = Story()
    story.at(1, A1)
    story.at(71 * HOUR, a2 := intent("a2", "r2", "o2", owner="Q"))
    story.at(74 * HOUR, submitted(intent("a3", "r3", "o3")))
    views = story.reader.views

    assert views.attempt(A1.attempt) is None
    assert [candidate.attempt for candidate in views.candidates(C, a2.body)] == [a2.attempt]


def test_parking_frees_the_contact_and_resolving_ends_the_attempt() -> None:
    """A parked attempt holds nobody up, and after RESOLVE it is not live any more."""
    story = Story()
    story.at(1, A1, park(A1))
    parked = story.reader.views.attempt(A1.attempt)
    story.at(2, resolve(A1, Resolution.DROP))

    assert not story.reader.views.busy(C)
    assert parked is not None
    assert story.reader.views.attempt(A1.attempt) is None


def test_a_park_from_before_the_log_binds_the_unbound_only() -> None:
    """Its INTENT was never read: whether it was earlier than another one's, this log cannot say."""
    story = Story()
    story.at(1, park(A1))
    unbound = story.reader.views.line_of(C)
    other = Story()
    other.at(1, b2 := intent("b2", "r2", "o2", line="B"), park(b2), park(A1))

    assert (unbound, other.reader.views.line_of(C)) == ("A", "B")


def look(**changed: object) -> Grant:
    """A grant with nothing in its way, but for what changed."""
    seen: dict[str, object] = {
        "mono": 1.0,
        "lease_end": 6.0,
        "owned": True,
        "still_open": True,
        "contact_busy": False,
        "line": "A",
        "bound": "A",
        "own_last_write": None,
        "gap_s": GAP,
        "foreign": ForeignGrants(),
    }
    return Grant(**{**seen, **changed})  # type: ignore[arg-type]  # a table of keyword arguments


def test_of_two_grants_on_a_line_the_later_waits_for_the_earlier() -> None:
    """P and Q hold a lane each: P's a1 is granted before Q's b1, so Q waits, and P does not."""
    story = Story([Reader("P"), Reader("Q")])
    story.at(1, A1, b1 := intent("b1", "r2", "o2", contact="d", owner="Q"), intent("a2", "r3", "o3", contact="e"))
    p, q = (reader.views for reader in story.readers)
    grants = [
        p.foreign_grants("A", 1.0, GAP, before=A1.attempt),
        q.foreign_grants("A", 1.0, GAP, before=b1.attempt),
        q.foreign_grants("A", 1.0, GAP),
    ]
    story.at(2, submitted(A1))

    assert grants == [ForeignGrants(), ForeignGrants((6.0,)), ForeignGrants((6.0, 6.0))]
    assert q.foreign_grants("A", 2.0, GAP, before=b1.attempt) == ForeignGrants((), 2.0)


def test_a_patient_holder_waits_for_a_grant_that_may_end_in_time() -> None:
    """It looks again when one ends, and at the end of its lease; a grant whose lease is over is waited for as ever."""
    alive, over = ForeignGrants((7.0,)), ForeignGrants((0.5,))
    cases: list[tuple[dict[str, object], Check]] = [
        ({"foreign": alive}, WriteAt(6.0)),
        ({"foreign": alive, "mono": 4.9}, WriteAt(6.0)),
        ({"foreign": alive, "mono": 5.0}, GiveUp("LATE")),
        ({"foreign": alive, "mono": 6.0}, GiveUp("LATE")),
        ({"foreign": alive, "own_last_write": 5.0}, GiveUp("LATE")),
        ({"foreign": alive, "gap_s": 5.0}, GiveUp("LATE")),
        ({"foreign": over}, WriteAt(1.5)),
        ({"foreign": ForeignGrants((4.0,))}, WriteAt(5.0)),
        ({}, Write()),
    ]
    for changed, expected in cases:
        assert before_write(look(patient=True, **changed)) == expected, changed


def test_the_last_look_before_the_socket() -> None:
    """Overtaken, late, not owned, busy, wrong line, pace: each stops the write in its own way."""
    cases: list[tuple[dict[str, object], Check]] = [
        ({}, Write()),
        ({"bound": None}, Write()),
        ({"still_open": False, "owned": False}, Overtaken()),
        ({"owned": False}, GiveUp("LATE")),
        ({"mono": 6.0}, GiveUp("LATE")),
        ({"contact_busy": True}, GiveUp("BUSY")),
        ({"bound": "B"}, GiveUp("WRONG_LINE")),
        ({"fused": True}, GiveUp("FUSE")),
        ({"fused": True, "still_open": False}, Overtaken()),
        ({"own_last_write": 0.5}, WriteAt(1.5)),
        ({"own_last_write": 5.5}, GiveUp("LATE")),
        ({"foreign": ForeignGrants((5.0,), None)}, GiveUp("LATE")),
        ({"foreign": ForeignGrants((), 0.4)}, WriteAt(1.4)),
    ]
    for changed, expected in cases:
        assert before_write(look(**changed)) == expected, changed
