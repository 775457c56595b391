"""A server of files on loopback that believes it is the whole internet: any name, TLS, and what each path gives."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connector.sendblue.public_files import PublicFiles
from connector.sendblue.public_network import PublicNetwork

HOST = "files.example.com"
PICTURE = b"\x89PNG" + bytes(range(256)) * 512


def certificate(folder: Path) -> Path:
    """A certificate for that name alone, and its key, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)]), dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "files.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return pem


def answer(status: int, body: bytes = b"", *headers: str, length: int | None = None, told: bool = True) -> bytes:
    """A whole response; ``length``: another one than its body has; not ``told``: none, the end ends it."""
    lines = [f"HTTP/1.1 {status} X", *headers, "connection: close"]
    lines += [f"content-length: {len(body) if length is None else length}"] if told else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class FileServer:
    """``paths``: the bytes each target gives, ``FILES:PORT`` in them being this server. ``heads``: what was asked."""

    def __init__(self, paths: dict[str, bytes], pem: Path) -> None:
        self.paths, self.pem, self.port = paths, pem, 0
        self.heads: list[str] = []
        self.connected: list[str] = []
        self.addresses: dict[str, tuple[str, ...]] = {HOST: ("127.0.0.1",)}

    def link(self, target: str) -> str:
        """A link to it."""
        return f"https://{HOST}:{self.port}{target}"

    async def resolve(self, host: str, _: int) -> tuple[str, ...]:
        """What a resolver would say. Raises OSError for a name that it does not know."""
        if host not in self.addresses:
            raise OSError("no such name")
        return self.addresses[host]

    def allowed(self, address: str) -> bool:
        """In this internet loopback is public, and nothing else."""
        self.connected.append(address)
        return address == "127.0.0.1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        body = self.paths.get(head.split(" ")[1], answer(404))
        writer.write(body.replace(b"FILES:PORT", f"{HOST}:{self.port}".encode()))
        try:
            await writer.drain()
        except ConnectionError:
            return  # whoever has read enough hangs up
        writer.close()


@asynccontextmanager
async def serving(
    paths: dict[str, bytes], pem: Path, max_bytes: int = 1_000_000
) -> AsyncIterator[tuple[FileServer, PublicFiles]]:
    """The server, and what opens its links."""
    files = FileServer(paths, pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    listening = await asyncio.start_server(files.serve, "127.0.0.1", 0, ssl=context)
    files.port = listening.sockets[0].getsockname()[1]
    network = PublicNetwork(files.allowed, files.resolve)
    opened = PublicFiles(max_bytes, network=network, ssl_context=ssl.create_default_context(cafile=str(pem)))
    try:
        yield files, opened
    finally:
        await opened.aclose()
        listening.close()
