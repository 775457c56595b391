"""The order of statuses, and which of them end a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.statuses import (
    Seen,
    Service,
    Status,
    downgraded,
    is_terminal,
    progress,
    rank,
    service_name,
    status_name,
)

NORMAL = [Status.REGISTERED, Status.PENDING, Status.QUEUED, Status.ACCEPTED, Status.SENT, Status.DELIVERED]
NAMES = st.sampled_from([*Status, "READ", "RECEIVED"])
SERVICES = st.sampled_from([None, "", "iMessage", "SMS", "sms", "RCS", "carrier pigeon"])


def test_the_normal_order() -> None:
    """Ranks rise along the way a message normally goes; both failures stand beside DELIVERED."""
    ranks = [rank(status) for status in NORMAL]

    assert ranks == [0, 1, 2, 3, 4, 5]
    assert rank("DECLINED") == rank("ERROR") == 5
    assert rank("READ") is None


@pytest.mark.parametrize(
    ("status", "service", "was_downgraded", "terminal"),
    [
        ("REGISTERED", "SMS", None, False),
        ("PENDING", "SMS", None, False),
        ("QUEUED", "SMS", True, False),
        ("ACCEPTED", "SMS", True, False),
        ("SENT", "SMS", None, True),
        ("SENT", "sms", None, True),
        ("SENT", " Sms ", False, True),
        ("SENT", "iMessage", None, False),
        ("SENT", "iMessage", False, False),
        ("SENT", "iMessage", True, True),
        ("SENT", "RCS", None, False),
        ("SENT", "rcs", True, False),
        ("SENT", None, None, False),
        ("SENT", "", True, True),
        ("DELIVERED", "iMessage", None, True),
        ("DELIVERED", None, None, True),
        ("DECLINED", None, None, True),
        ("ERROR", "iMessage", None, True),
        ("READ", "SMS", True, False),
    ],
)
def test_what_ends_a_message(status: str, service: str | None, was_downgraded: bool | None, terminal: bool) -> None:
    """DELIVERED, DECLINED, ERROR always; SENT where nothing reports delivery; an unknown status never."""
    assert is_terminal(status, service, was_downgraded) == terminal


@pytest.mark.parametrize(
    ("given_", "name"),
    [
        ("imessage", Service.IMESSAGE),
        ("SMS", Service.SMS),
        ("sms", Service.SMS),
        ("Rcs", Service.RCS),
        (" iMessage ", Service.IMESSAGE),
        ("WhatsApp", "WhatsApp"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_services_have_one_spelling(given_: str | None, name: str | None) -> None:
    """Known services in Sendblue's spelling, others as given, blank as absent."""
    assert service_name(given_) == name


@pytest.mark.parametrize(
    ("given_", "name"), [("sent", "SENT"), (" Delivered ", "DELIVERED"), ("READ", "READ"), ("read", "read")]
)
def test_statuses_have_one_spelling(given_: str, name: str) -> None:
    """Documented statuses in capitals; one nobody documented passes through."""
    assert status_name(given_) == name


@pytest.mark.parametrize(
    ("was_downgraded", "service", "expected"),
    [
        (True, "iMessage", True),
        (None, "sms", True),
        (None, "iMessage", False),
        (False, None, False),
        (None, "RCS", False),
    ],
)
def test_downgraded(was_downgraded: bool | None, service: str | None, expected: bool) -> None:
    """Either Sendblue says so, or the service does."""
    assert downgraded(was_downgraded, service) == expected


def seen(status: str, date: int | None = None, *, service: str = "iMessage") -> Seen:
    """A status as the ingress would remember it."""
    return Seen(status, date, is_terminal(status, service))


SMS_SENT = seen("SENT", 5, service="SMS")


@pytest.mark.parametrize(
    ("previous", "now", "out_of_order", "latest"),
    [
        (None, seen("SENT", 5), False, seen("SENT", 5)),
        (seen("QUEUED", 1), seen("SENT", 5), False, seen("SENT", 5)),
        (seen("QUEUED", 1), seen("ERROR", 5), False, seen("ERROR", 5)),
        (seen("QUEUED", 1), seen("QUEUED", 1), False, seen("QUEUED", 1)),
        (seen("QUEUED", 1), seen("QUEUED", 2), False, seen("QUEUED", 2)),
        (seen("QUEUED", 2), seen("QUEUED", 1), True, seen("QUEUED", 2)),
        (seen("SENT", 5), seen("QUEUED", 1), True, seen("SENT", 5)),
        (seen("SENT", 5), seen("QUEUED", 9), True, seen("SENT", 5)),
        (seen("SENT"), seen("QUEUED"), True, seen("SENT")),
        (seen("SENT", 5), seen("DELIVERED", 4), False, seen("DELIVERED", 4)),
        (seen("DELIVERED", 5), seen("ERROR", 9), True, seen("DELIVERED", 5)),
        (seen("ERROR", 5), seen("DELIVERED", 9), True, seen("ERROR", 5)),
        (seen("DECLINED", 5), seen("ERROR", 9), True, seen("DECLINED", 5)),
        (SMS_SENT, seen("DELIVERED", 9), False, seen("DELIVERED", 9)),
        (SMS_SENT, seen("ERROR", 9), True, SMS_SENT),
        (SMS_SENT, seen("SENT", 6), False, Seen("SENT", 6, terminal=True)),
        (seen("SENT", 5), SMS_SENT, False, SMS_SENT),
        (seen("QUEUED", 5), seen("READ", 9), False, seen("QUEUED", 5)),
        (seen("QUEUED", 5), seen("READ", 1), True, seen("QUEUED", 5)),
        (seen("READ", 5), seen("QUEUED", 9), False, seen("QUEUED", 9)),
        (seen("READ", 5), seen("PLAYED", 9), False, seen("PLAYED", 9)),
    ],
)
def test_order(previous: Seen | None, now: Seen, out_of_order: bool, latest: Seen) -> None:
    """By rank, then by date; the first terminal status wins; what is unknown has a date only."""
    assert progress(previous, now) == (out_of_order, latest)


@given(st.lists(st.tuples(NAMES, st.none() | st.integers(0, 9), SERVICES), min_size=1, max_size=12))
def test_what_is_remembered_never_goes_back(reports: list[tuple[str, int | None, str | None]]) -> None:
    """Whatever arrives in whatever order: the rank remembered never falls, and an end is never taken back."""
    latest: Seen | None = None
    for status, date, service in reports:
        before = latest
        out_of_order, latest = progress(before, Seen(status, date, is_terminal(status, service)))
        if before is not None:
            assert (rank(latest.status) or 0) >= (rank(before.status) or 0)
            assert latest.terminal or not before.terminal
            assert latest == before or not out_of_order


@given(NAMES, st.none() | st.integers(0, 9), SERVICES)
def test_a_repeat_changes_nothing(status: str, date: int | None, service: str | None) -> None:
    """Sendblue may say the same thing twice."""
    first = Seen(status, date, is_terminal(status, service))

    assert progress(first, first) == (False, first)
