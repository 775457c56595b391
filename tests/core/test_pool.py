"""Which line of the pool a new contact gets."""

from collections import Counter
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.line_facts import Condition, LineFacts, Quota, Room, State, Told, Usage
from connector.core.pauses import OfAll, OfLine, Pause, Pauses, Said
from connector.core.pool import LOOK_S, PLACES, Circle, Pool, live_places

CONTACTS = [blake2b(str(n).encode(), digest_size=8).digest() for n in range(8_000)]
NUMBERS = {f"+1303555010{n}": alias for n, alias in enumerate("abcd")}
CIRCLE = Circle("abcd")
NOW_MS = 1_700_000_000_000


def chosen(live: list[int] | None) -> list[str]:
    """The line each of the contacts gets."""
    return [CIRCLE.line_of(contact, live) for contact in CONTACTS]


def shares(live: list[int] | None) -> dict[str, float]:
    """Each line's share of the contacts."""
    return {alias: count / len(CONTACTS) for alias, count in Counter(chosen(live)).items()}


def test_contacts_are_shared_by_weight() -> None:
    """A line with half the places gets half as many, one with none nobody."""
    found = shares([PLACES, PLACES // 2, PLACES // 2, 0])

    assert found == pytest.approx({"a": 0.5, "b": 0.25, "c": 0.25}, abs=0.04)


places = st.lists(st.integers(0, PLACES), min_size=4, max_size=4)


@given(places.filter(any), st.integers(0, 3), st.integers(0, PLACES))
def test_a_line_that_loses_gives_away_only_what_it_had(live: list[int], line: int, fewer: int) -> None:
    """And one that gains takes only what it wins: nobody moves between two others."""
    less = [min(n, fewer) if i == line else n for i, n in enumerate(live)]
    if not any(less):
        less[(line + 1) % 4] = live[(line + 1) % 4] = 1
    moved = {pair for pair in zip(chosen_few(live), chosen_few(less), strict=True) if pair[0] != pair[1]}

    assert {before for before, _ in moved} <= {"abcd"[line]}


def chosen_few(live: list[int]) -> list[str]:
    return [CIRCLE.line_of(contact, live) for contact in CONTACTS[:200]]


def room(hour: int | None = None, day: int | None = None, *, closed: bool = False) -> Room:
    return Room(not closed, hour, day)


@pytest.mark.parametrize(
    ("rooms", "expected"),
    [
        ([room(), room()], [PLACES, PLACES]),
        ([room(5, 100), room(5, 100)], [PLACES, PLACES]),
        ([room(5, 100), room(5, 0)], [PLACES, 0]),
        ([room(5, 100), room(1, 100)], [PLACES, 0]),
        ([room(5, 100), room(5, 100, closed=True)], [PLACES, 0]),
        ([room(5, 100), room()], [PLACES, PLACES]),
        ([room(0, 100), room(0, 0)], [PLACES, 0]),
        ([room(0, 0), room(0, 0, closed=True)], [PLACES, 0]),
    ],
)
def test_who_has_room_shares(rooms: list[Room], expected: list[int]) -> None:
    """Lines with no more than the margin, and closed ones, get nobody; if none has room, the day's rest says."""
    assert live_places(rooms, margin=1) == expected


def test_no_line_is_open() -> None:
    """Then all are as they were without facts: the sender's window waits, nothing is refused."""
    assert live_places([room(closed=True), room(closed=True)]) is None


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=20))
def test_shares_follow_what_is_left_of_the_day(days: list[int]) -> None:
    """Within a step of the true weight; a line with anything left has a place."""
    live = live_places([room(10, day) for day in days])
    assert live is not None
    best = max(days)
    exact = [PLACES * day / best for day in days]

    assert all(n >= 1 and abs(n - share) <= 0.1 * share + 0.6 for n, share in zip(live, exact, strict=True) if n > 1)


