"""What a fetched file is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.file_kinds import file_name, is_page


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("/a/Picture.PNG", "application/octet-stream", "Picture.png"),
        ("/a/b%20c.jpeg", "", "b-c.jpeg"),
        ("/images/4711", "image/jpeg; charset=binary", "File.jpg"),
        ("/", "Video/MP4", "File.mp4"),
        ("/.png", "image/gif", "File.gif"),
        ("/%E2%80%AE.pdf", "", "File.pdf"),
        ("/" + "n" * 100 + ".vcf", "", "n" * 64 + ".vcf"),
        ("/a.tar.gz", "", "a-tar.gz"),
        ("/a..png", "image/gif", "File.gif"),
        ("/a.png/", "image/gif", "File.gif"),
        ("/a.longerthanten", "image/gif", "File.gif"),
        ("/get.php", "image/png", "get.png"),
        ("/photo.v2", "image/jpeg", "photo.jpg"),
        ("/Pass.pkpass", "text/plain", "Pass.pkpass"),
        ("/Cat.jpeg", "image/png", "Cat.jpeg"),
        ("/image", "application/octet-stream", None),
        ("/image", "", None),
    ],
)
def test_the_link_names_it_or_its_server(path: str, kind: str, name: str | None) -> None:
    """The link's extension first, unless it is none of a picture, a sound or a film and its server says that it is one;
    then what its server calls it; without either it has no name."""
    assert file_name(path, kind) == name


@pytest.mark.parametrize("path", ["/" + "n" * 1_000_000, "/" + "n." * 500_000, "/" + "n" * 1_000_000 + ".!"])
def test_however_long_a_path_is_it_is_read_once(path: str) -> None:
    """Its length is another server's choice, and the event loop waits: a search from each place would take hours."""
    assert file_name(path, "image/png") == "File.png"


@pytest.mark.parametrize(
    ("kind", "page"), [("text/html; charset=utf-8", True), ("TEXT/HTML", True), ("image/png", False)]
)
def test_a_page_is_no_file(kind: str, page: bool) -> None:
    """What a server shows to people instead."""
    assert is_page(kind) == page


@given(st.text(max_size=40), st.text(max_size=20))
def test_no_name_can_leave_its_header(path: str, kind: str) -> None:
    """Letters, digits, _ and - with one extension, whatever the link holds."""
    name = file_name(path, kind)

    assert name is None or (name.isascii() and set(name) <= set("-_.") | set(filter(str.isalnum, name)))
    assert name is None or name.count(".") == 1
