"""What a record needs before it is proposed, row by row."""

from dataclasses import replace

import pytest

from connector.core.delays import Defer, Delay, Wait
from connector.core.inquiries import Inquiry
from connector.core.looks import (
    ACCOUNT_REQUESTS,
    PROBE_SHARE,
    RECONCILER_SHARE,
    SENDERS_SHARE,
    SERVICE_SHARE,
    senders_rate,
    service_rate,
)
from connector.core.messages import Disposition, SendRequest, ServicePolicy
from connector.core.preparing import (
    NOBODY_TO_ASK,
    Inconclusive,
    Known,
    Media,
    NotTaken,
    Preparing,
    Uploaded,
    forbidden,
    forbidden_end,
    prepared,
)
from connector.core.steps import Ask, Close, NotNow, Propose, Question

NOW, PERSON, OTHER = 1_000.0, "+12025550123", "+12025550124"
ANY, ONLY = ServicePolicy.ANY, ServicePolicy.IMESSAGE_ONLY
PLAIN = SendRequest("r", number=PERSON, content="hello")
BLUE = replace(PLAIN, service_policy=ONLY)
SIGNED = replace(PLAIN, media_url="https://files.example.com/a.png?sig=x")
SET, AUTO = Preparing(), Preparing(upload=True)
UNASKED: Inquiry[str] = Inquiry()
NO_FILE: Inquiry[Media] = Inquiry()
FAILING = UNASKED.failed(NOW - 700, 0.0, None).failed(NOW - 100, 0.0, None)
REJECTED = Disposition.REJECTED


def service(inquiry: Inquiry[str]) -> Known:
    return Known(service=inquiry)


def test_what_needs_no_answer_is_proposed() -> None:
    """No policy, no link that must be uploaded: nothing is asked."""
    fetched = replace(PLAIN, media_url="https://files.example.com/a.png")

    assert [prepared(r, NOBODY_TO_ASK, AUTO, NOW, 0.0) for r in (PLAIN, fetched)] == [Propose(), Propose()]


@pytest.mark.parametrize(
    ("inquiry", "step"),
    [
        (UNASKED, Ask(Question.SERVICE)),
        (UNASKED.asked(NOW), NotNow(Wait.SERVICE, NOW + 5.0)),
        (UNASKED.answered("iMessage", NOW + 1), Propose()),
        (UNASKED.answered("imessage", NOW + 1), Propose()),
        (UNASKED.answered("SMS", NOW + 1), Close(REJECTED, "NOT_IMESSAGE")),
        (UNASKED.answered("RCS", NOW + 1), Close(REJECTED, "NOT_IMESSAGE")),
        (UNASKED.answered("SMS", NOW), Ask(Question.SERVICE)),
        (UNASKED.failed(NOW, 0.0, None), NotNow(Wait.SERVICE, NOW + 1.0)),
        (UNASKED.failed(NOW, 0.0, 3_600.0), NotNow(Wait.SERVICE, NOW + 5.0)),
        (UNASKED.failed(NOW - 2, 0.0, None), Ask(Question.SERVICE)),
    ],
)
def test_imessage_only_asks_first(inquiry: Inquiry[str], step: object) -> None:
    """iMessage goes, SMS and RCS end, an old answer is none; without one it waits and is asked again with backoff."""
    assert prepared(BLUE, service(inquiry), SET, NOW, 0.0) == step


@pytest.mark.parametrize(
    ("own", "setting", "asks"), [(None, ANY, False), (None, ONLY, True), (ANY, ONLY, False), (ONLY, ANY, True)]
)
def test_the_request_s_own_policy_goes_before_the_setting(
    own: ServicePolicy | None, setting: ServicePolicy, asks: bool
) -> None:
    """Null is as the connector is set."""
    step = prepared(replace(PLAIN, service_policy=own), Known(), Preparing(service_policy=setting), NOW, 0.0)

    assert (step == Ask(Question.SERVICE)) == asks


@pytest.mark.parametrize(
    ("policy", "after_s", "step"),
    [
        (Inconclusive.WAIT, 0.0, Ask(Question.SERVICE)),
        (Inconclusive.SEND, 600.0, Propose()),
        (Inconclusive.SEND, 701.0, Ask(Question.SERVICE)),
        (Inconclusive.REJECT, 600.0, Close(REJECTED, "SERVICE_UNKNOWN")),
        (Inconclusive.REJECT, 701.0, Ask(Question.SERVICE)),
    ],
)
def test_without_an_answer_the_setting_decides_after_a_time(policy: Inconclusive, after_s: float, step: object) -> None:
    """Counted from the first failure."""
    settings = Preparing(inconclusive=policy, give_up_after_s=after_s)

    assert prepared(BLUE, service(FAILING), settings, NOW, 0.0) == step