class Stage:
    """A pool of a, b, c and d, and what its facts say."""

    def __init__(self) -> None:
        self.facts = LineFacts(NUMBERS)
        self.pauses = Pauses()
        self.pool = Pool(CIRCLE, self.facts, margin=1)
        self.pool.obey(self.pauses)

    def pause(self, *aliases: str, until_ms: int | None = None) -> None:
        for alias in aliases:
            self.pauses.put(Pause(OfLine(alias), Said("ann", "too many", NOW_MS), until_ms))

    def lines(self, now: float, now_ms: int = NOW_MS) -> set[str]:
        """Those that contacts get which nobody asked about before."""
        return {self.pool.again(contact, now, now_ms) for contact in CONTACTS[:200]}

    def left(self, now: float, **days: int) -> None:
        numbers = {alias: number for number, alias in NUMBERS.items()}
        usage = {numbers[alias]: Usage(Quota(), Quota(None, None, left)) for alias, left in days.items()}
        self.facts.told(Told(None, None, usage, {}), now, NOW_MS)

    def offline(self, now: float, *aliases: str) -> None:
        states = {number: State(Condition.OFFLINE) for number, alias in NUMBERS.items() if alias in aliases}
        self.facts.told(Told(None, states, None, {}), now, NOW_MS)


def test_new_contacts_go_where_room_is() -> None:
    """The one line that has any gets all of them, a moment after that is known."""
    stage = Stage()
    stage.left(0.0, a=0, b=0, c=9, d=1)
    lines = {stage.pool.line_of(contact, LOOK_S, NOW_MS) for contact in CONTACTS[:100]}

    assert lines == {"c"}


def test_a_contact_keeps_its_line_until_it_has_one() -> None:
    """Its requests would overtake each other on two lines; only a line that takes nobody new is left."""
    stage = Stage()
    contact, now = CONTACTS[0], 0.0
    first = stage.pool.line_of(contact, now, NOW_MS)
    stage.left(now, **{alias: 0 if alias == first else 100 for alias in "abcd"})
    full = stage.pool.line_of(contact, now + LOOK_S, NOW_MS)
    stage.offline(now, first)
    closed = stage.pool.line_of(contact, now + 2 * LOOK_S, NOW_MS)
    stage.offline(now)

    assert full == first
    assert closed != first
    assert stage.pool.line_of(contact, now + 3 * LOOK_S, NOW_MS) == closed


def test_another_line_for_one_that_waits() -> None:
    """Only one with more than the margin; nobody is sent from full to full."""
    stage = Stage()
    stage.left(0.0, a=0, b=50, c=0, d=0)
    found = stage.pool.roomier(CONTACTS[0], "a", 0.0, NOW_MS)
    stage.left(5.0, a=0, b=1, c=1, d=1)

    assert found == "b"
    assert stage.pool.roomier(CONTACTS[0], "a", 5.0, NOW_MS) is None
    assert stage.pool.roomier(CONTACTS[0], "b", 5.0, NOW_MS) is None


def test_an_empty_pool_has_no_other_line() -> None:
    """All lines are named by producers."""
    assert Pool(Circle(()), LineFacts({})).roomier(CONTACTS[0], "a", 0.0, NOW_MS) is None


def test_a_paused_line_is_given_no_new_contacts() -> None:
    """While another is open, full or not; when its pause is over it has its share again."""
    stage = Stage()
    stage.pause("a", "b", until_ms=NOW_MS + 1_000)
    paused = stage.lines(0.0)
    stage.left(LOOK_S, a=50, b=50, c=0, d=0)
    others_full = stage.lines(LOOK_S)
    over = stage.lines(2 * LOOK_S, NOW_MS + 1_000)

    assert (paused, others_full, over) == ({"c", "d"}, {"c", "d"}, {"a", "b"})


def test_when_all_lines_are_paused_new_contacts_are_shared_as_before() -> None:
    """They wait at their lines; so it is with everything paused, and with the rest closed."""
    stage = Stage()
    before = stage.lines(0.0)
    stage.pause(*"abcd")
    each = stage.lines(LOOK_S)
    everything = Stage()
    everything.pauses.put(Pause(OfAll(), Said("ann", "stop", NOW_MS)))

    assert before == each == everything.lines(0.0) == set("abcd")


def test_who_waits_for_a_paused_line_keeps_it() -> None:
    """Or its second request would overtake the first, which waits there."""
    stage = Stage()
    first = stage.pool.line_of(CONTACTS[0], 0.0, NOW_MS)
    stage.pause(first)

    assert stage.pool.line_of(CONTACTS[0], 2 * LOOK_S, NOW_MS) == first


def test_nobody_is_sent_on_to_a_paused_line() -> None:
    """Even if it alone has room."""
    stage = Stage()
    stage.left(0.0, a=0, b=50, c=0, d=0)
    stage.pause("b")

    assert stage.pool.roomier(CONTACTS[0], "a", 0.0, NOW_MS) is None
