"""What holds for every answer there can be, against a second, naive reading of the rule."""

from hypothesis import given
from hypothesis import strategies as st

from connector.core.outcomes import (
    KNOWN_CODES,
    NEVER_WROTE,
    Answer,
    Failure,
    Rejected,
    Submitted,
    Unknown,
    UnknownCode,
    Unsent,
    classify,
    metric_code,
    normalise_code,
)

codes = st.one_of(
    st.none(),
    st.sampled_from([4000, "4001", 4002, 5000, "5003", 5509, 10001, "10002", 429, 0, "", "SMS_LIMIT_REACHED", 7777]),
    st.sampled_from(["OPTED_OUT", "LINE_HOURLY_LIMIT_REACHED", "PRE_REPLY_LIMIT_REACHED", "NEW_KEY"]),
    st.recursive(st.one_of(st.text(max_size=20), st.integers(), st.floats()), st.lists, max_leaves=3),
)
texts = st.one_of(st.sampled_from(["from_number is not registered", "Not found", "Seat unknown"]), st.text(), st.none())
bodies = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["QUEUED", "ERROR", "DECLINED", "ok"]),
        "error_key": codes,
        "error_code": codes,
        "message": texts,
        "error_message": texts,
        "message_handle": st.one_of(st.none(), st.text(max_size=300), st.just("abc"), st.integers()),
        "data": st.one_of(st.none(), st.dictionaries(st.text(), st.text()), st.lists(st.integers())),
    },
)
answers = st.builds(
    Answer,
    status=st.one_of(st.none(), st.integers(100, 599), st.sampled_from([200, 202, 400, 404, 408, 409, 429, 303])),
    body=bodies,
    is_json=st.booleans(),
    is_html=st.booleans(),
    retry_after_s=st.none() | st.floats(0, 3600),
    failure=st.none() | st.sampled_from(Failure),
)


def may_be_unsent_or_rejected(answer: Answer) -> bool:
    """The rule said naively: nothing was written, or a whole answer with a refusing status arrived."""
    if answer.failure is not None:
        return answer.failure is Failure.NOT_WRITTEN
    refusing = set(range(300, 500)) - {303, 408, 409}
    return answer.status in refusing


@given(answers, st.sampled_from(UnknownCode))
def test_nothing_that_sendblue_may_have_is_called_unsent(answer: Answer, unknown_code: UnknownCode) -> None:
    """The rule that must never break: UNSENT and REJECTED need proof."""
    found = classify(answer, unknown_code)

    assert isinstance(found, Submitted | Unknown) or may_be_unsent_or_rejected(answer)


@given(answers, st.sampled_from(UnknownCode))
def test_submitted_is_a_whole_success_with_a_handle(answer: Answer, unknown_code: UnknownCode) -> None:
    """SUBMITTED if and only if a whole 2xx names the message."""
    body = answer.body or {}
    inner = body.get("data")
    names = [body.get("message_handle"), inner.get("message_handle") if isinstance(inner, dict) else None]
    usable = [
        n for n in names if isinstance(n, str) and n.strip() and len(n.strip()) <= 256 and n.strip().isprintable()
    ]
    expected = answer.failure is None and 200 <= (answer.status or 0) < 300 and bool(usable)

    assert isinstance(classify(answer, unknown_code), Submitted) is expected


@given(answers, st.sampled_from(UnknownCode))
def test_every_code_is_from_the_list_or_sendblues_own(answer: Answer, unknown_code: UnknownCode) -> None:
    """A code is one of ours, or the normalised code of this very body; as a metric label it is bounded."""
    found = classify(answer, unknown_code)
    body = answer.body or {}
    own = {normalise_code(body.get("error_key")), normalise_code(body.get("error_code"))}
    match found:
        case Submitted(_, code):
            assert code is None or code in own
        case Unknown(code) | Unsent(code, _, _):
            assert code in KNOWN_CODES
        case Rejected(code, sentence):
            assert code in KNOWN_CODES | own
            assert sentence
    assert metric_code(code) in KNOWN_CODES | {"other", "none"}


@given(answers, st.sampled_from(UnknownCode))
def test_only_a_connect_failure_never_wrote(answer: Answer, unknown_code: UnknownCode) -> None:
    """The pace of a line counts every attempt that wrote: no answer of a server may carry a never-wrote code."""
    found = classify(answer, unknown_code)
    never_wrote = isinstance(found, Unsent) and found.code in NEVER_WROTE

    assert never_wrote is (answer.failure is Failure.NOT_WRITTEN)


def test_the_labels_of_a_metric_are_bounded() -> None:
    """What only Sendblue knows shares one label, and so does nothing."""
    assert metric_code("OPTED_OUT") == "OPTED_OUT"
    assert metric_code("7777") == "other"
    assert metric_code(None) == "none"
    assert {"LATE", "BUSY", "WRONG_LINE", "PAUSED", "QUIET", "FUSE", "CONNECT", "OPTED_OUT"} == NEVER_WROTE
    assert NEVER_WROTE < KNOWN_CODES
