"""Moving a line's contacts, and lists of contacts and their lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.bindings import Bindings
from connector.core.moving import Entry, Move, Plan, following, heir, listing, may_go, moved_along, plan
from connector.core.records import Rebind
from tests.core.ledger_story import Reader, contact_id, intent, park, submitted


def story() -> Reader:
    """c1 and c2 are bound to A; so are c3, which is texted now, and c4, which has a parked text; c5 is bound to B."""
    reader, offset = Reader(), 0
    for name, line in (("1", "A"), ("2", "A"), ("3", "A"), ("4", "A"), ("5", "B")):
        a = intent(f"a{name}", f"r{name}", line=line, contact=f"c{name}")
        for record in (a, submitted(a)):
            reader.read(offset, 0, record)
            offset += 1
    reader.read(offset, 0, intent("a6", "r6", line="A", contact="c3"))
    parked = intent("a7", "r7", line="A", contact="c4")
    reader.read(offset + 1, 0, parked)
    reader.read(offset + 2, 0, park(parked))
    return reader


def ids(*names: str) -> tuple[bytes, ...]:
    return tuple(map(contact_id, names))


def test_who_may_be_moved() -> None:
    """All contacts of the line but those with a text in flight or in doubt, and, unless accepted, a parked one."""
    views = story().views
    found = plan(views, "A", parked_too=False)
    all_in = plan(views, "A", parked_too=True)

    assert Plan(*(tuple(sorted(part)) for part in found)) == Plan(ids("c1", "c2"), ids("c3"), ids("c4"))
    assert Plan(*(tuple(sorted(part)) for part in all_in)) == Plan(ids("c1", "c2", "c4"), ids("c3"), ())


def test_a_move_begun_again_goes_on_where_it_was() -> None:
    """Whoever has moved is no contact of the old line."""
    reader = story()
    reader.read(100, 0, Rebind(contact_id("c1"), "B"))

    assert plan(reader.views, "A", parked_too=False).movable == ids("c2")
    assert plan(reader.views, "nobody", parked_too=False) == Plan((), (), ())


def test_a_moved_contact_is_no_new_one() -> None:
    """What a line has left for new contacts is not taken by those that are moved or imported to it."""
    reader = story()
    before = dict(reader.views.firsts)
    reader.read(100, 0, Rebind(contact_id("c1"), "B"))
    reader.read(101, 0, Rebind(contact_id("c9"), "B"))

    assert before == dict(reader.views.firsts) == {"A": 4, "B": 1}


def test_a_list_moves_nobody() -> None:
    """The unbound are new, the bound the same or a conflict; so is a contact with two lines, and one with a text."""
    entries = [
        Entry("row 1", contact_id("c1"), "A"),
        Entry("row 2", contact_id("c5"), "A"),
        Entry("row 3", contact_id("c8"), "A"),
        Entry("row 4", contact_id("c8"), "B"),
        Entry("row 5", contact_id("c8"), "A"),
    ]
    reader = story()
    reader.read(100, 0, intent("a9", "r9", line="A", contact="c9"))
    found = listing(reader.views, [*entries, Entry("row 6", contact_id("c9"), "B")])

    assert found.new == {contact_id("c8"): "A"}
    assert found.same == 2
    assert [(place, why.partition(";")[0]) for place, why in found.refused] == [
        ("row 2", "the contact is texted from B"),
        ("row 4", "the contact is texted from A"),
        ("row 6", "a text to this contact is in flight or in doubt"),
    ]


def test_who_was_chosen_is_judged_again() -> None:
    """Only from the line, or from none, by which the contact was chosen; never with a text in flight."""
    views = story().views
    asked = [("c1", "A"), ("c5", "A"), ("c8", None), ("c1", None), ("c3", "A"), ("c4", "A")]
    may = [may_go(views, contact_id(name), line, parked_too=False) for name, line in asked]

    assert may == [True, False, True, False, False, False]
    assert may_go(views, contact_id("c4"), "A", parked_too=True)


@given(st.dictionaries(st.binary(min_size=8, max_size=8), st.sampled_from("ABC"), max_size=300))
def test_a_lines_contacts_are_those_bound_to_it(bound: dict[bytes, str]) -> None:
    """However the map has grown; byte for byte."""
    bindings = Bindings()
    for contact, line in bound.items():
        bindings.put(contact, line)

    assert {line: set(bindings.of_line(line)) for line in "ABCD"} == {
        line: {contact for contact, other in bound.items() if other == line} for line in "ABCD"
    }


def ordered(*given: tuple[str, str | None, bool]) -> dict[str, Move]:
    """Orders, one after the other: a line, where it is moved (None: it is in use again), whether it is retired."""
    moves = dict[str, Move]()
    for line, to, retired in given:
        moves[line] = following(moves.get(line), Move(to, retired, 1, "ann"))
    return moves


@pytest.mark.parametrize(
    ("orders", "along"),
    [
        ((("A", "B", False), ("B", "C", False)), {"B", "C"}),
        ((("A", "B", False), ("A", "C", False)), {"B", "C"}),
        ((("A", "B", True), ("A", None, False)), {"B"}),
        ((("A", "B", True), ("B", "C", True), ("B", None, False)), {"B", "C"}),
        ((("A", "B", False), ("B", "A", False)), {"A", "B"}),
        ((("A", "B", False), ("A", "C", False), ("A", "B", False)), {"B", "C"}),
        ((("B", "C", True),), set()),
    ],
)
def test_where_contacts_of_a_line_may_be_is_never_forgotten(
    orders: tuple[tuple[str, str | None, bool], ...], along: set[str]
) -> None:
    """Moved on, moved again, taken back: whom an order moved is where it went, or where that line's contacts went."""
    assert moved_along(ordered(*orders), "A") == along


def test_a_line_that_is_moved_again_is_remembered_once() -> None:
    """However often it goes to and fro, no more than one entry a line, the newest last."""
    moves = ordered(*[("A", to, False) for to in ("B", "C", "B", None, "C", "B")])

    assert moves["A"].lines == ("C", "B")
    assert moves["A"].former == ("C",)


@pytest.mark.parametrize(
    ("orders", "line"),
    [
        ((("A", "B", True),), "B"),
        ((("A", "B", True), ("B", "C", True)), "C"),
        ((("A", "B", True), ("B", "C", False)), "B"),
        ((("A", "B", False),), None),
        ((("A", "B", True), ("A", None, False)), None),
        ((("A", "B", True), ("B", "A", True)), None),
        ((), None),
    ],
)
def test_the_heir_of_a_retired_line(orders: tuple[tuple[str, str | None, bool], ...], line: str | None) -> None:
    """The first one along its moves that takes new contacts; a line that takes them itself has none."""
    assert heir(ordered(*orders), "A") == line
