"""Which media URLs Sendblue could use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.media import SIGNATURE_PARAMETERS, media_fault, upload_reason
from connector.core.refusals import REFUSALS

FINE = [
    "https://cdn.example.com/WelcomeImage.png",
    "HTTPS://cdn.example.com/a/b/voice.caf",
    "https://cdn.example.com:8443/a.mp4?width=300&v=2#top",
    "https://cdn.example.com/a%20b.jpeg",
    "https://[2001:db8::1]/a.png",
    "https://cdn.example.com/" + "a" * (2_048 - 28) + ".png",
]

FAULTY = [
    ("MEDIA_URL_INVALID", "cdn.example.com/a.png"),
    ("MEDIA_URL_INVALID", "https:///a.png"),
    ("MEDIA_URL_INVALID", "https://:443/a.png"),
    ("MEDIA_URL_INVALID", "https://cdn.example.com:0/a.png"),
    ("MEDIA_URL_INVALID", "https://cdn.example.com:99999/a.png"),
    ("MEDIA_URL_INVALID", "https://cdn.example.com:x/a.png"),
    ("MEDIA_URL_INVALID", "https://[::1/a.png"),
    ("MEDIA_URL_INVALID", " https://cdn.example.com/a.png"),
    ("MEDIA_URL_INVALID", "https://cdn.example.com/a b.png"),
    ("MEDIA_URL_INVALID", "https://cdn.example.com/a\n.png"),
    ("MEDIA_URL_INVALID", "https://cdn.example.com\\a.png"),
    ("MEDIA_URL_INVALID", "https://cdn.example.com/" + "a" * (2_048 - 27) + ".png"),
    ("MEDIA_URL_INVALID", "data:image/png;base64,AAAA"),
    ("MEDIA_URL_NOT_HTTPS", "http://cdn.example.com/a.png"),
    ("MEDIA_URL_NOT_HTTPS", "ftp://cdn.example.com/a.png"),
    ("MEDIA_URL_HAS_LOGIN", "https://user:secret@cdn.example.com/a.png"),
    ("MEDIA_URL_HAS_LOGIN", "https://@cdn.example.com/a.png"),
]

TO_UPLOAD = [
    ("MEDIA_URL_NO_EXTENSION", "https://cdn.example.com"),
    ("MEDIA_URL_NO_EXTENSION", "https://cdn.example.com/image"),
    ("MEDIA_URL_NO_EXTENSION", "https://cdn.example.com/v1.2/image"),
    ("MEDIA_URL_NO_EXTENSION", "https://cdn.example.com/.png"),
    ("MEDIA_URL_NO_EXTENSION", "https://cdn.example.com/a."),
    ("MEDIA_URL_NO_EXTENSION", "https://cdn.example.com/image?name=a.png"),
    ("MEDIA_URL_SIGNED", "https://cdn.example.com/a.png?x=1&X-Amz-Signature=abc"),
    ("MEDIA_URL_SIGNED", "https://cdn.example.com/a.png?sig"),
    ("MEDIA_URL_SIGNED", "https://cdn.example.com/a.png?%53ignature=abc"),
]


@pytest.mark.parametrize("url", FINE)
def test_public_links_with_an_extension_pass(url: str) -> None:
    """https, a host, a path that ends in an extension: nothing more is asked."""
    assert (media_fault(url), upload_reason(url)) == (None, None)


@pytest.mark.parametrize(("code", "url"), FAULTY)
def test_each_fault_has_its_code(code: str, url: str) -> None:
    """What is no public https link is named."""
    assert media_fault(url) == code


@pytest.mark.parametrize(("code", "url"), TO_UPLOAD)
def test_what_sendblue_could_not_fetch_is_no_fault_of_the_bytes(code: str, url: str) -> None:
    """Whether it is uploaded or refused is a setting, which an earlier start may have had otherwise."""
    assert (media_fault(url), upload_reason(url)) == (None, code)


@pytest.mark.parametrize("name", sorted(SIGNATURE_PARAMETERS))
def test_signatures_are_seen_in_any_case(name: str) -> None:
    """Every name of the table marks a signed link, in capitals too."""
    assert upload_reason(f"https://cdn.example.com/a.png?{name.upper()}=abc") == "MEDIA_URL_SIGNED"


@given(st.text(max_size=60) | st.text(max_size=60).map("https://".__add__))
def test_every_text_is_judged(url: str) -> None:
    """No text makes it fail, and every fault has a sentence."""
    fault = media_fault(url)
    reason = None if fault else upload_reason(url)

    assert fault is None or fault in REFUSALS
    assert reason is None or reason in REFUSALS
