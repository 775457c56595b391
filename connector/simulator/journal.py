"""Files of the record: lines that are on disk before anybody is told of them, and answers to callbacks."""

import asyncio
import os
from pathlib import Path

import msgspec


class Journal:
    """Lines of a file, synced in batches: a caller waits for the sync that covers its line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lines: list[bytes] = []
        self._written = self._synced = 0
        self._turn = asyncio.Lock()

    async def append(self, line: bytes) -> None:
        """Return when the line is on disk."""
        self._lines.append(line)
        self._written += 1
        mine = self._written
        async with self._turn:
            if self._synced < mine:
                batch, self._lines, upto = self._lines, [], self._written
                await asyncio.to_thread(self._sync, b"".join(batch))
                self._synced = upto

    def close(self) -> None:
        """No more lines."""
        self._file.close()

    def _sync(self, batch: bytes) -> None:
        self._file.write(batch)
        os.fsync(self._file.fileno())


class Told(msgspec.Struct, rename={"handle": "message_handle"}):
    """What a callback said."""

    handle: str = ""
    status: str = ""


class Answers:
    """A line for each answered callback: the message's handle, its status, the HTTP status. Not synced."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def append(self, body: bytes, http: int) -> None:
        """One more answer."""
        told = msgspec.json.decode(body, type=Told)
        line = {"handle": told.handle, "status": told.status, "http": http}
        self._file.write(msgspec.json.encode(line) + b"\n")

    def close(self) -> None:
        """No more lines."""
        self._file.close()
