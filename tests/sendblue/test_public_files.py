"""Links that somebody else wrote: what is opened, what is refused for good, what may be tried again."""

import asyncio
import ssl
from pathlib import Path

import pytest

from connector.core.refusals import REFUSALS
from connector.sendblue.public_files import MAX_LOCATION_CHARS, FileAway, FileRefused, PublicFiles
from connector.sendblue.public_network import NotPublic, PublicNetwork
from tests.sendblue.file_server import PICTURE, answer, certificate, serving

PNG = "content-type: image/png"
FILE = answer(200, PICTURE, PNG)
IN_CHUNKS = answer(200, b"%x\r\n%s\r\n0\r\n\r\n" % (len(PICTURE), PICTURE), PNG, "transfer-encoding: chunked", length=5)
"""With a length beside them, which lies."""


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("files"))


def moved(to: str, status: int = 302) -> bytes:
    """A redirect."""
    return answer(status, b"", f"location: {to}")


async def read(files: PublicFiles, link: str) -> tuple[str, int | None, bytes]:
    """The name, the size and the bytes of the file."""
    async with files.open(link) as file:
        return file.name, file.size, b"".join([chunk async for chunk in file.chunks()])


@pytest.mark.parametrize(
    ("target", "given", "name", "size"),
    [
        ("/Cat.png?sig=1", FILE, "Cat.png", len(PICTURE)),
        ("/images/4711", FILE, "File.png", len(PICTURE)),
        ("/Cat.png?sig=2", answer(200, PICTURE, PNG, told=False), "Cat.png", None),
        ("/Cat.png?sig=3", IN_CHUNKS, "Cat.png", None),
    ],
)
async def test_a_file_is_read(pem: Path, target: str, given: bytes, name: str, size: int | None) -> None:
    """By its own name or its server's kind of it, with a length or without one that counts; nothing of ours goes
    along."""
    async with serving({target: given}, pem) as (server, files):
        found = await read(files, server.link(target))

    assert found == (name, size, PICTURE)
    assert server.connected == ["127.0.0.1"]
    assert {line.partition(":")[0].lower() for line in server.heads[0].splitlines()[1:] if line} == {
        *("host", "user-agent", "accept", "accept-encoding")
    }


async def test_redirects_are_followed_and_each_is_looked_at(pem: Path) -> None:
    """Relative and whole ones; every connection is checked anew."""
    paths = {
        "/a": moved("/b"),
        "/b": moved("https://FILES:PORT/c", 307),
        "/c": moved("/Cat.png", 301),
        "/Cat.png": FILE,
    }
    async with serving(paths, pem) as (server, files):
        found = await read(files, server.link("/a"))

    assert found[0] == "Cat.png"
    assert server.connected == ["127.0.0.1"] * 4


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (answer(404), "MEDIA_NOT_FOUND"),
        (answer(403, b"expired"), "MEDIA_NOT_FOUND"),
        (answer(200, b"<html>log in", "content-type: text/html"), "MEDIA_NOT_FOUND"),
        (answer(200, b"", PNG), "MEDIA_NOT_FOUND"),
        (answer(200, b"", PNG, told=False), "MEDIA_NOT_FOUND"),
        (answer(200, b"x", PNG, length=1_000_001), "MEDIA_TOO_LARGE"),
        (answer(200, b"x" * 1_000_001, PNG, told=False), "MEDIA_TOO_LARGE"),
        (answer(200, PICTURE, "content-type: application/octet-stream"), "MEDIA_KIND_UNKNOWN"),
        (answer(200, PICTURE, PNG, "content-encoding: gzip"), "MEDIA_KIND_UNKNOWN"),
        (moved("/first"), "MEDIA_REDIRECTED"),
        (moved("http://FILES:PORT/a.png"), "MEDIA_REDIRECTED"),
        (moved("ftp://FILES:PORT/a.png"), "MEDIA_REDIRECTED"),
        (moved("file:///etc/passwd"), "MEDIA_REDIRECTED"),
        (moved("https://user:secret@FILES:PORT/a.png"), "MEDIA_REDIRECTED"),
        (moved("https://[::1/"), "MEDIA_REDIRECTED"),
        (moved("/" + "n" * MAX_LOCATION_CHARS), "MEDIA_REDIRECTED"),
        (b"HTTP/1.1 302 X\r\nlocation: \xff\xfe://\xff\r\ncontent-length: 0\r\n\r\n", "MEDIA_NOT_FOUND"),
        (moved("https://inside.example.com/a.png"), "MEDIA_NOT_PUBLIC"),
        (moved("https://both.example.com/a.png"), "MEDIA_NOT_PUBLIC"),
        (moved("https://169.254.169.254/latest/meta-data"), "MEDIA_NOT_PUBLIC"),
    ],
)
async def test_what_is_refused_for_good(pem: Path, given: bytes, code: str) -> None:
    """No such file, too large, of no known kind, too many redirects or to something else, an address of our own net.

    A name with a public and a private address is private.
    """
    async with serving({"/first": given}, pem) as (server, files):
        server.addresses |= {
            "inside.example.com": ("10.0.0.1",),
            "both.example.com": ("127.0.0.1", "10.0.0.1"),
            "169.254.169.254": ("169.254.169.254",),
        }
        with pytest.raises(FileRefused) as refused:
            await read(files, server.link("/first"))

    assert refused.value.code == code
    assert code in REFUSALS


