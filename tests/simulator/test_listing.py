"""The list: what its filters choose, in which order, how far behind, how often."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from connector.simulator.archive import Archive, Query
from connector.simulator.settings import SUFFIX
from connector.simulator.texts import State, Text, stamp
from tests.simulator.stage import ANOTHER, BEGIN, LINE, OTHER_LINE, PERSON, Stage
from tests.virtual_time import run


class Full(Stage):
    """Four messages, ten seconds apart: two to a person, one to a group, one that came in."""

    async def fill(self) -> "Full":
        self.names = {}
        self.names["hello"] = (await self.send()).json()["message_handle"]
        self.now += 10
        self.names["sms"] = (await self.send("+12025550128", OTHER_LINE)).json()["message_handle"]
        self.now += 10
        self.names["group"] = (await self.group(numbers=[PERSON, ANOTHER])).json()["message_handle"]
        self.now += 10
        answer = await self.post("/_sim/inbound", {"number": PERSON, "line": LINE, "content": "Hi"})
        self.names["inbound"] = answer.json()["message_handle"]
        return self

    async def found(self, **filters: Any) -> list[str]:
        """The names of what the list shows, oldest first unless the filters say otherwise."""
        by_handle = {handle: name for name, handle in self.names.items()}
        return [by_handle[handle] for handle in await self.handles(**{"order_direction": "asc", **filters})]


EVERYTHING = ["hello", "sms", "group", "inbound"]
AFTER_10, AFTER_20 = stamp(BEGIN + 10), stamp(BEGIN + 20)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, EVERYTHING),
        ({"number": PERSON}, ["hello", "inbound"]),
        ({"number": LINE}, ["hello", "group", "inbound"]),
        ({"from_number": LINE}, ["hello", "group"]),
        ({"from_number": PERSON}, ["inbound"]),
        ({"to_number": PERSON}, ["hello"]),
        ({"to_number": LINE}, ["inbound"]),
        ({"sendblue_number": LINE}, ["hello", "group", "inbound"]),
        ({"sendblue_number": OTHER_LINE, "to_number": "+12025550128"}, ["sms"]),
        ({"number": "+12025550199"}, []),
        ({"is_outbound": "true"}, ["hello", "sms", "group"]),
        ({"is_outbound": "false"}, ["inbound"]),
        ({"message_type": "group"}, ["group"]),
        ({"message_type": "message"}, ["hello", "sms", "inbound"]),
        ({"service": "SMS"}, ["sms"]),
        ({"status": "RECEIVED"}, ["inbound"]),
        ({"status": "QUEUED"}, ["hello", "sms", "group"]),
        ({"created_at_gte": AFTER_10}, ["sms", "group", "inbound"]),
        ({"created_at_lte": AFTER_10}, ["hello", "sms"]),
        ({"sent_at_gte": AFTER_10, "sent_at_lte": AFTER_20}, ["sms", "group"]),
        ({"updated_at_gte": AFTER_20}, ["group", "inbound"]),
        ({"updated_at_lte": AFTER_10}, ["hello", "sms"]),
        ({"limit": 2}, ["hello", "sms"]),
        ({"limit": 2, "offset": 1}, ["sms", "group"]),
        ({"offset": 9}, []),
        ({"order_direction": "desc"}, EVERYTHING[::-1]),
    ],
    ids=str,
)
async def test_a_filter_chooses(filters: dict[str, Any], expected: list[str]) -> None:
    """Each filter alone, both ends of a time included."""
    stage = await Full().fill()

    assert expected == await stage.found(**filters)


async def test_a_group_is_found_by_its_id() -> None:
    """The one its members make."""
    stage = await Full().fill()
    group_id = stage.simulator.texts[stage.names["group"]].group_id

    assert await stage.found(group_id=group_id) == ["group"]


@pytest.mark.parametrize("spelling", ["updatedAt", "updated_at"])
async def test_order_by_the_last_change(spelling: str) -> None:
    """In both spellings."""
    stage = await Full().fill()
    stage.now += 10
    await stage.post(f"/_sim/texts/{stage.names['hello']}/status", {"status": "DELIVERED"})

    assert await stage.found(order_by=spelling) == ["sms", "group", "inbound", "hello"]
    assert await stage.found(order_by="createdAt") == EVERYTHING


async def test_pages() -> None:
    """At most 100 rows, with what there is beyond."""
    stage = Stage()
    for n in range(120):
        await stage.send(content=str(n))

    first = await stage.get("/api/v2/messages", limit=500, order_direction="asc")
    second = await stage.get("/api/v2/messages", limit=500, offset=100, order_direction="asc")

    assert first["pagination"] == {"total": 120, "limit": 100, "offset": 0, "hasMore": True}
    assert second["pagination"] == {"total": 120, "limit": 100, "offset": 100, "hasMore": False}
    assert [str(n) for n in range(120)] == [row["content"] for row in first["data"] + second["data"]]


async def test_the_list_is_behind_and_a_look_up_is_not() -> None:
    """With a lag of 60 s neither a new message nor a new status is seen before."""
    stage = Stage(lag_s=60.0)
    handle = (await stage.send()).json()["message_handle"]
    seen = [await stage.handles()]
    stage.now += 60
    await stage.post(f"/_sim/texts/{handle}/status", {"status": "ERROR", "error_code": 10001})
    seen.append(await stage.handles(status="QUEUED"))
    seen.append(await stage.handles(status="ERROR"))
    status = await stage.get("/api/status", handle=handle)
    stage.now += 60
    seen.append(await stage.handles(status="ERROR", updated_at_gte=stamp(BEGIN + 60)))

    assert [[], [handle], [], [handle]] == seen
    assert (status["status"], status["error_code"]) == ("ERROR", 10001)


async def test_a_hundred_lists_in_ten_seconds() -> None:
    """The next one is 429; look-ups by handle do not count."""
    stage = Stage()
    codes = [(await stage.client.get("/api/v2/messages")).status_code for _ in range(101)]
    single = (await stage.client.get("/api/status", params={"handle": "x"})).status_code
    stage.now += 10

    assert codes == [200] * 100 + [429]
    assert single == 404
    assert (await stage.client.get("/api/v2/messages")).status_code == 200


async def test_the_free_plan_appends_its_line() -> None:
    """To what is listed and told; the plan says free."""
    stage = Stage(free_plan=True)

    sent = (await stage.send(content="Hello")).json()

    assert (sent["content"], sent["plan"]) == ("Hello" + SUFFIX, "free")
    assert sent["content"] == "Hello\n- Sent using sendblue.co"


async def test_odd_types() -> None:
    """The other spelling of every field that has two."""
    row = (await Stage(odd_types=True).send("+12025550128")).json()

    assert tuple(row[name] for name in ("service", "was_downgraded", "error_code", "sendblue_number")) == (
        "sms",
        False,
        0,
        None,
    )
    assert tuple(row[name] for name in ("media_url", "group_display_name", "participants")) == (
        None,
        "",
        [LINE, "+12025550128"],
    )


def archive(count: int) -> Iterator[Text]:
    for n in range(count):
        yield Text(f"+1303555{n % 10:04d}", f"+1202555{n // 20:04d}", "x", float(n))


def test_two_hundred_thousand_texts_are_not_all_read() -> None:
    """A filter by contact, by line and time, or by change tests only rows that can fit."""
    store = Archive()
    for text in archive(200_000):
        store.add(text)
    late = store.texts[next(iter(store.texts))]
    late.history.append(State("DELIVERED", 200_000.0))
    store.changed(late)
    queries = [
        Query(to_number="+12025550007"),
        Query(sendblue_number="+13035550003", created_gte=199_900.0),
        Query(created_gte=100.0, created_lte=119.0),
        Query(updated_gte=199_995.0),
        Query(sendblue_number="+13035550000", updated_gte=199_995.0),
    ]

    read = [len(list(store.candidates(query, 300_000.0))) for query in queries]

    assert read == [20, 10, 20, 6, 6]
    assert [len(store.find(query, 300_000.0)) for query in queries] == [20, 10, 20, 6, 1]


def test_old_changes_are_forgotten() -> None:
    """The list of changes stays in proportion to the texts, and finds the same."""
    store = Archive()
    text = Text(LINE, PERSON, "x", 0.0)
    store.add(text)
    for n in range(1, 5_000):
        text.become("SENT", float(n))
        store.changed(text)

    assert len(store._changes) < 2_000
    assert [text] == store.find(Query(updated_gte=4_999.0), 5_000.0)


def test_statuses_follow_the_service() -> None:
    """iMessage and RCS end in DELIVERED, an SMS in SENT and downgraded; one step each."""

    async def main() -> list[tuple[str, str, Any]]:
        stage = Stage(step_s=1.0)
        handles = [(await stage.send(f"+1202555012{digit}")).json()["message_handle"] for digit in "378"]
        await asyncio.sleep(10)
        rows = [await stage.get("/api/status", handle=handle) for handle in handles]
        return [(row["service"], row["status"], row["was_downgraded"]) for row in rows]

    assert run(main()) == [("iMessage", "DELIVERED", None), ("RCS", "DELIVERED", None), ("SMS", "SENT", True)]
