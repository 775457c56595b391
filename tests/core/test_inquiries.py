"""What is known of a question asked outside."""

from connector.core.inquiries import FORGOTTEN_S, Inquiry

FRESH: Inquiry[str] = Inquiry()


def test_an_answer_is_believed_for_a_while() -> None:
    """Not from its end on; and a question that is put again forgets the old answer."""
    told = FRESH.asked(0.0).answered("iMessage", 100.0)

    assert [told.known(at) for at in (0.0, 99.9, 100.0)] == ["iMessage", "iMessage", None]
    assert not told.asking
    assert told.failing_s(50.0) == 0.0


def test_failures_make_the_next_question_later_and_are_counted_from_the_first() -> None:
    """Backoff, at least a second, and longer where the other side says so."""
    once = FRESH.asked(10.0).failed(10.0, 0.5, None)
    twice = once.asked(20.0).failed(20.0, 0.5, 45.0)

    assert 11.0 <= once.backoff.until <= 12.0
    assert twice.backoff.until == 65.0
    assert (once.failing_s(15.0), twice.failing_s(30.0)) == (5.0, 20.0)


def test_old_failures_say_nothing() -> None:
    """Nobody has asked for ten minutes: the next one begins anew."""
    failed = FRESH.failed(0.0, 0.0, None)
    late = failed.backoff.until + FORGOTTEN_S + 1

    assert failed.failing_s(late) == 0.0
    assert failed.asked(late) == FRESH.asked(late)
    assert failed.asked(5.0).failing_s(6.0) == 6.0


def test_what_finds_no_room_is_put_off_and_has_not_failed() -> None:
    """Only an answer that did not come is a failure."""
    put_off = FRESH.put_off(5.0)

    assert (put_off.backoff.until, put_off.failing_s(9.0)) == (5.0, 0.0)
