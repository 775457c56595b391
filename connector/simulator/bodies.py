"""What the send endpoints take, and what is wrong with it.

The types are checked while the JSON is read; the rest is here, in the order a person would ask. A media link that
Sendblue could not fetch is no error: the text goes out without it.
"""

import re
from urllib.parse import parse_qsl, urlsplit

import msgspec

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
MAX_CONTENT = 18_996
MAX_PEOPLE = 25
STYLES = frozenset(
    {
        *("celebration", "shooting_star", "fireworks", "lasers", "love", "confetti", "balloons", "spotlight", "echo"),
        *("invisible", "gentle", "loud", "slam"),
    }
)
_EXTENSION = re.compile(r"[^/]\.[A-Za-z0-9]{1,10}\Z")
_SIGNED = re.compile(r"sig|signature|token|expires|x-(amz|goog)-.*|awsaccesskeyid|googleaccessid|policy", re.IGNORECASE)


class ReplyTo(msgspec.Struct, omit_defaults=True):
    """The message this one answers."""

    message_handle: str
    part_index: int | None = None


class SendBody(msgspec.Struct):
    """Both endpoints' fields; what is not known is ignored."""

    number: str | None = None
    numbers: list[str] | None = None
    group_id: str | None = None
    from_number: str | None = None
    content: str | None = None
    media_url: str | None = None
    send_style: str | None = None
    status_callback: str | None = None
    seat_id: str | None = None
    reply_to: ReplyTo | None = None
    pre_reply_override: bool = False

    @property
    def style(self) -> str:
        """What it does not know is dropped without a word."""
        return self.send_style if self.send_style in STYLES else ""


def fault_of(body: SendBody, group: bool) -> str | None:
    """What is wrong with the body by itself, as a sentence."""
    if not body.from_number:
        return "from_number is required"
    if not body.content and not body.media_url:
        return "content or media_url is required"
    if body.content and len(body.content.encode("utf-16-le")) // 2 >= MAX_CONTENT:
        return "content is too long"
    if body.media_url and scheme_of(body.media_url) != "https":
        return "media_url must be an https URL"
    return _group_fault(body) if group else _number_fault(body)


def media_of(url: str | None) -> str | None:
    """The link as it is echoed: null for one that is signed or has no extension, which is then not attached."""
    if not url:
        return ""
    parts = urlsplit(url)
    signed = any(_SIGNED.fullmatch(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return None if signed or not _EXTENSION.search(parts.path) else url


def scheme_of(url: str) -> str | None:
    """The scheme of a link with a host, None for what is none."""
    try:
        parts = urlsplit(url)
        usable = parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts.scheme if usable else None


def _number_fault(body: SendBody) -> str | None:
    if not body.number:
        return "number is required"
    return None if E164.fullmatch(body.number) else "number must be in E.164 format"


def _group_fault(body: SendBody) -> str | None:
    if body.group_id:
        return None
    if not body.numbers:
        return "numbers or group_id is required"
    if len(body.numbers) > MAX_PEOPLE:
        return f"a group has at most {MAX_PEOPLE} people"
    return None if all(map(E164.fullmatch, body.numbers)) else "numbers must be in E.164 format"
