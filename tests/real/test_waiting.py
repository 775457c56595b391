"""Scheduled and cancelled requests on real brokers, through the commands alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.real.site import Site, until
from tests.real.upstream import Downstream, Upstream


@pytest.fixture
def site(tmp_path: Path, bootstrap: str, registry_url: str) -> Iterator[Site]:
    """An installation with the simulator and one connector running."""
    one = Site(tmp_path, bootstrap, registry_url)
    one.start_simulator()
    assert one.command("topics", "apply").returncode == 0
    assert one.command("schemas", "register").returncode == 0
    connector = one.start_connector()
    until(lambda: "connector.ready" in one.log("connector"), 40, [connector])
    try:
        yield one
    finally:
        one.close()


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def heard(downstream: Downstream, type_: str, count: int) -> bool:
    downstream.read(0.3)
    return len(downstream.types[type_]) == count


def ended(downstream: Downstream, *request_ids: str) -> bool:
    downstream.read(0.3)
    return all(downstream.finals[request_id] for request_id in request_ids)


def test_scheduled_requests_are_cancelled_by_id_and_by_tag(site: Site) -> None:
    """Each ends as CANCELLED at once; one without the tag, and one made after the order, are sent at their time."""
    upstream, downstream = Upstream(site), Downstream(site)
    spring = {"campaign": "spring"}
    upstream.send("by-id", "+12025550101", send_at=soon(57))
    upstream.send("by-tag", "+12025550102", send_at=soon(57), tags=spring)
    upstream.send("untouched", "+12025550103", send_at=soon(20), tags={"campaign": "autumn"})
    upstream.flush()
    until(lambda: heard(downstream, "SCHEDULED", 3), 20)

    one = site.command("cancel", "by-id")
    all_of_tag = site.command("cancel", "--tag", "campaign=spring")
    assert (one.returncode, all_of_tag.returncode) == (0, 0), one.stderr + all_of_tag.stderr
    until(lambda: ended(downstream, "by-id", "by-tag"), 10)
    upstream.send("after", "+12025550104", tags=spring)
    upstream.flush()
    until(lambda: ended(downstream, "untouched", "after"), 40)
    downstream.close()

    ends = {request_id: {end for end, _ in found} for request_id, found in downstream.finals.items()}
    assert ends == {"by-id": {"CANCELLED"}, "by-tag": {"CANCELLED"}, "untouched": {"SUBMITTED"}, "after": {"SUBMITTED"}}
    assert site.record()["texts"] == 2


def test_a_request_waits_in_a_delay_topic_and_is_sent(site: Site) -> None:
    """More than a minute ahead: SCHEDULED, DEFERRED, a minute on disk, the rest in the window, one text."""
    upstream, downstream = Upstream(site), Downstream(site)
    upstream.send("r1", "+12025550101", send_at=soon(80))
    upstream.send("r2", "+12025550102", send_at=soon(7_200))
    upstream.flush()
    until(lambda: heard(downstream, "DEFERRED", 2), 20)
    until(lambda: ended(downstream, "r1"), 110)
    downstream.close()

    assert downstream.types["SCHEDULED"] == downstream.types["DEFERRED"] == {"r1", "r2"}
    assert {end for end, _ in downstream.finals["r1"]} == {"SUBMITTED"}
    assert site.record()["texts"] == 1
