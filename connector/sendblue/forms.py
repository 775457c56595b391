"""A file as the multipart form that Sendblue takes (RFC 7578), written as it comes: never whole in memory."""

import secrets
from collections.abc import AsyncIterator, Mapping


class Form:
    """One part, called ``file``. ``name``: of letters, digits, ``_``, ``-`` and one dot; ``size``: bytes, or unknown.

    Raises ValueError for another name: it would be written into a header.
    """

    def __init__(self, name: str, chunks: AsyncIterator[bytes], size: int | None) -> None:
        if not name.isascii() or not name.replace("-", "").replace("_", "").replace(".", "", 1).isalnum():
            raise ValueError("not a file name for a form")
        boundary = secrets.token_hex(16)
        self._chunks = chunks
        self._head = (
            f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n'
            "content-type: application/octet-stream\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.headers: Mapping[str, str] = {"content-type": f"multipart/form-data; boundary={boundary}"}
        if size is not None:
            length = len(self._head) + size + len(self._tail)
            self.headers = {**self.headers, "content-length": str(length)}

    async def parts(self) -> AsyncIterator[bytes]:
        """The whole form."""
        yield self._head
        async for chunk in self._chunks:
            yield chunk
        yield self._tail
