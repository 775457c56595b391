"""The judge itself: each broken promise is found in evidence that is right but for that; what is right passes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.chaos.evidence import Evidence, Post, Told, fold
from tests.chaos.fleet import Life
from tests.chaos.oracle import judge
from tests.chaos.ordered import Spoken
from tests.chaos.proxy import client_id
from tests.chaos.tapes import Entry

GAP_S = 0.1
PERSON = "+12025550100"
CONTACT = b"contact1"
Row = dict[str, Any]


class Scene:
    """Two requests of one contact that went well, to be spoiled."""

    def __init__(self) -> None:
        self.requests: list[Row] = [{"request_id": "a", "number": PERSON}, {"request_id": "b", "number": PERSON}]
        self.events = [end("a", 0, "h1"), end("b", 1, "h2"), status("h1"), status("h2")]
        self.posts = [post(0, "a", 10.0, "h1"), post(1, "b", 10.1, "h2")]
        self.ledger = [intent("a", "1"), outcome("a", "1", "h1"), intent("b", "2"), outcome("b", "2", "h2")]
        self.letters: list[dict[str, str]] = []
        self.told = [Told("h1", "SENT", 200), Told("h2", "SENT", 200)]
        self.jams: list[tuple[float, float]] = []
        self.control: list[Entry] = []
        self.optouts: list[Entry] = []
        self.spoken: list[Spoken] = []
        self.lives: list[Life] = []

    def evidence(self) -> Evidence:
        """As a trial would find it."""

        def tape(name: str, rows: list[Row]) -> SimpleNamespace:
            return SimpleNamespace(topic=name, entries=[Entry(0, n, float(n), row, {}) for n, row in enumerate(rows)])

        letters = [Entry(0, n, 0.0, {}, headers) for n, headers in enumerate(self.letters)]
        tapes: Any = SimpleNamespace(
            requests=tape("requests", self.requests),
            events=tape("events", self.events),
            ledger=tape("ledger", self.ledger),
            letters=SimpleNamespace(topic="dlq", entries=letters),
            control=SimpleNamespace(topic="control", entries=self.control),
            optouts=SimpleNamespace(topic="optouts", entries=self.optouts),
        )
        return Evidence(tapes, self.posts, self.told, self.lives, GAP_S, self.jams, self.spoken, {"+l3": "l3"})


def end(request: str, offset: int, handle: str | None, type_: str = "SUBMITTED", event_id: str = "") -> Row:
    return {
        "type": type_, "final": True, "event_id": event_id or f"e{request}{offset}", "request_id": request,
        "request_origin": f"requests/0/{offset}", "message_handle": handle, "attempt": None, "code": "A_CODE",
    }  # fmt: skip


def status(handle: str) -> Row:
    return {"type": "STATUS", "final": False, "message_handle": handle, "status": "SENT", "attempt": None}


def post(n: int, request: str, at: float, handle: str, line: str = "l1", others: int = 0) -> Post:
    return Post(n, at, line, "c1", request, others, handle, "")


def intent(request: str, attempt: str) -> Row:
    return {
        "kind": "INTENT", "request_id": request, "attempt": attempt, "owner": "o", "word": None, "line": "l1",
        "contact": CONTACT,
    }  # fmt: skip


def rebind(line: str) -> Row:
    return {"kind": "REBIND", "request_id": None, "attempt": None, "contact": CONTACT, "line": line}


def outcome(request: str, attempt: str, handle: str, word: str = "SUBMITTED", via: str = "sender") -> Row:
    return {"kind": "OUTCOME", "request_id": request, "attempt": attempt, "word": word, "detail": handle, "via": via}


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


def _moved_afterwards(scene: Scene) -> None:
    scene.posts[1] = scene.posts[1]._replace(line="l2")
    scene.ledger.append(rebind("l2"))


def _not_moved(scene: Scene) -> None:
    scene.ledger.insert(2, rebind("l2"))


def _moved_to_another(scene: Scene) -> None:
    scene.posts[1] = scene.posts[1]._replace(line="+l3")
    scene.ledger.insert(2, rebind("l2"))


def _paused_line(scene: Scene) -> None:
    scene.control = [pause(-5.0, line="l1")]


def _paused_tag(scene: Scene) -> None:
    scene.requests[1]["tags"] = {"campaign": "spring"}
    scene.control = [pause(-5.0, tag=("campaign", "spring"))]


def _paused_all(scene: Scene) -> None:
    scene.control = [pause(-5.0)]


def _out(scene: Scene) -> None:
    scene.optouts = [word(-5.0)]


def _out_by_an_operator(scene: Scene) -> None:
    scene.optouts = [word(-5.0, key=CONTACT + b"o"), word(-4.0, out=False)]


def _in_too_late(scene: Scene) -> None:
    scene.optouts = [word(-5.0), word(3.0, since=-6.0, out=False)]


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


def pause(
    at: float,
    until: float | None = None,
    line: str | None = None,
    tag: tuple[str, str] | None = None,
    resumed: float | None = None,
) -> Entry:
    key = b"pause/line/l1" if line else b"pause/tag" if tag else b"pause/all"
    name, value = tag or (None, None)
    row = {
        "line": line, "tag": name, "tag_value": value, "reason": "pause 1", "until": moment(until),
        "resumed_at": moment(resumed),
    }  # fmt: skip
    return Entry(0, 0, at, row, {}, key)


def word(at: float, *, since: float | None = None, out: bool = True, key: bytes = CONTACT) -> Entry:
    return Entry(0, 0, at, {"since": moment(at if since is None else since), "opted_out": out}, {}, key)


def moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _submitted_after_unsent(scene: Scene) -> None:
    scene.ledger.insert(1, outcome("a", "1", "LATE", "UNSENT"))


FAULTS: list[tuple[Callable[[Scene], None], str]] = [
    (_twice, "2 texts"),
    (_lost, "no end"),
    (_two_ends, "2 ends"),
    (_too_close, "after another POST of its line"),
    (_two_lines, "2 lines"),
    (_moved_afterwards, "2 lines"),
    (_not_moved, "after it was moved to l2"),
    (_moved_to_another, "texts from l3 after it was moved to l2"),
    (_paused_line, "b: a POST 15.1 s into pause 1"),
    (_paused_tag, "b: a POST 15.1 s into pause 1"),
    (_paused_all, "b: a POST 15.1 s into pause 1"),
    (_out, "b: a POST 15.1 s after its contact opted out"),
    (_out_by_an_operator, "b: a POST 15.1 s after its contact opted out"),
    (_in_too_late, "b: a POST 15.1 s after its contact opted out"),
    (_refused_without_a_word, "REJECTED OPTED_OUT, and nobody had said so"),
    (_refused_before_the_word, "REJECTED OPTED_OUT, and nobody had said so"),
    (_refused_after_the_word_in, "REJECTED OPTED_OUT, and nobody had said so"),
    (_deaf, "a STOP was answered 2xx and has no event"),
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


@pytest.mark.parametrize(("spoil", "told"), FAULTS, ids=[spoil.__name__ for spoil, _ in FAULTS])
def test_each_broken_promise_is_found(spoil: Callable[[Scene], None], told: str) -> None:
    """One fault is enough, and the complaint says which."""
    scene = Scene()
    spoil(scene)

    assert any(told in complaint for complaint in judge(scene.evidence()).complaints)


def _moved(scene: Scene) -> None:
    scene.posts[1] = scene.posts[1]._replace(line="+l3")
    scene.ledger.insert(2, rebind("l3"))


def _granted_before_the_move(scene: Scene) -> None:
    scene.ledger.insert(3, rebind("l2"))


def _order_lost_by_a_move(scene: Scene) -> None:
    _out_of_order(scene)
    scene.ledger.insert(0, rebind("l1"))


def _another_line_paused(scene: Scene) -> None:
    scene.control = [pause(-5.0, line="l2"), pause(-5.0, tag=("campaign", "spring"))]


def _pause_over(scene: Scene) -> None:
    scene.control = [pause(-5.0, 9.9)]


def _pause_resumed(scene: Scene) -> None:
    scene.control = [pause(-5.0), pause(9.95, resumed=9.9)]


def _pause_in_no_force_yet(scene: Scene) -> None:
    scene.control = [pause(1.0)]


def _held_up_since_before_the_pause(scene: Scene) -> None:
    scene.control = [pause(-5.0)]
    scene.jams = [(4.9, post.at) for post in scene.posts]


def _in_again(scene: Scene) -> None:
    scene.optouts = [
        word(-5.0),
        word(-5.0, key=CONTACT + b"o"),
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


@pytest.mark.parametrize(("thawed", "broken"), [(5.0, 0), (-1.0, 2)])
def test_who_was_frozen_has_time_to_hear(tmp_path: Path, thawed: float, broken: int) -> None:
    """As one that has just begun has."""
    scene = Scene()
    scene.optouts = [word(-5.0)]
    scene.lives = [life(tmp_path, "connector.ready", -9.0)]
    scene.lives[0].frozen = [(-6.0, thawed)]

    assert len(judge(scene.evidence()).complaints) == broken


def life(folder: Path, event: str, at: float) -> Life:
    log, process = folder / "P0.log", SimpleNamespace()
    log.touch()
    one = Life("P", log, process, "o")  # type: ignore[arg-type]  # no process is asked for
    say(one, event, at)
    return one


def say(one: Life, event: str, at: float, more: str = "") -> None:
    time = datetime.fromtimestamp(at, UTC).isoformat()
    with one.log.open("a") as log:
        log.write(f'{{"event": "{event}", "timestamp": "{time}"{more}}}\n')


def test_what_was_said_is_counted() -> None:
    """Pauses, moves, who heard from both lines, who was out, what was refused, what was given back."""
    scene = Scene()
    _moved(scene)
    scene.control, scene.optouts = [pause(1.0, 2.0)], [word(20.0)]
    scene.ledger[:0] = [intent("b", "0"), outcome("b", "0", "PAUSED", "UNSENT")]
    figures = judge(scene.evidence()).figures

    assert (figures.pauses, figures.moves, figures.both_lines) == (1, 1, 1)
    assert (figures.opt_outs, figures.turned_away, figures.given_back) == (1, 0, 1)


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
