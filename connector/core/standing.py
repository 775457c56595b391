"""What the ledger says of one request: its standing, and how a settled one is packed for memory.

A request the ledger does not know has no standing (None). FREE is different from unknown: it was granted once and
its attempt is proved unsent. OPEN and PARKED remember what was ``before`` their INTENT, because UNSENT and
RESOLVE(not sent) lead back to it.
"""

import struct
from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple

from connector.core.memory import KEY_BYTES
from connector.core.messages import Disposition, Origin

MAX_DETAIL_BYTES = 255  # longer handles and codes are cut: Sendblue's are 36

UUID_CHARS = 36


class Status(IntEnum):
    """Where a request stands."""

    FREE = 0
    OPEN = 1
    PARKED = 2
    SUBMITTED = 3
    REJECTED = 4
    CLOSED = 5


LIVE = frozenset({Status.OPEN, Status.PARKED})
REDRIVABLE = frozenset({Status.REJECTED, Status.CLOSED})


class Standing(NamedTuple):
    """One request's state in the fold.

    ``attempt`` is the current or deciding attempt (None after a CLOSE), ``origin`` whose end this is (None when the
    log began later), ``detail`` the message handle of a SUBMITTED, the code of a REJECTED or CLOSED, the reason
    of a PARKED,
    ``changed_ms`` the log time of the last record that changed it, ``proved_unsent`` an UNSENT seen after PARK.
    """

    status: Status
    changed_ms: int
    attempt: str | None = None
    origin: Origin | None = None
    line: str = ""
    body: bytes = b""
    redrive: int = 0
    detail: str = ""
    disposition: Disposition | None = None
    proved_unsent: bool = False
    before: "Standing | None" = None

    def admits(self, redrive: int) -> bool:
        """True when an INTENT with this redrive number would be granted (age apart)."""
        if self.status in REDRIVABLE:
            return redrive > self.redrive
        return self.status is Status.FREE


def request_key(request_id: str) -> bytes:
    """The 16 bytes under which a request is remembered; unkeyed, since ids are no secret and no person's."""
    return blake2b(request_id.encode(), digest_size=KEY_BYTES).digest()


_PACKED = struct.Struct("<BBBHIqHB8s8s")
"""Status, disposition, topic, line, partition, offset, redrive, flags, attempt, body: 36 bytes."""
_DISPOSITIONS: tuple[Disposition | None, ...] = (None, *Disposition)
_NO_ORIGIN = 255


class Packing:
    """Packs settled standings; the few topics and lines that ever occur are kept once and counted."""

    def __init__(self) -> None:
        self._topics = _Names()
        self._lines = _Names()

    def pack(self, s: Standing) -> bytes:
        """Return the value for memory: 36 bytes and the detail (a lower-case UUID takes 16)."""
        origin = s.origin or Origin("", 0, 0)
        topic = self._topics.number(origin.topic) if s.origin else _NO_ORIGIN
        uuid, detail = _squeeze(s.detail)
        fixed = _PACKED.pack(
            s.status,
            _DISPOSITIONS.index(s.disposition),
            topic,
            self._lines.number(s.line),
            origin.partition,
            origin.offset,
            min(s.redrive, 0xFFFF),
            uuid | (2 if s.attempt else 0) | (4 if s.body else 0),
            bytes.fromhex(s.attempt or "00" * 8),
            s.body or bytes(8),
        )
        return fixed + detail

    def unpack(self, changed_ms: int, packed: bytes) -> Standing:
        """The inverse of ``pack``."""
        status, disposition, topic, line, partition, offset, redrive, flags, attempt, body = _PACKED.unpack_from(packed)
        detail = packed[_PACKED.size :]
        return Standing(
            status=Status(status),
            changed_ms=changed_ms,
            attempt=attempt.hex() if flags & 2 else None,
            origin=None if topic == _NO_ORIGIN else Origin(self._topics.names[topic], partition, offset),
            line=self._lines.names[line],
            body=body if flags & 4 else b"",
            redrive=redrive,
            detail=_unsqueeze(detail) if flags & 1 else detail.decode(errors="replace"),
            disposition=_DISPOSITIONS[disposition],
        )


class _Names:
    """Numbers for the few names that ever occur, in the order of their first use."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self.names)
            self.names.append(name)
        return self._numbers[name]


def _squeeze(detail: str) -> tuple[int, bytes]:
    """A lower-case UUID is kept as its 16 bytes; anything else as UTF-8."""
    if len(detail) == UUID_CHARS:
        try:
            raw = bytes.fromhex(detail.replace("-", ""))
        except ValueError:
            raw = b""
        if len(raw) == KEY_BYTES and _unsqueeze(raw) == detail:
            return 1, raw
    return 0, detail.encode()[:MAX_DETAIL_BYTES]


def _unsqueeze(raw: bytes) -> str:
    h = raw.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
