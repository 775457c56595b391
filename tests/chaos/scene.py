"""Evidence to be judged: two requests of one contact that went well, to be spoiled."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.chaos.evidence import Evidence, Post, Told
from tests.chaos.fleet import Life
from tests.chaos.ordered import Spoken
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
        self.dispatch = [dispatched(0, 0), dispatched(1, 1)]
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
            dispatch=SimpleNamespace(topic="dispatch", entries=self.dispatch),
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


def dispatched(origin: int, offset: int, partition: int = 0) -> Entry:
    row = {"origin": {"topic": "requests", "partition": 0, "offset": origin}}
    return Entry(partition, offset, float(offset), row, {})


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