@pytest.mark.parametrize(
    ("given", "retry_after_s"),
    [
        (answer(429, b"", "retry-after: 7"), 7.0),
        (answer(503), None),
        (answer(206, PICTURE, PNG), None),
        (answer(200, PICTURE, PNG, length=len(PICTURE) + 1), None),
        (answer(200, PICTURE, PNG, "content-length: " + "9" * 5_000), None),
        (b"HTTP/1.1 200 X\r\ncontent-length: \xb2\r\n\r\nx", None),
        (b"no HTTP at all\r\n\r\n", None),
        (b"", None),
        (moved("https://unknown.example.com/a.png"), None),
        (moved("https://closed.example.com:1/a.png"), None),
    ],
)
async def test_what_may_be_tried_again(pem: Path, given: bytes, retry_after_s: float | None) -> None:
    """A server that cannot now, an answer that is cut, a name or a port that is not there."""
    async with serving({"/first": given}, pem) as (server, files):
        server.addresses["closed.example.com"] = ("127.0.0.1",)
        with pytest.raises(FileAway) as away:
            await read(files, server.link("/first"))

    assert away.value.retry_after_s == retry_after_s


async def test_a_server_with_another_s_certificate_is_not_believed(pem: Path) -> None:
    """The address was looked at, and TLS still asks for the name."""
    async with serving({"/Cat.png": FILE}, pem) as (server, files):
        server.addresses["other.example.com"] = ("127.0.0.1",)
        with pytest.raises(FileAway):
            await read(files, f"https://other.example.com:{server.port}/Cat.png")

    assert server.heads == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
async def test_nothing_of_ours_can_be_reached(pem: Path, host: str) -> None:
    """With the real check and the real resolver, however loopback is spelled: not one byte arrives there."""
    async with serving({"/Cat.png": FILE}, pem) as (server, _):
        files = PublicFiles(1_000, ssl_context=ssl.create_default_context(cafile=str(pem)))
        with pytest.raises((FileRefused, FileAway)) as refused:
            await read(files, f"https://{host}:{server.port}/Cat.png")
        await files.aclose()

    assert getattr(refused.value, "code", "MEDIA_NOT_PUBLIC") == "MEDIA_NOT_PUBLIC"
    assert server.heads == []


async def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    """The connection goes to the address that was looked at: the name is asked once."""
    asked: list[str] = []

    async def resolve(host: str, _: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("10.0.0.1",)

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    network = PublicNetwork(lambda address: address == "127.0.0.1", resolve)
    port = server.sockets[0].getsockname()[1]
    stream = await network.connect_tcp("rebinding.example.com", port)
    with pytest.raises(NotPublic):
        await network.connect_tcp("rebinding.example.com", port)
    await stream.aclose()
    server.close()

    assert asked == ["rebinding.example.com"] * 2
