"""Raw sockets: each shape in which two parties may see two ends of one request, with a second request behind it.

None of them is asked about the second; a shape that is refused is not asked about at all (RFC 9112 sections 5, 6, 7 and
11.2). What is honest but rare passes whole.
"""

import pytest

from connector.web.callbacks import callbacks_app
from tests.web.peers import PATH, Role, ask, guarded, post, status_of

HEAD = f"POST {PATH} HTTP/1.1\r\n".encode()
LINE = HEAD + b"Host: here\r\n"
TWO = b"Content-Length: 2\r\n"
CHUNKED = LINE + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b"2\r\n{}\r\n0\r\n\r\n"
SMUGGLED = post(b"smuggled", "/v1/callbacks/smuggled")

REFUSED = {
    "bare lf throughout": LINE.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}",
    "bare lf once": LINE + b"X: a\n" + TWO + b"\r\n{}",
    "bare cr": LINE + b"X: a\rY: b\r\n" + TWO + b"\r\n{}",
    "folded": LINE + b"X: a\r\n b\r\n" + TWO + b"\r\n{}",
    "folded first": HEAD + b" Host: here\r\n" + TWO + b"\r\n{}",
    "both lengths": LINE + TWO + b"Transfer-Encoding: chunked\r\n\r\n" + BODY,
    "both lengths, turned": LINE + b"Transfer-Encoding: chunked\r\n" + TWO + b"\r\n" + BODY,
    "coding identity": LINE + b"Transfer-Encoding: identity\r\n\r\n",
    "coding not last": LINE + b"Transfer-Encoding: chunked, identity\r\n\r\n" + BODY,
    "coding before": LINE + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + BODY,
    "coding twice": LINE + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY,
    "coding and another": LINE + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + BODY,
    "coding empty": LINE + b"Transfer-Encoding:\r\n" + TWO + b"\r\n{}",
    "coding misspelt": LINE + b"Transfer-Encoding: xchunked\r\n\r\n" + BODY,
    "coding with a tab": LINE + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + BODY,
    "coding, blank before colon": LINE + b"Transfer-Encoding : chunked\r\n\r\n" + BODY,
    "coding in 1.0": LINE.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + BODY,
    "length twice": LINE + TWO + TWO + b"\r\n{}",
    "two lengths": LINE + TWO + b"Content-Length: 3\r\n\r\n{}",
    "length a list": LINE + b"Content-Length: 2, 2\r\n\r\n{}",
    "length signed": LINE + b"Content-Length: +2\r\n\r\n{}",
    "length negative": LINE + b"Content-Length: -2\r\n\r\n{}",
    "length hex": LINE + b"Content-Length: 0x2\r\n\r\n{}",
    "length empty": LINE + b"Content-Length:\r\n\r\n{}",
    "length with a blank": LINE + b"Content-Length: 2 0\r\n\r\n{}",
    "length with a tab": LINE + b"Content-Length: \x0b2\r\n\r\n{}",
    "length too large": LINE + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "length, blank before colon": LINE + b"Content-Length : 2\r\n\r\n{}",
    "chunk size no hex": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "chunk size negative": CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n",
    "chunk size 0x": CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    "chunk size after a blank": CHUNKED + b" 2\r\n{}\r\n0\r\n\r\n",
    "chunk size before a blank": CHUNKED + b"2 \r\n{}\r\n0\r\n\r\n",
    "chunk size too large": CHUNKED + b"ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "chunk size empty": CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
    "chunk size, bare lf": CHUNKED + b"2\n{}\r\n0\r\n\r\n",
    "chunk, bare lf": CHUNKED + b"2\r\n{}\n0\r\n\r\n",
    "chunk longer than its size": CHUNKED + b"2\r\n{}x\r\n0\r\n\r\n",
    "chunk without its end": CHUNKED + b"2\r\n{}0\r\n\r\n",
    "extension with bare lf": CHUNKED + b"2;a\nb\r\n{}\r\n0\r\n\r\n",
    "extension with bare cr": CHUNKED + b"2;a\rb\r\n{}\r\n0\r\n\r\n",
    "last chunk, bare lf": CHUNKED + b"2\r\n{}\r\n0\n\n",
    "length in the trailer": CHUNKED + b"2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n",
    "no host": HEAD + TWO + b"\r\n{}",
    "two hosts": LINE + b"Host: there\r\n" + TWO + b"\r\n{}",
    "upgrade to h2c": LINE + b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + TWO + b"\r\n{}",
    "upgrade to websocket": LINE + b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + TWO + b"\r\n{}",
    "connect": b"CONNECT here:443 HTTP/1.1\r\nHost: here\r\n\r\n",
    "version 0.9": f"POST {PATH}\r\n\r\n".encode(),
    "version 1.2": LINE.replace(b"1.1", b"1.2") + TWO + b"\r\n{}",
    "version 2.0": LINE.replace(b"1.1", b"2.0") + TWO + b"\r\n{}",
    "http/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "blank in a name": LINE + b"X Y: a\r\n" + TWO + b"\r\n{}",
    "no name": LINE + b": a\r\n" + TWO + b"\r\n{}",
    "no colon": LINE + b"X\r\n" + TWO + b"\r\n{}",
    "nul in a value": LINE + b"X: a\x00b\r\n" + TWO + b"\r\n{}",
    "nul in the path": LINE.replace(b"payload", b"pay\x00load") + TWO + b"\r\n{}",
    "byte in the path": LINE.replace(b"payload", b"pay\xffload") + TWO + b"\r\n{}",
    "tab for a blank": LINE.replace(b"POST ", b"POST\t") + TWO + b"\r\n{}",
    "method in lower case": LINE.replace(b"POST", b"post") + TWO + b"\r\n{}",
}

HONEST = {
    "coding in capitals": LINE + b"Transfer-Encoding: Chunked\r\n\r\n" + BODY,
    "extension": CHUNKED + b"2;a=b\r\n{}\r\n0\r\n\r\n",
    "trailer": CHUNKED + b"2\r\n{}\r\n0\r\nX: a\r\n\r\n",
    "version 1.0": HEAD.replace(b"1.1", b"1.0") + TWO + b"\r\n{}",
    "whole address": LINE.replace(b" /", b" http://here/") + TWO + b"\r\n{}",
    "connection close": LINE + b"Connection: close\r\n" + TWO + b"\r\n{}",
    "upgrade that is not asked for": LINE + b"Upgrade: h2c\r\n" + TWO + b"\r\n{}",
}


@pytest.mark.parametrize("shape", REFUSED)
async def test_an_ambiguous_request_is_refused(shape: str) -> None:
    """400 and the end of the connection, before anybody is asked."""
    role = Role()
    async with guarded(callbacks_app(role.accept)) as port:
        reply = await ask(port, REFUSED[shape] + SMUGGLED)

    assert (reply.count(b"HTTP/1.1 "), status_of(reply)) == (1, 400)
    assert role.asked == []


@pytest.mark.parametrize("shape", HONEST)
async def test_an_honest_one_passes_and_what_is_behind_it_does_not(shape: str) -> None:
    """Its own body and no other; a request that did not wait for the answer is not read."""
    role = Role()
    async with guarded(callbacks_app(role.accept)) as port:
        reply = await ask(port, HONEST[shape] + SMUGGLED)

    assert (reply.count(b"HTTP/1.1 "), status_of(reply)) == (1, 200)
    assert role.asked == [("k1.payload.mac", b"{}")]
