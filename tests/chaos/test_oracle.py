"""The judge itself: each broken promise is found in evidence that is right but for that; what is right passes."""

from collections.abc import Callable

import pytest

from tests.chaos.evidence import fold
from tests.chaos.oracle import judge
from tests.chaos.proxy import client_id
from tests.chaos.scene import Scene, dispatched, end, intent, outcome, post, status


def _twice(scene: Scene) -> None:
    scene.posts.append(post(2, "b", 10.2, "h3"))


def _lost(scene: Scene) -> None:
    del scene.events[1], scene.posts[1]


def _two_ends(scene: Scene) -> None:
    scene.events.append(end("a", 0, None, "REJECTED", "another"))


def _too_close(scene: Scene) -> None:
    scene.posts[1] = scene.posts[1]._replace(at=10.02)


def _two_lines(scene: Scene) -> None:
    scene.posts[1] = scene.posts[1]._replace(line="l2")


def _two_in_flight(scene: Scene) -> None:
    scene.posts[1] = scene.posts[1]._replace(others=1)


def _out_of_order(scene: Scene) -> None:
    first, second = scene.posts
    scene.posts = [second._replace(n=0, at=10.0), first._replace(n=1, at=10.1)]


def _callback_without_event(scene: Scene) -> None:
    del scene.events[3]


def _false_submitted(scene: Scene) -> None:
    scene.events[1]["message_handle"] = "h9"


def _dead_letter(scene: Scene) -> None:
    scene.letters.append({"sendblue.error.code": "A_CODE"})


def _submitted_after_unsent(scene: Scene) -> None:
    scene.ledger.insert(1, outcome("a", "1", "LATE", "UNSENT"))


FAULTS: list[tuple[Callable[[Scene], None], str]] = [
    (_twice, "2 texts"),
    (_lost, "no end"),
    (_two_ends, "2 ends"),
    (_too_close, "after another POST of its line"),
    (_two_lines, "2 lines"),
    (_two_in_flight, "in flight"),
    (_out_of_order, "produced later"),
    (_callback_without_event, "has no event"),
    (_false_submitted, "SUBMITTED without a text"),
    (_dead_letter, "dead letter A_CODE"),
    (_submitted_after_unsent, "proved unsent"),
]


def test_what_went_well_passes() -> None:
    """Nothing to complain of, nothing in doubt, everything counted."""
    judgement = judge(Scene().evidence())

    assert judgement.complaints == ()
    assert (judgement.figures.requests, judgement.figures.texts, judgement.figures.in_doubt) == (2, 2, 0)


def test_a_reply_may_overtake() -> None:
    """Between the priorities no order is promised."""
    scene = Scene()
    _out_of_order(scene)
    scene.requests[1]["priority"] = "REPLY"

    assert judge(scene.evidence()).complaints == ()


@pytest.mark.parametrize(
    ("first", "second", "broken"), [((0, 5), (1, 4), 0), ((0, 4), (1, 5), 1), ((0, 4, 1), (1, 5, 2), 0)]
)
def test_what_was_appended_again_has_lost_its_place(
    first: tuple[int, ...], second: tuple[int, ...], broken: int
) -> None:
    """The order of a line is the order in which its records came to it; a later copy of one changes nothing."""
    scene = Scene()
    _out_of_order(scene)
    scene.dispatch = [dispatched(*place) for place in sorted((first, second), key=lambda place: place[1])]
    scene.dispatch += [dispatched(0, 9), dispatched(1, 8)]

    judgement = judge(scene.evidence())

    assert (len(judgement.complaints), judgement.figures.appended_again) == (broken, 1 - broken)
    assert judgement.figures.other_line == (first[2:] != second[2:])


def test_a_copy_on_the_line_that_texts_goes_ahead() -> None:
    """Both were given to another line, before anybody had texted their contact; a copy of the later one came here
    directly, the earlier one by a hop, behind it."""
    scene = Scene()
    _out_of_order(scene)
    scene.dispatch = [dispatched(*place) for place in ((0, 1, 1), (1, 2, 1), (1, 3), (0, 4))]

    judgement = judge(scene.evidence())

    assert judgement.complaints == ()
    assert (judgement.figures.appended_again, judgement.figures.other_line) == (1, 0)


