"""Attachments: what Sendblue can fetch, what it silently leaves out, and uploads."""

import httpx2
import pytest

from tests.simulator.stage import Stage


@pytest.mark.parametrize(
    ("url", "echoed"),
    [
        ("https://example.com/WelcomeImage.png", "https://example.com/WelcomeImage.png"),
        ("https://example.com/a.png?size=2", "https://example.com/a.png?size=2"),
        ("https://example.com/picture", None),
        ("https://example.com/.png", None),
        ("https://example.com/a.png?X-Amz-Signature=1", None),
        ("https://example.com/a.png?Expires=1&Signature=2", None),
        ("https://example.com/a.png?token=1", None),
    ],
)
async def test_what_cannot_be_fetched_is_left_out(url: str, echoed: str | None) -> None:
    """The text is accepted all the same, with null in its place."""
    answer = await Stage().send(media_url=url)

    assert (202, echoed) == (answer.status_code, answer.json()["media_url"])


async def test_a_text_without_media_says_empty() -> None:
    """Not null."""
    assert (await Stage().send()).json()["media_url"] == ""


async def test_an_object_is_made_of_a_link() -> None:
    """An https link; anything else is 400."""
    stage = Stage()
    answers = [
        await stage.post("/api/upload-media-object", {"media_url": url})
        for url in ("https://example.com/a.png?X-Amz-Signature=1", "http://example.com/a.png")
    ]

    assert [answer.status_code for answer in answers] == [201, 400]
    assert answers[0].json()["mediaObjectId"]
    assert answers[1].json() == {"status": "ERROR", "message": "Invalid media URL"}


async def test_a_file_is_taken_in() -> None:
    """The part called file; its URL ends in its name."""
    client = Stage().client
    right = await client.post("/api/upload-file", files={"file": ("WelcomeImage.png", b"\x89PNG", "image/png")})
    wrong = await client.post("/api/upload-file", files={"other": ("a.png", b"x", "image/png")})
    empty = await client.post("/api/upload-file", content=b"x")

    assert (right.status_code, right.json()["media_url"].endswith("/WelcomeImage.png")) == (201, True)
    assert right.json()["media_url"].startswith("https://storage.googleapis.com/")
    assert [wrong.status_code, empty.status_code] == [400, 400]


async def test_a_broken_form_is_400() -> None:
    """A boundary that never comes, a type that names none."""
    client = Stage().client
    types = ("multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=")
    answers: list[httpx2.Response] = [
        await client.post("/api/upload-file", content=b"--y\r\n\r\n\x00", headers={"content-type": kind})
        for kind in types
    ]

    assert [answer.status_code for answer in answers] == [400] * 3