def test_no_setting_decides_before_it_was_asked() -> None:
    """A question that waits for its turn has not failed."""
    settings = Preparing(inconclusive=Inconclusive.REJECT, give_up_after_s=0.1)

    assert prepared(BLUE, Known(), settings, NOW, 9_999.0) == Ask(Question.SERVICE)


@pytest.mark.parametrize(
    ("inquiry", "step"),
    [
        (NO_FILE, Ask(Question.MEDIA)),
        (NO_FILE.asked(NOW), NotNow(Wait.MEDIA, NOW + 5.0)),
        (NO_FILE.answered(Uploaded("https://at.example.com/1.png"), NOW + 1), Propose("https://at.example.com/1.png")),
        (NO_FILE.answered(NotTaken("MEDIA_TOO_LARGE"), NOW + 1), Close(REJECTED, "MEDIA_TOO_LARGE")),
        (NO_FILE.failed(NOW - 700, 0.0, None), Ask(Question.MEDIA)),
    ],
)
def test_a_link_that_sendblue_cannot_fetch_is_uploaded_first(inquiry: Inquiry[Media], step: object) -> None:
    """Its URL at Sendblue is proposed; what cannot be had ends the request; all else is tried again."""
    assert prepared(SIGNED, Known(media=inquiry), AUTO, NOW, 0.0) == step


def test_the_service_is_asked_before_the_file_goes_up() -> None:
    """Nothing is uploaded for a text that will not go."""
    both = replace(SIGNED, service_policy=ONLY)

    assert prepared(both, Known(), AUTO, NOW, 0.0) == Ask(Question.SERVICE)
    assert prepared(both, service(UNASKED.answered("iMessage", NOW + 1)), AUTO, NOW, 0.0) == Ask(Question.MEDIA)


def test_a_wait_for_an_answer_hops_after_a_minute() -> None:
    """Else a window full of them would hold up the contacts behind it."""
    steps = [prepared(BLUE, service(UNASKED.asked(NOW)), SET, NOW, waited_s) for waited_s in (59.9, 60.0)]

    assert steps == [NotNow(Wait.SERVICE, NOW + 5.0), Defer(Delay.MINUTE, Wait.SERVICE)]


def test_where_a_window_is_full_a_wait_for_an_answer_makes_way() -> None:
    """At once when its turn comes; what has its answer, or must still ask, goes on."""
    known = (UNASKED, UNASKED.asked(NOW), UNASKED.answered("iMessage", NOW + 1))
    steps = [prepared(BLUE, service(one), SET, NOW, 0.0, goes_round=True) for one in known]

    assert steps == [Ask(Question.SERVICE), Defer(Delay.MINUTE, Wait.SERVICE), Propose()]


@pytest.mark.parametrize(
    ("request_", "preparing", "code"),
    [
        (PLAIN, SET, None),
        (BLUE, SET, None),
        (SIGNED, SET, "MEDIA_URL_SIGNED"),
        (SIGNED, AUTO, None),
        (replace(PLAIN, media_url="https://files.example.com/a"), SET, "MEDIA_URL_NO_EXTENSION"),
        (SendRequest("r", numbers=(PERSON, OTHER), content="x", service_policy=ONLY), SET, "IMESSAGE_ONLY_GROUP"),
        (SendRequest("r", group_id="g", content="x"), Preparing(service_policy=ONLY), "IMESSAGE_ONLY_GROUP"),
        (SendRequest("r", group_id="g", content="x", service_policy=ANY), Preparing(service_policy=ONLY), None),
    ],
)
def test_what_the_settings_forbid(request_: SendRequest, preparing: Preparing, code: str | None) -> None:
    """Links without upload, and groups by iMessage only."""
    assert forbidden(request_, preparing) == code
    assert forbidden_end(request_, preparing) == (code and Close(REJECTED, code))


def test_all_shares_together_stay_within_the_account() -> None:
    """And look-ups are shared over the replicas as looks are."""
    assert SENDERS_SHARE + RECONCILER_SHARE + PROBE_SHARE + SERVICE_SHARE <= ACCOUNT_REQUESTS
    assert service_rate(senders_rate(2, 4)) == 0.5
