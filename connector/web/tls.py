"""TLS of a server's own: at least TLS 1.2, and a certificate that is read again when its files have changed.

Certificates are renewed every few weeks, by somebody else. So at each handshake the two files are looked at; changed
ones are loaded into a context of their own, which the handshake then takes. Connections in place go on with theirs.
Files that do not go together (one is written before the other) or cannot be read change nothing: the certificate that
was read before still counts, and ``why`` says so.
"""

import ssl
from pathlib import Path
from typing import TypeAlias

from cryptography import x509

Stamp: TypeAlias = tuple[tuple[int, int, int], ...]


class LiveCertificate:
    """``context`` is for the server. Raises ValueError when the files cannot be used now."""

    def __init__(self, cert: Path, key: Path) -> None:
        self._files = cert, key
        self._seen = self._stamp()
        self._current, self._not_after_s = _loaded(cert, key), _not_after_s(cert)
        self.why = ""
        self.context = _loaded(cert, key)
        self.context.sni_callback = self._at_handshake

    def not_after_s(self) -> float:
        """When the certificate that counts runs out, in seconds since the epoch; 0.0 where nobody can tell."""
        self._look()
        return self._not_after_s

    def notes(self) -> list[str]:
        """Why the certificate is that of before, for people."""
        self._look()
        return [f"{self.why}: the certificate that was read before still counts"] if self.why else []

    def _at_handshake(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        """Called for every client, also for one that names no server."""
        self._look()
        connection.context = self._current

    def _look(self) -> None:
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._current, self.why = _loaded(*self._files), ""
            self._not_after_s = _not_after_s(self._files[0])
        except ValueError as error:
            self.why = str(error)

    def _stamp(self) -> Stamp:
        return tuple(_stamp(file) for file in self._files)


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        told = file.stat()
    except OSError:
        return 0, 0, 0
    return told.st_ino, told.st_mtime_ns, told.st_size


def _loaded(cert: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for name, file in (("tls_cert_file", cert), ("tls_key_file", key)):
        _check_readable(f"callbacks.{name}", file)
    try:
        context.load_cert_chain(cert, key, password=_no_passphrase)
    except (ssl.SSLError, ValueError):
        raise ValueError(
            f"callbacks.tls_cert_file, callbacks.tls_key_file: {cert} must be a certificate chain and {key} its "
            "private key, both in PEM, the key without a passphrase"
        ) from None
    return context


def _not_after_s(cert: Path) -> float:
    """When the first of the chain runs out. What OpenSSL takes and this library cannot read is served all the same."""
    try:
        chain = x509.load_pem_x509_certificates(cert.read_bytes())
    except (OSError, ValueError):
        return 0.0
    return min(one.not_valid_after_utc.timestamp() for one in chain)


def _check_readable(name: str, file: Path) -> None:
    try:
        file.read_bytes()
    except OSError as error:
        raise ValueError(f"{name}: {file} cannot be read ({error.strerror})") from None


def _no_passphrase() -> str:
    """Asked for a key that has one; without this, OpenSSL would ask the terminal and wait."""
    raise ValueError
