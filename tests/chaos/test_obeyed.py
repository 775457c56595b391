"""The judge of orders: each one that was not obeyed is found in evidence that is right but for that."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.evidence import Told
from tests.chaos.oracle import judge
from tests.chaos.ordered import Spoken
from tests.chaos.scene import CONTACT, PERSON, Scene, end, intent, life, outcome, pause, rebind, say, status, word


def _moved_afterwards(scene: Scene) -> None:
    scene.posts[1] = scene.posts[1]._replace(line="l2")
    scene.ledger.append(rebind("l2"))


def _not_moved(scene: Scene) -> None:
    scene.ledger.insert(2, rebind("l2"))


def _moved_to_another(scene: Scene) -> None:
    scene.posts[1] = scene.posts[1]._replace(line="+l3")
    scene.ledger.insert(2, rebind("l2"))


def _paused_line(scene: Scene) -> None:
    scene.control = [pause(-15.0, line="l1")]


def _paused_tag(scene: Scene) -> None:
    scene.requests[1]["tags"] = {"campaign": "spring"}
    scene.control = [pause(-15.0, tag=("campaign", "spring"))]


def _paused_all(scene: Scene) -> None:
    scene.control = [pause(-15.0)]


def _out(scene: Scene) -> None:
    scene.optouts = [word(-15.0)]


def _out_by_an_operator(scene: Scene) -> None:
    scene.optouts = [word(-15.0, key=CONTACT + b"o"), word(-14.0, out=False)]


def _in_too_late(scene: Scene) -> None:
    scene.optouts = [word(-15.0), word(3.0, since=-16.0, out=False)]


def _refused_without_a_word(scene: Scene) -> None:
    _turned_away(scene)


def _refused_before_the_word(scene: Scene) -> None:
    _turned_away(scene)
    scene.spoken = [Spoken(PERSON, True, 2.0)]


def _refused_after_the_word_in(scene: Scene) -> None:
    _turned_away(scene)
    scene.spoken = [Spoken(PERSON, False, 0.0)]


def _deaf(scene: Scene) -> None:
    scene.spoken = [Spoken(PERSON, True, 20.0, "h9")]
    scene.told.append(Told("h9", "RECEIVED", 200))


def _turned_away(scene: Scene) -> None:
    """The second request, told at 1.0."""
    scene.events[1] = {**end("b", 1, None, "REJECTED"), "code": "OPTED_OUT"}
    scene.letters.append({"sendblue.error.code": "OPTED_OUT"})
    scene.ledger[2:] = []
    del scene.events[3], scene.posts[1], scene.told[1]


DISOBEYED: list[tuple[Callable[[Scene], None], str]] = [
    (_moved_afterwards, "2 lines"),
    (_not_moved, "after it was moved to l2"),
    (_moved_to_another, "texts from l3 after it was moved to l2"),
    (_paused_line, "b: a POST 25.1 s into pause 1"),
    (_paused_tag, "b: a POST 25.1 s into pause 1"),
    (_paused_all, "b: a POST 25.1 s into pause 1"),
    (_out, "b: a POST 25.1 s after its contact opted out"),
    (_out_by_an_operator, "b: a POST 25.1 s after its contact opted out"),
    (_in_too_late, "b: a POST 25.1 s after its contact opted out"),
    (_refused_without_a_word, "REJECTED OPTED_OUT, and nobody had said so"),
    (_refused_before_the_word, "REJECTED OPTED_OUT, and nobody had said so"),
    (_refused_after_the_word_in, "REJECTED OPTED_OUT, and nobody had said so"),
    (_deaf, "a STOP was answered 2xx and has no event"),
]


def _moved(scene: Scene) -> None:
    scene.posts[1] = scene.posts[1]._replace(line="+l3")
    scene.ledger.insert(2, rebind("l3"))


def _granted_before_the_move(scene: Scene) -> None:
    scene.ledger.insert(3, rebind("l2"))


def _order_lost_by_a_move(scene: Scene) -> None:
    first, second = scene.posts
    scene.posts = [second._replace(n=0, at=10.0), first._replace(n=1, at=10.1)]
    scene.ledger.insert(0, rebind("l1"))


def _another_line_paused(scene: Scene) -> None:
    scene.control = [pause(-15.0, line="l2"), pause(-15.0, tag=("campaign", "spring"))]


def _pause_over(scene: Scene) -> None:
    scene.control = [pause(-15.0, 9.9)]


def _pause_resumed(scene: Scene) -> None:
    scene.control = [pause(-15.0), pause(9.95, resumed=9.9)]


def _pause_in_no_force_yet(scene: Scene) -> None:
    scene.control = [pause(1.0)]


def _held_up_since_before_the_pause(scene: Scene) -> None:
    scene.control = [pause(-15.0)]
    scene.jams = [(4.9, post.at) for post in scene.posts]


def _in_again(scene: Scene) -> None:
    scene.optouts = [
        word(-15.0),
        word(-15.0, key=CONTACT + b"o"),
        word(3.0, out=False),
        word(9.0, out=False, key=CONTACT + b"o"),
    ]


def _just_out(scene: Scene) -> None:
    scene.optouts = [word(1.0)]


def _turned_away_as_wished(scene: Scene) -> None:
    _turned_away(scene)
    scene.spoken = [Spoken(PERSON, True, 0.5)]


def _heard(scene: Scene) -> None:
    _deaf(scene)
    scene.events.append({**status("h9"), "type": "OPT_OUT", "number": PERSON})


RIGHT = [
    _moved, _granted_before_the_move, _order_lost_by_a_move, _another_line_paused, _pause_over, _pause_resumed,
    _pause_in_no_force_yet, _held_up_since_before_the_pause, _in_again, _just_out, _turned_away_as_wished, _heard,
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "told"), DISOBEYED, ids=[spoil.__name__ for spoil, _ in DISOBEYED])
def test_each_disobedience_is_found(spoil: Callable[[Scene], None], told: str) -> None:
    """What a pause, an opt-out or a move forbids, and a refusal or an answer that nothing stands behind."""
    scene = Scene()
    spoil(scene)

    assert any(told in complaint for complaint in judge(scene.evidence()).complaints)


@pytest.mark.parametrize("change", RIGHT, ids=[change.__name__ for change in RIGHT])
def test_what_was_obeyed_passes(change: Callable[[Scene], None]) -> None:
    """A pause, a word or a move forbids what comes after it, by whoever knows of it, and nothing else."""
    scene = Scene()
    change(scene)

    assert judge(scene.evidence()).complaints == ()


@pytest.mark.parametrize(("heard", "broken"), [(8.0, 2), (9.05, 1), (9.2, 0), (None, 0)])
def test_a_pause_holds_for_a_replica_from_when_it_heard_of_it(tmp_path: Path, heard: float | None, broken: int) -> None:
    """By its own log; one that had no time to hear of it, since it was not ready, is not blamed."""
    scene = Scene()
    scene.control = [pause(7.0)]
    scene.lives = [life(tmp_path, "connector.ready", 5.0)]
    if heard is not None:
        say(scene.lives[0], "pause.ordered", heard, ', "to": "paused", "reason": "pause 1"')

    assert len(judge(scene.evidence()).complaints) == broken


@pytest.mark.parametrize(
    ("ready", "ended", "frozen", "broken"),
    [
        (-45.0, None, [], 1), (-45.0, 1.0, [], 1), (-29.0, None, [], 0), (-45.0, -20.0, [], 0),
        (-45.0, None, [(-31.0, -5.0)], 0), (-45.0, None, [(-40.0, -35.0)], 1),
    ],
)  # fmt: skip
def test_who_is_there_hears_of_every_pause(
    tmp_path: Path, ready: float, ended: float | None, frozen: list[tuple[float, float]], broken: int
) -> None:
    """Whoever has begun before it, and was neither gone nor frozen for as long as it may take."""
    scene = Scene()
    scene.control = [pause(-30.0, -25.0)]
    scene.lives = [life(tmp_path, "connector.ready", ready)]
    scene.lives[0].ended, scene.lives[0].frozen = ended, frozen
    complaints = judge(scene.evidence()).complaints

    assert list(complaints) == ["P (o) has not heard of pause 1"] * broken


@pytest.mark.parametrize(("thawed", "broken"), [(5.0, 0), (-11.0, 2)])
def test_who_was_frozen_has_time_to_hear(tmp_path: Path, thawed: float, broken: int) -> None:
    """As one that has just begun has."""
    scene = Scene()
    scene.optouts = [word(-15.0)]
    scene.lives = [life(tmp_path, "connector.ready", -19.0)]
    scene.lives[0].frozen = [(-16.0, thawed)]

    assert len(judge(scene.evidence()).complaints) == broken


def test_what_was_said_is_counted() -> None:
    """Pauses, moves, who heard from both lines, who was out, what was refused, what was given back."""
    scene = Scene()
    _moved(scene)
    scene.control, scene.optouts = [pause(1.0, 2.0)], [word(20.0)]
    scene.ledger[:0] = [intent("b", "0"), outcome("b", "0", "PAUSED", "UNSENT")]
    figures = judge(scene.evidence()).figures

    assert (figures.pauses, figures.moves, figures.both_lines) == (1, 1, 1)
    assert (figures.opt_outs, figures.turned_away, figures.given_back) == (1, 0, 1)
