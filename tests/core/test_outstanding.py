"""What is known of our messages, when they are looked up, and when they are given up."""

import random

from connector.core.handles import Handles, short
from connector.core.messages import EventType
from connector.core.outstanding import (
    HOUR_MS,
    LOOK_AGAIN_MS,
    LOOK_UP_AT_MS,
    MINUTE_MS,
    MOST_LOOKED_UP,
    READ_BACK_MS,
    Known,
    Outstanding,
    Told,
    end_of,
)
from connector.core.statuses import Seen
from connector.core.tokens import Claim

T = 1_700_000_000_000


def told(
    status: str | None = None,
    *,
    handle: str = "h1",
    after_ms: int = 0,
    terminal: bool = False,
    request: str | None = "r1",
    type_: str = EventType.STATUS,
) -> Told:
    seen = Seen(status, T + after_ms, terminal) if status else None
    kind = type_ if status or type_ != EventType.STATUS else EventType.SUBMITTED
    return Told(f"{handle} {status} {after_ms}", kind, handle, T + after_ms, request, "a1", "line-1", seen)


def after(*events: Told) -> Outstanding:
    known = Outstanding()
    for event in events:
        known.learn(event)
    return known


def test_a_message_is_outstanding_until_a_terminal_status() -> None:
    """Until then its request is known, afterwards only that it is ours."""
    known = after(told(), told("SENT", after_ms=1_000))
    assert (known.knows("h1"), known.claim("h1")) == (Known.OUTSTANDING, Claim("r1", "a1", 0))

    known.learn(told("DELIVERED", after_ms=2_000, terminal=True))

    assert (known.knows("h1"), known.claim("h1"), len(known), known.finished) == (Known.FINISHED, None, 0, 1)
    assert known.knows("h2") is Known.UNKNOWN


def test_events_may_come_in_any_order_and_again() -> None:
    """A status before its SUBMITTED, a late one after the end, everything twice."""
    events = [told(), told("SENT", after_ms=1_000), told("DELIVERED", after_ms=2_000, terminal=True)] * 2
    for seed in range(20):
        shuffled = random.Random(seed).sample(events, len(events))
        known = after(*shuffled)

        assert known.knows("h1") is Known.FINISHED
        assert len(known) == 0


def test_what_was_said_is_no_news() -> None:
    """Not at once, by its id; not later, as the last word on the message."""
    sent = told("SENT", after_ms=1_000)
    known = after(told(), sent)
    assert not known.is_news("h1", sent.event_id, None)
    assert known.is_news("h1", "another", None)

    known.learn(told(handle="h2", after_ms=HOUR_MS))

    assert not known.is_news("h1", sent.event_id, None)


def test_of_a_finished_message_only_another_end_is_news() -> None:
    """A lagging list shows what came before; a date that changed is no end of its own."""
    known = after(told(), told("DELIVERED", after_ms=1_000, terminal=True), told(handle="h2", after_ms=HOUR_MS))

    assert not known.is_news("h1", "SENT again", None)
    assert not known.is_news("h1", "with a later date", end_of("DELIVERED", None))
    assert known.is_news("h1", "failed after all", end_of("ERROR", "10001"))


def test_a_message_that_nobody_ties_to_a_request_is_told_once() -> None:
    """It was sent more than a day ago, so its events are not read back."""
    late = told("DELIVERED", handle="old", request=None, terminal=True)
    known = after(late, told(handle="h2", after_ms=HOUR_MS))

    assert known.knows("old") is Known.FINISHED
    assert not known.is_news("old", late.event_id, late.end)


def test_hearsay_of_a_message_nobody_knows_teaches_nothing() -> None:
    """The account tells of everybody's messages, and of ours before we know them: it is looked up all the same."""
    known = after(
        told("QUEUED", request=None)._replace(hearsay=True),
        told("DELIVERED", terminal=True, request=None)._replace(hearsay=True),
    )
    before = known.knows("h1")
    known.learn(told())

    assert (before, known.knows("h1")) == (Known.UNKNOWN, Known.OUTSTANDING)
    assert known.is_news("h1", "h1 DELIVERED 0", None)
    assert known.due(T + LOOK_UP_AT_MS[0]) == "h1"


def test_hearsay_of_a_message_we_know_counts() -> None:
    """It ends the message, as any status does."""
    known = after(told(), told("DELIVERED", after_ms=5, terminal=True, request=None)._replace(hearsay=True))

    assert known.knows("h1") is Known.FINISHED


def test_look_ups_are_due_at_certain_ages_and_the_last_gives_up() -> None:
    """Ten minutes, an hour, six hours, a day."""
    known = after(told())
    for at_ms in LOOK_UP_AT_MS:
        assert known.due(T + at_ms - 1) is None
        assert known.due(T + at_ms) == "h1"
        assert known.looked("h1", T + at_ms, answered=True) is (at_ms == LOOK_UP_AT_MS[-1])


def test_a_message_found_old_is_looked_up_once_for_all_ages_it_has() -> None:
    """After a day's outage one look-up gives it up."""
    known = after(told())

    assert known.due(T + READ_BACK_MS) == "h1"
    assert known.looked("h1", T + READ_BACK_MS, answered=True)


def test_a_look_up_without_an_answer_is_due_again() -> None:
    """A minute later; nothing is given up unseen."""
    known = after(told())
    now = T + LOOK_UP_AT_MS[-1]
    assert known.due(now) == "h1"
    assert not known.looked("h1", now, answered=False)

    assert known.due(now) is None
    assert known.due(now + LOOK_AGAIN_MS) == "h1"


def test_a_timeout_ends_the_looking() -> None:
    """Whoever published it; a status that comes later is news."""
    known = after(told(), told(type_=EventType.STATUS_TIMEOUT, after_ms=READ_BACK_MS))

    assert known.due(T + 2 * READ_BACK_MS) is None
    assert known.is_news("h1", "delivered after all", end_of("DELIVERED", None))


def test_the_first_sweep_begins_where_look_ups_would_take_too_long() -> None:
    """A few old messages are looked up; for thousands the list is read from further back."""
    few = after(*(told(handle=f"h{n}") for n in range(MOST_LOOKED_UP)))
    many = after(*(told(handle=f"h{n}", after_ms=n) for n in range(MOST_LOOKED_UP + 10)))

    assert few.place_ms(T + HOUR_MS) == T + HOUR_MS
    assert many.place_ms(T + HOUR_MS) == T + MOST_LOOKED_UP
    assert many.place_ms(T + 2 * READ_BACK_MS) == T + READ_BACK_MS


def test_a_days_messages_fit() -> None:
    """Bytes of the tables for each message that is finished: two numbers of eight bytes, and room to grow."""
    handles = Handles(2 * HOUR_MS, 14)
    for n in range(100_000):
        handles.put(short(f"h{n}"), n + 1, T + n * MINUTE_MS // 100)

    assert [handles.get(short(f"h{n}")) for n in (0, 7, 99_999)] == [1, 8, 100_000]
    assert handles.get(short("another")) is None
    assert handles.size / len(handles) < 45


def test_handles_are_forgotten_with_their_span() -> None:
    """After so many spans; one that comes late is kept as if it were new."""
    handles = Handles(1_000, 2)
    handles.put(1, 1, 500)
    handles.put(2, 2, 1_500)
    handles.put(3, 3, 100)
    assert [handles.get(n) for n in (1, 2, 3)] == [1, 2, 3]

    handles.put(4, 4, 2_500)

    assert [handles.get(n) for n in (1, 2, 3, 4)] == [None, 2, 3, 4]
