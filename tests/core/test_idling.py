"""Since when a line could send and did not."""

from connector.core.idling import Idling


def test_a_line_is_idle_from_the_first_moment_on_in_which_it_could() -> None:
    """Each line by itself."""
    idling = Idling()
    told = [idling.seconds("a", now, could=True) for now in (100.0, 160.0, 220.0)]
    other = idling.seconds("b", 220.0, could=True)

    assert (told, other) == ([0.0, 60.0, 120.0], 0.0)


def test_a_call_or_a_reason_to_wait_begins_it_anew() -> None:
    """Whatever it was that held it back."""
    idling = Idling()
    told = [idling.seconds("a", now, could=could) for now, could in ((0.0, True), (60.0, False), (61.0, True))]
    later = idling.seconds("a", 91.0, could=True)

    assert (told, later) == ([0.0, 0.0, 0.0], 30.0)


def test_a_line_that_was_another_processs_meanwhile_begins_anew() -> None:
    """That process may have sent all the while."""
    idling = Idling()
    idling.seconds("a", 0.0, could=True)
    idling.seconds("b", 0.0, could=True)
    idling.keep({"b"})
    told = [idling.seconds(alias, 50.0, could=True) for alias in ("a", "b")]

    assert told == [0.0, 50.0]
