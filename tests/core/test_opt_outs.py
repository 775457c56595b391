"""Who does not want to be texted: which texts say so, and which word counts."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.callbacks import parse
from connector.core.opt_outs import OptedOut, Source, Word, contact_of, operators_key, said, told_out

CONTACT, OTHER = b"contact1", b"contact2"
OPERATORS = operators_key(CONTACT)
NOW = 1_700_000_000_000

words = st.builds(Word, st.integers(0, 20), st.booleans(), st.sampled_from(Source))
records = st.tuples(st.sampled_from([CONTACT, OPERATORS, OTHER]), words)


def spoken(*said_of: tuple[bytes, Word]) -> OptedOut:
    """The records of a topic, read in this order."""
    known = OptedOut()
    for key, word in said_of:
        known.read(key, word)
    return known


def out(at_ms: int, source: Source = Source.INBOUND) -> Word:
    return Word(at_ms, True, source)


def back(at_ms: int, source: Source = Source.INBOUND) -> Word:
    return Word(at_ms, False, source)


@pytest.mark.parametrize(
    "text",
    [
        *("STOP", "QUIT", "END", "REVOKE", "OPT OUT", "CANCEL", "UNSUBSCRIBE"),
        *(
            "stop",
            " Stop! ",
            "“Stop.”",
            "stop\n\n",
            "opt-out",
            "Opt  Out…",
            "STOP 🛑",
            "\uff53\uff54\uff4f\uff50",
            "(unsubscribe)",
            "STOP" + "!" * 4_000,
            "St\u00adop",
            "\u200bSTOP\ufeff",
            "opt\u200dout",
            "STOP\ufe0f",
        ),
    ],
)
def test_the_words_that_take_out(text: str) -> None:
    """Sendblue's seven, whatever their case and whatever stands around them."""
    assert said(text) is True


@pytest.mark.parametrize("text", ["START", "start", " Start. "])
def test_the_word_that_takes_in_again(text: str) -> None:
    """One only."""
    assert said(text) is False


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "!!!", None, "stop it", "please stop", "don't stop", "nonstop", "stopp", "S T O P", "optout", "yes"),
        *("Liked “STOP”", "START STOP", "end of story", "STOP" + "!" * 4_093, "optout\u200b"),
    ],
)
def test_anything_else_says_nothing(text: str | None) -> None:
    """Only the whole text counts, and a long one is not looked at."""
    assert said(text) is None


