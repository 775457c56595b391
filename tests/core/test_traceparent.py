"""The trace context of a record: read strictly, or not at all."""

import pytest

from connector.core.traceparent import sampled_trace

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("traceparent", "expected"),
    [
        (f"00-{TRACE}-{SPAN}-01", TRACE),
        (f"00-{TRACE}-{SPAN}-03", TRACE),
        (f"01-{TRACE}-{SPAN}-01-what-a-later-version-adds", TRACE),
        (f"00-{TRACE}-{SPAN}-00", ""),
        (f"00-{TRACE}-{SPAN}-01-more", ""),
        (f"ff-{TRACE}-{SPAN}-01", ""),
        (f"00-{'0' * 32}-{SPAN}-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        (f"00-{TRACE.upper()}-{SPAN}-01", ""),
        (f"00-{TRACE}-{SPAN}-01\n", ""),
        ("+12025550123", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_a_sampled_trace_of_the_right_form_counts(traceparent: str | None, expected: str) -> None:
    """Anybody may write the header: what is no trace context gives none, and no error."""
    assert sampled_trace(traceparent) == expected
