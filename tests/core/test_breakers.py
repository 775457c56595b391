"""When a breaker opens, when it tries, and what closes it."""

from connector.core.breakers import (
    ACCOUNT_SPAN_S,
    ACCOUNT_UNKNOWNS,
    LONGEST_PAUSE_S,
    MOST_IN_DOUBT,
    Breaker,
    State,
    Suspicion,
    account_breaker,
    line_breaker,
)


def opened(at: float = 0.0) -> Breaker:
    """A line's breaker after two unknowns in a row."""
    return line_breaker().unknown(at).unknown(at)


def half_open(at: float = 0.0) -> Breaker:
    """The same after a GET that succeeded."""
    return opened(at).reached()


def test_two_unknowns_in_a_row_open_a_line() -> None:
    """One lost reply is bad luck, whenever it was; two with an answer between them are two times bad luck."""
    once = line_breaker().unknown(0.0)

    assert once.state is State.CLOSED
    assert once.unknown(9_999.0).state is State.OPEN
    assert once.answered().unknown(1.0).state is State.CLOSED


def test_five_unknowns_within_half_a_minute_open_the_account() -> None:
    """Answers in between do not matter: one line may be well while the others are ill."""
    breaker = account_breaker()
    for n in range(ACCOUNT_UNKNOWNS - 1):
        breaker = breaker.unknown(n * 7.0).answered()
    assert breaker.state is State.CLOSED

    assert breaker.unknown(ACCOUNT_SPAN_S).state is State.OPEN
    assert breaker.unknown(ACCOUNT_SPAN_S + 0.1).state is State.CLOSED


def test_an_open_breaker_waits_for_a_get_and_never_tries_a_message() -> None:
    """Time alone opens nothing."""
    assert not opened().allows(1e9)
    assert half_open().allows(0.0)
    assert line_breaker().reached() == line_breaker()


def test_half_open_lets_one_message_out() -> None:
    """The second waits for the first one's answer; a trial that was never written gives its place back."""
    trying = half_open().tried()

    assert not trying.allows(1.0)
    assert trying.withdrawn().allows(1.0)
    assert trying.answered() == line_breaker()


def test_each_failed_trial_doubles_the_pause() -> None:
    """5, 10, 20 ... seconds, at most five minutes; a GET must succeed each time."""
    breaker, now, pauses = half_open(), 0.0, []
    for _ in range(9):
        breaker = breaker.tried().unknown(now)
        assert not breaker.allows(breaker.not_before)
        pauses.append(breaker.not_before - now)
        breaker, now = breaker.reached(), breaker.not_before
        assert not breaker.allows(now - 0.1)
        assert breaker.allows(now)

    assert pauses == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


def test_only_a_trial_can_fail() -> None:
    """What was under way when the breaker opened makes no pause longer: a hundred lines lose their replies at once."""
    assert opened().unknown(1.0) == opened()
    assert opened().refused(1.0) == opened()


def test_only_a_trial_can_succeed() -> None:
    """Nor does what was under way say that all is well: an open breaker waits for its GET."""
    assert opened().answered() == opened()


def test_no_trial_while_three_attempts_are_in_doubt() -> None:
    """A GET that succeeds while all POSTs are lost must not leave one more in doubt each time."""
    assert half_open().allows(0.0, MOST_IN_DOUBT - 1)
    assert not half_open().allows(0.0, MOST_IN_DOUBT)
    assert line_breaker().allows(0.0, MOST_IN_DOUBT)


def test_a_closed_breaker_does_not_count_trials() -> None:
    """Messages of a closed breaker go out side by side."""
    assert line_breaker().tried().allows(0.0)


def test_an_answer_closes_for_good() -> None:
    """What was counted before is forgotten: it takes two unknowns again."""
    again = half_open().tried().unknown(1.0).reached().tried().answered()

    assert again.unknown(2.0).state is State.CLOSED
    assert again.failures == 0


def test_a_suspected_message_waits_longer_each_time() -> None:
    """A minute, doubling up to an hour; it ends by its age alone."""
    suspicion, waits = Suspicion(), []
    for _ in range(8):
        suspicion = suspicion.stopped(100.0)
        waits.append(suspicion.until - 100.0)

    assert waits == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0]
