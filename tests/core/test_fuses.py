"""When a fuse blows, for how long it holds, and that what it remembers is bounded."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.fuses import CONTACTS, GRANTS, HOUR_MS, MINUTE_MS, OFF, TEXTS, Blown, Fuse, Fuses, Limits

NOW = 1_700_000_000_000
A, B, TEXT = b"contact-a", b"contact-b", b"a text's"
FEW = Limits(per_minute=3, per_hour=5, same_text=0)


def contact_of(n: int) -> bytes:
    """As the ledger knows a contact: by eight bytes of a hash."""
    return sha256(n.to_bytes(8)).digest()[:8]


def granted(fuses: Fuses, *times_s: float, contact: bytes = A) -> Fuses:
    for time_s in times_s:
        fuses.granted(contact, NOW + round(time_s * 1000))
        fuses.texted(contact, TEXT, NOW + round(time_s * 1000))
    return fuses


@pytest.mark.parametrize(
    ("times_s", "at_s", "left_s"),
    [
        ((), 0, 0.0),
        ((0, 1), 1, 0.0),
        ((0, 1, 2), 2, 58.0),
        ((0, 1, 2), 59.999, 0.001),
        ((0, 1, 2), 60, 0.0),
        ((0, 30, 59, 61), 61, 29.0),
        ((0, 100, 200, 300, 400), 400, 3_200.0),
        ((0, 100, 200, 300, 400), 3_600, 0.0),
        ((0, 100, 200, 3_590, 3_591, 3_592), 3_592, 108.0),
    ],
)
def test_a_contact_gets_so_many_texts_a_minute_and_an_hour(
    times_s: tuple[float, ...], at_s: float, left_s: float
) -> None:
    """Three and five here, in any minute and any hour; it is free when the oldest of them is a minute, an hour old."""
    one = granted(Fuses(FEW), *times_s)
    blown = one.holds(A, TEXT, NOW + round(at_s * 1000))

    assert (blown.left_s if blown else 0.0) == left_s
    assert blown is None or (blown.fuse, blown.key) == (Fuse.CONTACT_RATE, A)
    assert one.holds(B, TEXT, NOW) is None


@given(st.lists(st.integers(0, 400_000), max_size=60).map(sorted), st.integers(1, 6), st.integers(1, 8))
def test_whoever_asks_first_never_passes_a_limit(asked_ms: list[int], per_minute: int, per_hour: int) -> None:
    """Whatever is asked for, and whenever: no minute and no hour has more grants than it may."""
    one, passed = Fuses(Limits(per_minute, per_hour, 0)), list[int]()
    for step_ms in asked_ms:
        now_ms = NOW + step_ms * 20
        if one.holds(A, TEXT, now_ms) is None:
            one.granted(A, now_ms)
            passed.append(now_ms)

    for begin in passed:
        assert sum(begin <= at < begin + MINUTE_MS for at in passed) <= per_minute
        assert sum(begin <= at < begin + HOUR_MS for at in passed) <= per_hour


def test_of_grants_in_one_millisecond_the_later_are_too_many() -> None:
    """By their order in the ledger, seen by our own clock; three have room, and all have it a minute later."""
    one = Fuses(FEW)
    for n in range(5):
        one.granted(A, NOW, f"a{n}")

    assert [one.beyond(f"a{n}", NOW) for n in range(5)] == [False, False, False, True, True]
    assert not one.beyond("a4", NOW + MINUTE_MS)
    assert not one.beyond("another", NOW)


def test_a_replica_ahead_of_the_brokers_clock_goes_on() -> None:
    """What had room before the INTENT has room after the grant, whatever time the brokers wrote on it."""
    one = granted(Fuses(FEW), 0, 1, 2)
    one.granted(A, NOW + 58_000, "late")

    assert not one.beyond("late", NOW + MINUTE_MS)


def test_the_grants_that_are_remembered_are_bounded() -> None:
    """The oldest is forgotten."""
    one = Fuses(Limits(1, 0, 0))
    for n in range(GRANTS + 2):
        one.granted(A, NOW, f"a{n}")

    assert [one.beyond(f"a{n}", NOW) for n in (1, 2, GRANTS + 1)] == [False, True, True]


def test_nothing_is_counted_that_is_too_old_to_matter() -> None:
    """A restore reads three days of the ledger; only its last hour is of interest."""
    one = Fuses(FEW, since_ms=NOW)
    granted(one, -3, -2, -1, 0, 1)

    assert one.holds(A, TEXT, NOW + 1_000) is None
    assert granted(one, 2).holds(A, TEXT, NOW + 2_000) is not None


def test_a_fuse_that_is_left_out_never_blows() -> None:
    """0 in the settings; nothing is remembered for it."""
    one = granted(Fuses(OFF), *range(2_000))
    hourly = granted(Fuses(Limits(0, 4, 0)), 0, 1, 2)

    assert one.holds(A, TEXT, NOW) is one.crowded(TEXT, NOW) is None
    assert hourly.holds(A, TEXT, NOW) is None
    assert granted(hourly, 3).holds(A, TEXT, NOW) is not None


@pytest.mark.parametrize("limit", [1, 2, 50, 1_000, 5_000])
def test_one_text_to_very_many_contacts_is_noticed(limit: int) -> None:
    """Within a few percent of the number that is set, and exactly for few; the same contact again counts once."""
    one = Fuses(Limits(0, 0, limit))
    for n in range(limit * 2):
        for _ in range(2):
            one.texted(contact_of(n), TEXT, NOW)
        if one.crowded(TEXT, NOW):
            break

    assert n + 1 == pytest.approx(limit, rel=0.1)
    assert one.crowded(b"another", NOW) is None
    assert one.holds(A, TEXT, NOW) is None


def test_a_text_is_counted_anew_in_the_next_window() -> None:
    """The window begins with its first grant, and what blew in it holds no longer than that."""
    one = Fuses(Limits(0, 0, 2, 100_000))
    granted(one, 0, contact=contact_of(1))
    granted(one, 99, contact=contact_of(2))
    blown = one.crowded(TEXT, NOW + 99_000)
    over = one.crowded(TEXT, NOW + 100_000)
    granted(one, 100, contact=contact_of(3))

    assert blown == Blown(Fuse.SAME_TEXT, 1.0, TEXT)
    assert over is one.crowded(TEXT, NOW + 100_000) is None


def test_a_text_waits_only_where_it_is_set_so() -> None:
    """Else it is an alarm and no more; of two fuses the one that holds longer is told."""
    alarm, stop = (Fuses(Limits(1, 0, 2, 100_000, stops)) for stops in (False, True))
    for one in (alarm, stop):
        granted(one, 0, contact=A)
        granted(one, 0, contact=contact_of(2))

    assert alarm.crowded(TEXT, NOW) == stop.crowded(TEXT, NOW) == Blown(Fuse.SAME_TEXT, 100.0, TEXT)
    assert alarm.holds(contact_of(3), TEXT, NOW) is None
    assert stop.holds(contact_of(3), TEXT, NOW) == Blown(Fuse.SAME_TEXT, 100.0, TEXT)
    assert alarm.holds(A, TEXT, NOW) == Blown(Fuse.CONTACT_RATE, 60.0, A)
    assert stop.holds(A, TEXT, NOW) == Blown(Fuse.SAME_TEXT, 100.0, TEXT)
    assert stop.holds(A, b"another", NOW) == Blown(Fuse.CONTACT_RATE, 60.0, A)


def test_an_alarm_is_told_once_an_hour() -> None:
    """For each contact and text, however many requests wait."""
    one, first, second = Fuses(FEW), Blown(Fuse.CONTACT_RATE, 1.0, A), Blown(Fuse.CONTACT_RATE, 1.0, B)
    told = [one.is_news(first, NOW), one.is_news(first, NOW + HOUR_MS - 1), one.is_news(second, NOW)]

    assert told == [True, False, True]
    assert one.is_news(first, NOW + HOUR_MS)


def test_what_is_remembered_is_bounded() -> None:
    """The contacts and texts that were granted something last; of contacts nothing older than an hour."""
    one = Fuses(Limits(1, 5, 1))
    for n in range(CONTACTS + 10):
        one.granted(contact_of(n), NOW)
        one.texted(A, contact_of(n % (TEXTS + 10)), NOW)
    first, last = contact_of(0), contact_of(CONTACTS + 9)

    assert one.holds(first, b"", NOW) is None
    assert one.holds(last, b"", NOW) is not None
    assert (len(one._contacts), len(one._texts)) == (CONTACTS, TEXTS)
    one.granted(A, NOW + HOUR_MS)
    assert len(one._contacts) == 1


def test_a_runaway_among_many_is_not_forgotten() -> None:
    """A contact that is granted something again and again stays among those that are remembered."""
    one = Fuses(Limits(20, 600, 0))
    for n in range(30):
        one.granted(A, NOW + n)
        for other in range(CONTACTS // 25):
            one.granted(contact_of(n * CONTACTS + other), NOW + n)

    assert one.holds(A, TEXT, NOW + 30) is not None
