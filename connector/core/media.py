"""Whether Sendblue could fetch a media URL at all, judged by its text alone.

Sendblue's servers fetch the file later, from elsewhere, and tell the kind of file by the extension. A link
that is signed for a while may have lapsed by then, and Sendblue states that it does not support them: the
message is accepted and arrives without its picture. So such a link is never sent as it is: the file behind it is
uploaded to Sendblue first, or the request is refused. Which of the two is a setting, so the bytes alone do not refuse
it (``core.preparing``); what is no public https link at all they do.

What is ugly: nobody can list every name under which a signature hides. The table holds those of the large
stores and content networks, and the plain words they share. A public link with a parameter called ``token``
counts as signed too.
"""

import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlsplit

MAX_URL_CHARS = 2_048
"""The longest https address that Sendblue states for any of its fields (app cards)."""

SIGNATURE_PARAMETERS = frozenset(
    {
        "x-amz-signature", "x-amz-credential", "x-amz-security-token", "awsaccesskeyid",  # S3
        "key-pair-id", "policy",  # CloudFront
        "x-goog-signature", "x-goog-credential", "googleaccessid",  # Google Cloud Storage
        "sig", "se",  # Azure shared access
        "x-oss-signature", "ossaccesskeyid", "q-signature",  # Alibaba, Tencent
        "__token__", "hdnts", "hdnea", "verify",  # Akamai, Cloudflare
        "signature", "expires", "token", "access_token", "auth", "hmac", "jwt",  # everybody else
    }
)  # fmt: skip
"""Names of query parameters that make a link signed, in lower case."""

_NOT_IN_URLS = re.compile(r"[\s\x00-\x1f\x7f\\]")
_EXTENSION = re.compile(r"[^/]\.[A-Za-z0-9]{1,10}\Z")


def media_fault(url: str) -> str | None:
    """The code of what is wrong with this URL (a key of ``refusals.REFUSALS``), or None."""
    parts = _split(url)
    if parts is None:
        return "MEDIA_URL_INVALID"
    if parts.scheme != "https":
        return "MEDIA_URL_NOT_HTTPS"
    return "MEDIA_URL_HAS_LOGIN" if "@" in parts.netloc else None


@lru_cache(maxsize=256)  # asked at every look at a record, and a campaign has one link
def upload_reason(url: str) -> str | None:
    """Why Sendblue could not fetch the file behind a URL without fault by itself (also a code), or None."""
    parts = urlsplit(url)
    if _EXTENSION.search(parts.path) is None:
        return "MEDIA_URL_NO_EXTENSION"
    return "MEDIA_URL_SIGNED" if _is_signed(parts.query) else None


def _split(url: str) -> SplitResult | None:
    """The parts of a URL with a host and a possible port; white space, which urlsplit forgives, is not."""
    if len(url) > MAX_URL_CHARS or _NOT_IN_URLS.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and port != 0 else None


def _is_signed(query: str) -> bool:
    return any(name.lower() in SIGNATURE_PARAMETERS for name, _ in parse_qsl(query, keep_blank_values=True))