@given(st.lists(records, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_matter(said_of: list[tuple[bytes, Word]], random: object) -> None:
    """Two replicas that read two ingresses' words in another order, or some twice, say the same of each contact."""
    again = [*said_of, *said_of[:3]]
    random.shuffle(again)  # type: ignore[attr-defined]  # hypothesis's own Random
    one, other = spoken(*said_of), spoken(*again)

    assert dict(one) == dict(other)
    assert [contact in one for contact in (CONTACT, OTHER)] == [contact in other for contact in (CONTACT, OTHER)]
    assert len(one) == sum(word.out for _, word in one)


@given(st.lists(records, max_size=8))
def test_what_compaction_leaves_is_the_same_once_nothing_is_behind(said_of: list[tuple[bytes, Word]]) -> None:
    """Of each key only the last record is left: so what is behind is appended again."""
    known = spoken(*said_of)
    mended = [*said_of, *((key, word) for key, word in known if known.is_behind(key))]
    after = spoken(*dict(mended).items())

    assert dict(after) == dict(known)
    assert spoken(*mended).behind() == []


@pytest.mark.parametrize(
    ("said_of", "is_out"),
    [
        ([], False),
        ([(CONTACT, out(1))], True),
        ([(CONTACT, out(1)), (CONTACT, back(2))], False),
        ([(CONTACT, back(2)), (CONTACT, out(1))], False),
        ([(CONTACT, back(2)), (CONTACT, out(2))], True),
        ([(CONTACT, out(1, Source.REFUSAL)), (CONTACT, back(2))], False),
        ([(OPERATORS, out(1, Source.OPERATOR)), (CONTACT, back(2))], True),
        ([(OPERATORS, out(1, Source.OPERATOR)), (OPERATORS, back(2, Source.OPERATOR))], False),
        ([(CONTACT, out(1)), (OPERATORS, back(2, Source.OPERATOR))], True),
        ([(OTHER, out(1))], False),
        ([(CONTACT, out(1, Source.UNKNOWN))], True),
        ([(CONTACT, back(1)), (CONTACT, out(0))], False),
    ],
)
def test_who_is_out(said_of: list[tuple[bytes, Word]], is_out: bool) -> None:
    """The newest word of a key counts, out before in at the same time; START does not undo an operator's."""
    assert (CONTACT in spoken(*said_of)) is is_out


@pytest.mark.parametrize(
    ("known", "word", "keys"),
    [
        ([], out(5), [CONTACT]),
        ([], back(5), [CONTACT]),
        ([(CONTACT, out(5))], out(5), []),
        ([(CONTACT, out(5))], out(6), [CONTACT]),
        ([(CONTACT, back(5))], out(4), []),
        ([(CONTACT, back(5))], out(6, Source.CALLBACK), [CONTACT]),
        ([(CONTACT, out(5))], out(6, Source.CALLBACK), []),
        ([(OPERATORS, out(5))], out(6, Source.REFUSAL), []),
        ([(OPERATORS, out(5))], out(6), [CONTACT]),
        ([(CONTACT, out(5))], out(6, Source.OPERATOR), [OPERATORS]),
        ([(CONTACT, out(5))], back(6, Source.OPERATOR), [CONTACT, OPERATORS]),
        ([(CONTACT, out(7)), (OPERATORS, out(5))], back(6, Source.OPERATOR), [OPERATORS]),
    ],
)
def test_what_must_be_appended(known: list[tuple[bytes, Word]], word: Word, keys: list[bytes]) -> None:
    """What says something new, under which key: a repeat does not, nor what Sendblue tells of who is out already."""
    assert spoken(*known).news(CONTACT, word) == keys


def test_what_an_operator_says_now_is_the_last_word() -> None:
    """Even where the clock of the command is behind the one that heard the contact."""
    known = spoken((CONTACT, out(NOW + 500)))
    word = back(known.newer_than(CONTACT, NOW), Source.OPERATOR)

    assert known.news(CONTACT, word) == [CONTACT, OPERATORS]
    assert known.newer_than(OTHER, NOW) == NOW


def test_a_tombstone_forgets_the_key() -> None:
    """We never write one; somebody with Kafka's own tools may."""
    known = spoken((CONTACT, out(1)), (OTHER, out(1)))
    known.read(CONTACT, None)

    assert (CONTACT in known, OTHER in known, len(known), known.word(CONTACT)) == (False, True, 1, None)


def test_a_word_that_is_durable_holds_before_it_is_read_back() -> None:
    """And is then no news, nor behind, when it is read."""
    known = OptedOut()
    known.learn(CONTACT, out(5))
    held = CONTACT in known, known.holds(CONTACT, out(5)), known.news(CONTACT, out(5))
    known.read(CONTACT, out(5))

    assert held == (True, True, [])
    assert known.behind() == []
    assert [contact_of(key) for key, _ in known] == [CONTACT]


def test_what_a_contact_weighs() -> None:
    """At most 200 bytes: 120 for most, and for a moment twice the table when it grows."""
    tracemalloc.start()
    known = OptedOut()
    for n in range(50_000):
        known.read(n.to_bytes(8), out(NOW + n))
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held / len(known) < 160
    assert most / len(known) < 200


STATUS = {"status": "SENT", "message_handle": "h", "number": "+12025550123", "is_outbound": True, "opted_out": True}


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({}, "+12025550123"),
        ({"number": None, "to_number": "+12025550124"}, "+12025550124"),
        ({"opted_out": False}, None),
        ({"opted_out": None}, None),
        ({"opted_out": None, "status": "DECLINED", "error_key": "OPTED_OUT"}, "+12025550123"),
        ({"opted_out": False, "status": "ERROR", "error_code": " opted_out "}, "+12025550123"),
        ({"opted_out": None, "error_key": "OPTED_OUT", "group_id": "g"}, None),
        ({"opted_out": None, "error_key": "SMS_LIMIT_REACHED"}, None),
        ({"number": "1 (202) 555-0123"}, "+12025550123"),
        ({"from_number": "13035550100", "participants": ["+13035550100", "+12025550123"]}, "+12025550123"),
        ({"is_outbound": False}, None),
        ({"group_id": "g"}, None),
        ({"message_type": "group"}, None),
        ({"from_number": "+13035550100", "participants": ["+13035550100", "+12025550123"]}, "+12025550123"),
        ({"participants": ["+12025550123", "+12025550124"]}, None),
        ({"number": ["+12025550123", "+12025550124"]}, None),
    ],
)
def test_of_whom_a_status_says_that_they_are_out(changed: dict[str, object], number: str | None) -> None:
    """Of the one recipient; a group is nobody."""
    assert told_out(parse({**STATUS, **changed})) == number
