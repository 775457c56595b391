"""The oracle itself: doubles, pace, order and overlaps are counted exactly, and the file tells the same."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connector.core.tokens import Ring, sign
from connector.simulator.naming import token_request
from connector.simulator.record import Pace, Post, Record, read_record
from tests.simulator.stage import ANOTHER, LINE, OTHER_LINE, PERSON, Stage
from tests.virtual_time import run

RING = Ring({"k1": b"a key of sixteen bytes or more"}, "k1")


def callback(request_id: str, attempt: int) -> str:
    return f"https://example.com/v1/callbacks/{sign(RING, request_id, f'{attempt:016x}', 490_000)}"


def test_a_token_names_its_request() -> None:
    """As the connector writes it; anything else names none."""
    urls = [callback("order:1", 7), "https://example.com/cb/1", "https://example.com/a.b.c", None, "k1.AA." + "A" * 22]

    assert [token_request(url) for url in urls] == ["order:1", None, None, None, None]


async def test_doubles_are_known_by_mark_by_token_or_by_text() -> None:
    """A mark goes first; two attempts of one request have different URLs and are one request."""
    stage = Stage()
    await stage.send(content="one #req:a")
    await stage.send(content="two #req:a")
    await stage.send(content="no mark", status_callback=callback("b", 1))
    await stage.send(content="no mark", status_callback=callback("b", 2))
    await stage.send(content="same")
    await stage.send(content="same")

    assert tuple(stage.totals()[name] for name in ("texts", "requests", "duplicate_texts")) == (6, 3, 3)


async def test_a_token_of_another_request_is_noticed() -> None:
    """The mark in the text and the token in the URL should agree."""
    stage = Stage()
    await stage.send(content="#req:a", status_callback=callback("a", 1))
    await stage.send(content="#req:b", status_callback=callback("a", 2))

    assert stage.totals()["mismatched_tokens"] == 1


@pytest.mark.parametrize(
    ("gap", "times", "below", "over"),
    [
        (1.0, [0, 1, 2, 3], 0, 0),
        (1.0, [0, 0.99, 2, 3], 0, 0),
        (1.0, [0, 0.97, 2, 3], 1, 1),
        (1.0, [0.9, 1.1], 1, 1),
        (1.0, [0, 0, 0], 2, 2),
        (0.25, [0, 0.25, 0.5, 0.75, 1.0], 0, 0),
        (0.25, [0, 0.1, 0.5, 0.75, 1.0], 1, 0),
        (0.25, [0, 0.1, 0.2, 0.3, 0.4], 4, 1),
        (2.0, [0, 1.5, 3.5], 1, 1),
        (0.0, [0, 0, 0], 0, 0),
    ],
)
def test_pace(gap: float, times: list[float], below: int, over: int) -> None:
    """Neighbours closer than the gap less 20 ms, and POSTs that overfill the sliding second they end."""
    pace = Pace(gap, 0.02)
    for at in times:
        pace(1000.0 + at)

    assert (below, over) == (pace.below, pace.over)


async def test_pace_is_by_line() -> None:
    """Two lines at once are no violation; the smallest gap is told."""
    stage = Stage(gap_s=1.0)
    for step, line in ((0, LINE), (0, OTHER_LINE), (1, LINE), (0.5, LINE)):
        stage.now += step
        await stage.send(line=line)

    totals = stage.totals()

    assert tuple(totals[name] for name in ("gaps_below", "over_limit_seconds", "smallest_gap_s")) == (1, 1, 0.5)
    assert dict(stage.simulator.record.posts_of) == {LINE: 3, OTHER_LINE: 1}


async def test_a_refused_post_counts_for_the_pace() -> None:
    """It was written to the socket all the same."""
    stage = Stage(line_rate=1.0)
    for _ in range(4):
        await stage.send()

    totals = stage.totals()

    assert tuple(totals[name] for name in ("posts", "refused", "gaps_below")) == (4, 2, 3)


def test_overlaps_are_counted_by_contact_and_by_pair() -> None:
    """Three at once to one person are three pairs of one contact; others do not count."""

    async def main() -> dict[str, Any]:
        stage = Stage(latency_s=1.0)
        numbers = (PERSON, PERSON, PERSON, ANOTHER)
        await asyncio.gather(*(stage.send(number) for number in numbers))
        await stage.send()
        return stage.totals()

    totals = run(main())

    assert tuple(totals[name] for name in ("overlapping_contacts", "overlapping_pairs")) == (1, 3)


async def test_the_order_of_each_contact() -> None:
    """By acceptance; refusals have no place; a group is a contact of its own, however its people are listed."""
    stage = Stage()
    await stage.send(content="#req:1")
    await stage.put("/_sim/faults", {"queued": ["error_before"]})
    await stage.send(content="#req:2")
    await stage.send(ANOTHER, content="#req:3")
    await stage.send(content="#req:4")
    await stage.group(numbers=[PERSON, ANOTHER], content="#req:5")
    await stage.group(numbers=[ANOTHER, PERSON, PERSON], content="#req:6")
    await stage.group(group_id="sb_group_1", content="#req:7")

    orders = await stage.get("/_sim/orders")

    assert sorted(orders.values()) == [["1", "4"], ["3"], ["5", "6"], ["7"]]
    assert PERSON not in str(orders)


async def test_two_lines_of_one_contact() -> None:
    """Counted by contact."""
    stage = Stage()
    for number, line in ((PERSON, LINE), (PERSON, OTHER_LINE), (ANOTHER, LINE)):
        await stage.send(number, line)

    assert stage.totals()["contacts_two_lines"] == 1


async def test_the_keys_others_read() -> None:
    """They are the demo's and the tests' contract."""
    names = {
        *("posts", "texts", "requests", "duplicate_texts", "over_limit_seconds", "contacts_two_lines"),
        *("overlapping_contacts", "callbacks"),
    }

    assert names <= (await Stage().get("/_sim/record")).keys()


async def test_the_file_tells_the_same(tmp_path: Path) -> None:
    """Every total but the callbacks, and the orders; no number and no text is in it."""
    path = tmp_path / "record.jsonl"
    stage = Stage(record=path, gap_s=1.0)
    await stage.put("/_sim/faults", {"send": {"error_before": 0.2, "error_after": 0.2}, "seed": 3})
    for n in range(40):
        stage.now += 0.7
        await stage.send(content=f"secret words {n % 5}", status_callback=callback(f"r{n % 30}", n))
    await stage.group(numbers=[PERSON, ANOTHER], content="#req:g")
    await stage.client.post("/api/send-message", content=b"{")
    await stage.put("/_sim/faults", {"queued": [{"error": "5000", "http": 202}]})
    await stage.send()
    await asyncio.gather(*(stage.send(content=f"#req:p{n}") for n in range(5)))

    read = read_record(path, gap_s=1.0, tolerance_s=0.02)

    assert {**stage.totals(), "callbacks": {}} == read.totals()
    assert read.totals()["duplicate_texts"] > 0
    assert stage.simulator.record.orders == read.orders
    assert [word for word in (PERSON[1:], "secret", "callbacks") if word in path.read_text()] == []


async def test_a_text_is_on_disk_before_its_answer(tmp_path: Path) -> None:
    """With request, contact as a hash, line, time, handle and fault."""
    path = tmp_path / "record.jsonl"
    stage = Stage(record=path)
    await stage.put("/_sim/faults", {"queued": ["error_after"]})
    await stage.send(content="#req:r1", status_callback=callback("r1", 1))

    (line,) = path.read_bytes().splitlines()
    post = msgspec.json.decode(line, type=Post)

    assert (post.request, post.token, post.line, post.fault) == ("r1", "r1", LINE, "error_after")
    assert post.handle in stage.simulator.texts
    assert (stage.now, 16) == (post.at, len(post.contact))


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    """What stands before it counts."""
    path = tmp_path / "record.jsonl"
    path.write_bytes(b'{"run":1,"n":0,"at":1.0,"line":"a","contact":"c","request":"r","handle":"h"}\n{"run":1,"n"')

    assert tuple(read_record(path).totals()[name] for name in ("posts", "texts")) == (1, 1)


def test_two_runs_in_one_file(tmp_path: Path) -> None:
    """A double across a restart of the simulator is found in the file."""
    path = tmp_path / "record.jsonl"
    row = '{"run":%d,"n":0,"at":%d.0,"line":"a","contact":"c","request":"r","handle":"h"}\n'
    path.write_text(row % (1, 1) + row % (2, 2))

    assert read_record(path).totals()["duplicate_texts"] == 1


def test_an_empty_record() -> None:
    """Nothing happened, nothing is wrong."""
    totals = Record().totals()

    assert tuple(totals[name] for name in ("posts", "duplicate_texts", "smallest_gap_s")) == (0, 0, None)
