"""The bounded window: order, sleep, bounds."""

from connector.core.delays import Wait
from connector.core.window import Window

A, B = b"contact a", b"contact b"


def window(*records: tuple[int, bytes]) -> Window[str]:
    """A window with these offsets and contacts."""
    one: Window[str] = Window(max_records=3, max_bytes=1_000)
    for offset, contact in records:
        one.add(offset, f"r{offset}", 100, contact, b"request %d" % offset)
    return one


def test_due_records_come_by_offset() -> None:
    """Taken once; nothing else is due."""
    one = window((5, A), (7, B))

    assert [one.take(0.0), one.take(0.0), one.take(0.0)] == [(5, "r5"), (7, "r7"), None]


def test_a_sleeper_wakes_at_its_time() -> None:
    """Not before; ``next_wake`` tells when."""
    one = window((5, A), (7, B))
    one.take(0.0)
    one.wait(5, 9.0, Wait.SCHEDULED)

    assert one.next_wake() == 0.0
    assert one.take(1.0) == (7, "r7")
    assert (one.next_wake(), one.take(8.9), one.take(9.0)) == (9.0, None, (5, "r5"))
    assert one.next_wake() is None


def test_a_name_wakes_its_sleepers() -> None:
    """By contact or by request, and only those; twice is once."""
    one = window((5, A), (7, B))
    for offset, _ in ((5, A), (7, B)):
        one.take(0.0)
        one.wait(offset, 99.0, Wait.BUSY)
    one.wake(A, 1.0)
    one.wake(b"request 5", 1.0)

    assert [one.take(1.0), one.take(1.0)] == [(5, "r5"), None]
    assert one.waiting() == {Wait.BUSY: 1}


def test_all_can_be_woken() -> None:
    """Something about the whole line changed."""
    one = window((5, A), (7, B))
    for offset in (5, 7):
        one.take(0.0)
        one.wait(offset, 99.0, Wait.LINE)
    one.wake_all(1.0)

    assert [one.take(1.0), one.take(1.0)] == [(5, "r5"), (7, "r7")]


def test_the_first_of_a_contact() -> None:
    """The next one is first once the one before is done."""
    one = window((5, A), (6, B), (7, A))
    before = [one.is_first(5), one.is_first(6), one.is_first(7)]
    one.take(0.0)
    one.done(5)

    assert before == [True, True, False]
    assert one.is_first(7)


def test_one_that_waits_for_its_time_has_no_place_yet() -> None:
    """Those of its contact that are due go first; once it is due itself it is first again."""
    one = window((5, A), (7, A))
    one.take(0.0)
    one.wait(5, 9.0, Wait.SCHEDULED)
    meanwhile = (one.is_first(7), one.ahead(7))
    one.take(9.0)

    assert meanwhile == (True, None)
    assert not one.is_first(7)


def test_what_the_first_of_a_contact_waits_for_is_seen_by_those_behind_it() -> None:
    """None while it is at work; the oldest that waits for a reason can be found, and roused."""
    one = window((5, A), (6, B), (7, A))
    for _ in range(3):
        one.take(0.0)
    at_work = one.ahead(7)
    one.wait(5, 99.0, Wait.BUSY)
    one.wait(6, 99.0, Wait.LINE)
    one.wait(7, 99.0, Wait.HELD)

    assert at_work is None
    assert (one.ahead(7), one.ahead(5), one.ahead(6)) == (Wait.BUSY, None, None)
    assert (one.oldest({Wait.LINE}), one.oldest({Wait.PARKED})) == (6, None)
    one.rouse(6, 1.0)
    assert [one.take(1.0), one.take(1.0)] == [(6, "r6"), None]


def test_it_is_full_by_records_or_by_bytes() -> None:
    """And has room again when one is done."""
    one = window((1, A), (2, A), (3, A))
    big: Window[str] = Window(max_records=10, max_bytes=150)
    big.add(1, "x", 150, A, b"r")

    before = (one.full, big.full)
    one.done(2)

    assert before == (True, True)
    assert (one.full, len(one)) == (False, 2)


def test_a_done_record_never_comes_back() -> None:
    """Its sleep is forgotten with it."""
    one = window((5, A))
    one.take(0.0)
    one.wait(5, 9.0, Wait.SCHEDULED)
    one.done(5)

    assert one.take(10.0) is None
    assert one.size == 0


def test_what_a_fuse_or_a_tags_pause_holds_sleeps_for_its_request_alone() -> None:
    """Each of hundreds of one contact would look in vain whenever one of them goes; an order by id still finds it."""
    one = window((5, A), (6, A), (7, A))
    for _ in range(3):
        one.take(0.0)
    for offset, reason in ((5, Wait.FUSE), (6, Wait.TAG_PAUSED), (7, Wait.BUSY)):
        one.wait(offset, 99.0, reason)
    one.wake(A, 1.0)
    by_contact = [one.take(1.0), one.take(1.0)]
    one.wake(b"request 5", 2.0)
    by_request = [one.take(2.0), one.take(2.0)]
    one.wake_all(3.0)

    assert by_contact == [(7, "r7"), None]
    assert by_request == [(5, "r5"), None]
    assert one.take(3.0) == (6, "r6")


def test_all_wait_for_one_of_some_reasons() -> None:
    """One that is due, or waits for something else, is enough against it."""
    one = window((5, A), (7, B))
    one.take(0.0)
    one.wait(5, 9.0, Wait.NEW)
    before = one.all_wait({Wait.NEW, Wait.TAG_PAUSED})
    one.take(0.0)
    one.wait(7, 9.0, Wait.TAG_PAUSED)

    assert (before, one.all_wait({Wait.NEW, Wait.TAG_PAUSED}), one.all_wait({Wait.NEW})) == (False, True, False)
