"""Heads that say in two ways where their request ends, or that nobody honest sends: refused before any work begins.

The parser (llhttp, strict) refuses most of them itself: Content-Length with Transfer-Encoding, two lengths, a sign or a
list in one, folded lines, bare line feeds, blanks before a colon, bad chunk sizes; tests pin that. It lets pass what is
named here. A request to upgrade is not upgraded and would lose its body, which the parser takes for the other
protocol's; it is refused, for a callback without its body must not be answered 200.
"""

from collections.abc import Iterable

VERSIONS = {"1.0", "1.1"}
HOST, CODING = b"host", b"transfer-encoding"


def is_ambiguous(version: str, headers: Iterable[tuple[bytes, bytes]], upgrades: bool) -> bool:
    """Whether to refuse this head; names are in lower case (RFC 9112 sections 2.3, 3.2, 6.1 and 7, RFC 9110 7.8)."""
    told = [(name, value) for name, value in headers if name in (HOST, CODING)]
    hosts = sum(name == HOST for name, _ in told)
    codings = [value.strip().lower() for name, value in told if name == CODING]
    return (
        upgrades
        or version not in VERSIONS
        or hosts > 1
        or (version == "1.1" and (hosts != 1 or codings not in ([], [b"chunked"])))
        or (version == "1.0" and codings != [])
    )
