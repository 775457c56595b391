"""What the damage begins with: shapes of Sendblue's callbacks. What is put in: bytes that parsers stumble over."""

import json

HANDLE = "5a17319e-cbcf-443e-897e-d8b0c04b1b09"
FULL = {
    "accountEmail": "somebody@example.com",
    "content": 'Hello 👋 "quoted" \\ there',
    "is_outbound": True,
    "status": "DELIVERED",
    "error_code": None,
    "error_message": None,
    "message_handle": HANDLE,
    "date_sent": "2023-11-14T22:13:20.000Z",
    "date_updated": "2023-11-14T22:13:23.500Z",
    "from_number": "+13035550100",
    "number": "+12025550123",
    "to_number": "+12025550123",
    "was_downgraded": False,
    "plan": "blue",
    "media_url": "",
    "message_type": "message",
    "group_id": "",
    "participants": ["+12025550123"],
    "send_style": "",
    "opted_out": False,
    "error_detail": {"a": [1, 2.5, -1e400, True]},
    "service": "iMessage",
}
SHAPES: tuple[object, ...] = (
    FULL,
    {**FULL, "status": "ERROR", "error_code": 4002, "error_message": "no such number"},
    {**FULL, "status": "SENT", "service": "SMS", "was_downgraded": True},
    {"status": "QUEUED"},
    {"status": "SENT", "message_handle": HANDLE},
    {},
    [],
)
BODIES = tuple(json.dumps(shape).encode() for shape in SHAPES)
SPLICES = (
    b"\x00", b"\r\n", b"\r\n\r\n", b"\n", b" ", b"\t", b":", b",", b"\\", b'"', b"\xff\xfe", b"\xed\xa0\xbd",
    b"%2e", b"%00", b"%", b"../", b"//", b"?", b"#", b"{", b"}", b"[" * 200, b"]", b'{"a":' * 100, b"null", b"1e999",
    b"-0", b"9" * 400,
    b"Infinity", b"\\ud83d", b"\\u0000", b'"status": null,', b'"status": {"a": 1},', b'"status": "\\ud83d",',
    b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\n", b"X-Forwarded-For: 127.0.0.1\r\n", b"Host: there\r\n",
    b"GET / HTTP/1.1\r\n",
    b"0\r\n\r\n", b"ffffffff\r\n", b"HTTP/0.9", b"HTTP/2.0", b"a" * 2_000, b"\xc3\xa9", b"\xf0\x9f\x91\x8b",
)  # fmt: skip
