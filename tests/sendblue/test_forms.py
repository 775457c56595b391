"""A file on its way up: a form with a length or in chunks, never whole in memory."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from email import message_from_bytes

import pytest

from connector.sendblue.client import SendblueError
from connector.sendblue.forms import Form
from tests.sendblue.peers import Connection, client_of, reply, talking_to

TAKEN = reply(200, b'{"media_url":"https://files.example.com/1"}')


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    """A file as it comes."""
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize("size", [11, None])
async def test_the_form_is_what_a_reader_of_mail_reads(size: int | None) -> None:
    """One part, called file, with its name and its bytes; the length, if told, is that of the whole."""
    form = Form("Cat_1-a.png", parts(b"me", b"", b"ow\r\n--x\r\n"), size)
    body = b"".join([part async for part in form.parts()])
    read = message_from_bytes(b"content-type: " + form.headers["content-type"].encode() + b"\r\n\r\n" + body)
    (part,) = [one for one in read.walk() if not one.is_multipart()]

    assert part.get_filename() == "Cat_1-a.png"
    assert part.get_param("name", header="content-disposition") == "file"
    assert part.get_payload(decode=True) == b"meow\r\n--x\r\n"
    assert form.headers.get("content-length") == (str(len(body)) if size is not None else None)


@pytest.mark.parametrize("name", ["", "a b.png", 'a".png', "a\r\nx: y.png", "á.png", "a.b.png", "../a.png"])
async def test_a_name_that_could_leave_its_header_is_refused(name: str) -> None:
    """Whoever calls has made a plain one."""
    with pytest.raises(ValueError, match="name"):
        Form(name, parts(), 0)


async def test_a_file_of_unknown_length_goes_up_in_chunks() -> None:
    """Framed as RFC 9112 has it, to its end."""

    async def play(connection: Connection) -> None:
        while b"0\r\n\r\n" not in connection.received:
            await connection.read_exactly(len(connection.received) + 1)
        await connection.send(TAKEN)

    async with talking_to(play) as (client, server):
        uploaded = await client.upload_file("Cat.png", parts(b"me", b"ow"), None)
        received = bytes(server.connections[0].received)

    assert uploaded.media_url == "https://files.example.com/1"
    assert b"transfer-encoding: chunked" in received.lower()
    assert b"\r\n2\r\nme\r\n2\r\now\r\n" in received
    assert b"content-length" not in received.lower()


async def test_a_file_that_breaks_off_is_no_upload() -> None:
    """The connection is closed before the form is whole, and the error says no more than that."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError("with a secret in it")

    async def play(connection: Connection) -> None:
        await connection.read_exactly(1_000_000)

    async with talking_to(play) as (client, _):
        with pytest.raises(SendblueError) as error:
            await client.upload_file("Cat.png", broken(), 1_000)

    assert str(error.value) == "POST /api/upload-file: NO_ANSWER"


@pytest.mark.parametrize("size", [True, False])
async def test_a_large_file_is_never_whole_in_memory(size: bool) -> None:
    """40 MB go through in far less than a tenth of that."""
    length, chunk = 640, bytes(65_536)

    async def large() -> AsyncIterator[bytes]:
        for _ in range(length):
            yield chunk

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = b""
        while not end.endswith(b"--\r\n" if size else b"0\r\n\r\n"):
            end = (end + await reader.read(65_536))[-100:]
        writer.write(TAKEN)

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with client_of(url) as client:
        tracemalloc.start()
        await client.upload_file("Movie.mp4", large(), length * len(chunk) if size else None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    server.close()

    assert peak < 3_000_000
