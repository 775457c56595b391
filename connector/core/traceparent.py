"""W3C trace context as it rides in a record's ``traceparent`` header: read strictly, or not at all.

``00-TRACE-SPAN-FLAGS`` in lower-case hex; later versions may add fields behind that. Ids of zeros are none. Whatever is
not of that form is no trace, and never an error: anybody may write the header.
(https://www.w3.org/TR/trace-context/, section 3.2)
"""

import re

_FORM = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1


def sampled_trace(traceparent: str | None) -> str:
    """The trace id of a valid, sampled trace context: 32 hex digits. Else "", for nobody keeps such a trace."""
    found = _FORM.fullmatch(traceparent or "")
    if found is None or (found[1] == "00" and found[4]):
        return ""
    return found[2] if int(found[3], 16) & _SAMPLED else ""