@pytest.mark.parametrize(("spoil", "told"), FAULTS, ids=[spoil.__name__ for spoil, _ in FAULTS])
def test_each_broken_promise_is_found(spoil: Callable[[Scene], None], told: str) -> None:
    """One fault is enough, and the complaint says which."""
    scene = Scene()
    spoil(scene)

    assert any(told in complaint for complaint in judge(scene.evidence()).complaints)


@pytest.mark.parametrize(
    ("jam", "broken"),
    [((9.93, 10.0), 0), ((9.93, 10.003), 0), ((9.99, 10.0), 1), ((9.9, 9.95), 1), ((10.03, 10.03), 1)],
)
def test_a_post_after_one_that_was_held_up_may_be_closer(jam: tuple[float, float], broken: int) -> None:
    """By as much as the first one was late, if the jam ended when that arrived; the second one's is no excuse."""
    scene = Scene()
    scene.posts[1] = scene.posts[1]._replace(at=10.03)
    scene.jams = [jam]

    assert len(judge(scene.evidence()).complaints) == broken


@pytest.mark.parametrize(("jam", "broken"), [((5.0, 10.03), 0), ((9.5, 9.6), 1)])
def test_a_post_that_was_held_for_long_may_come_close_after_another(jam: tuple[float, float], broken: int) -> None:
    """It was written long before that one: the two belong to different moments of their line."""
    scene = Scene()
    scene.posts[1] = scene.posts[1]._replace(at=10.03)
    scene.posts[0] = scene.posts[0]._replace(at=9.99)
    scene.jams = [jam]

    assert len(judge(scene.evidence()).complaints) == broken


def test_parked_is_counted_apart_and_a_repeat_waits_with_it() -> None:
    """Neither is lost; an end that was provoked is none to complain of."""
    scene = Scene()
    scene.requests += [{"request_id": "b"}, {"request_id": "c"}]
    scene.events[1] = {**end("b", 1, None, "PARKED"), "final": False}
    scene.events.append({**end("c", 3, None, "REJECTED")})
    scene.ledger[3] = {"kind": "PARK", "request_id": "b", "attempt": "2", "word": None}
    judgement = judge(scene.evidence(), allowed={"A_CODE"})

    assert judgement.complaints == ()
    assert (judgement.figures.parked, judgement.figures.parked_text_out, judgement.figures.lost) == (1, 1, 0)


@pytest.mark.parametrize(("late_s", "broken"), [(400.0, 0), (300.0, 1)])
def test_resend_may_double_only_what_came_later_than_an_effect_may(late_s: float, broken: int) -> None:
    """The first text came after the limit: explained. Before it: a broken promise."""
    scene = Scene()
    scene.ledger += [outcome("b", "3", "h3")]
    scene.events += [{**status("h2"), "attempt": "2"}, {**status("h3"), "attempt": "3"}]
    scene.posts[1] = scene.posts[1]._replace(at=2.0 + late_s)
    scene.posts.append(post(2, "b", 10.5, "h3"))
    judgement = judge(scene.evidence(), resend=True)

    assert (judgement.figures.doubled, judgement.figures.explained) == (1, 1 - broken)
    assert len(judgement.complaints) >= broken


def test_the_ledger_folded_once_more() -> None:
    """A second INTENT of an open request is no attempt; UNSENT frees it; a proof after a PARK settles it."""
    rows = [
        intent("a", "1"), intent("a", "2"), outcome("a", "1", "LATE", "UNSENT"), intent("a", "3"),
        {"kind": "PARK", "request_id": "a", "attempt": "3", "word": None}, outcome("a", "3", "h", via="callback"),
    ]  # fmt: skip
    folded = fold((float(n), row) for n, row in enumerate(rows))

    assert list(folded.attempts) == ["1", "3"]
    assert (folded.attempts["3"].via, folded.attempts["3"].settled) == ("callback", 5.0)
    assert folded.clashes == []


def test_the_client_id_of_a_kafka_connection() -> None:
    """Length, API key, version, correlation, then the id; HTTP has none."""
    first = b"\x00\x00\x00\x20\x00\x12\x00\x03\x00\x00\x00\x01\x00\x01P\x00"

    assert (client_id(first), client_id(b"POST /api/send-message HTTP/1.1\r\n")) == ("P", "")
