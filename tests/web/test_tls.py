"""TLS of the ingress's own: which versions, and a certificate that changes while connections stand."""

import asyncio
import os
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
import uvloop
from cryptography import x509

from connector.web import crowd
from connector.web.callbacks import callbacks_app
from connector.web.server import WebServer
from connector.web.tls import LiveCertificate
from tests import certificates
from tests.certificates import Pair, trusting
from tests.web.peers import HANG_S, HOST, Role, connected, post, status_of

SILENT = 1_000


class Site:
    """A server with a certificate in a folder, and two certificates to put there."""

    def __init__(self, folder: Path) -> None:
        self.role = Role()
        self.first, self.second = certificates.make(folder, "first"), certificates.make(folder, "second", days=2)
        self.pair = Pair(folder / "tls.crt", folder / "tls.key")
        self.put(cert=self.first, key=self.first)
        self.live = LiveCertificate(*self.pair)
        self.web = WebServer(callbacks_app(self.role.accept), HOST, 0, self.live.context)

    def put(self, *, cert: Pair | None = None, key: Pair | None = None) -> None:
        """As who renews it does: each file at once, by renaming."""
        for source, target in ((cert and cert.cert, self.pair.cert), (key and key.key, self.pair.key)):
            if source is not None:
                draft = target.with_suffix(".draft")
                draft.write_bytes(source.read_bytes())
                draft.rename(target)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        trust = trusting(self.first, self.second)
        return await asyncio.open_connection(HOST, self.web.port, ssl=trust)

    async def shown(self) -> str:
        """The name in the certificate that a new connection is shown; a callback passes on it."""
        reader, writer = await self.connect()
        name = named(writer)
        writer.write(post())
        reply = await asyncio.wait_for(reader.read(), HANG_S)
        writer.close()

        assert status_of(reply) == 200
        return name


def named(writer: asyncio.StreamWriter) -> str:
    """The name in the certificate of this connection."""
    raw = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return str(x509.load_der_x509_certificate(raw).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)


def expiry(pair: Pair) -> float:
    return x509.load_pem_x509_certificate(pair.cert.read_bytes()).not_valid_after_utc.timestamp()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_a_renewed_certificate_is_shown_to_whoever_comes_next(site: Site) -> None:
    """Without a restart; a connection in place goes on."""
    await site.web.start()
    reader, writer = await site.connect()
    before = named(writer)
    site.put(cert=site.second, key=site.second)
    after = await site.shown()
    writer.write(post())
    reply = await asyncio.wait_for(reader.read(), HANG_S)
    writer.close()
    await site.web.stop()

    assert (before, after) == ("first", "second")
    assert status_of(reply) == 200


def test_the_connectors_own_loop_does_the_same(site: Site) -> None:
    """uvloop has a TLS of its own."""

    async def scene() -> list[str]:
        await site.web.start()
        before = await site.shown()
        site.put(cert=site.second, key=site.second)
        after = await site.shown()
        await site.web.stop()
        return [before, after]

    assert uvloop.run(scene()) == ["first", "second"]


async def _beside_silent_handshakes(site: Site) -> tuple[int, list[str]]:
    """How many connections say nothing, and what those that come behind them are shown."""
    site.web = WebServer(callbacks_app(site.role.accept), HOST, 0, site.live.context, handshake_s=3600.0)
    await site.web.start()
    async with asyncio.timeout(3 * HANG_S):
        silent = [await connected(site.web.port) for _ in range(min(SILENT, crowd.room() // 3))]
        shown = [await site.shown() for _ in range(5)] + await asyncio.gather(*(site.shown() for _ in range(20)))
    for one in silent:
        one.close()
    await site.web.stop()
    return len(silent), shown


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_handshakes_that_never_begin_keep_nobody_out(
    site: Site, run: Callable[[Coroutine[object, object, tuple[int, list[str]]]], tuple[int, list[str]]]
) -> None:
    """They are in no crowd yet, and only their deadline ends them: each callback passes beside a thousand of them."""
    silent, shown = run(_beside_silent_handshakes(site))

    assert silent > 200
    assert shown == ["first"] * 25


async def test_half_a_renewal_changes_nothing_and_is_told(site: Site) -> None:
    """The certificate is there, its key is not yet: who comes meanwhile is shown the former one."""
    await site.web.start()
    site.put(cert=site.second)
    meanwhile, notes = await site.shown(), site.live.notes()
    site.put(key=site.second)
    after = await site.shown()
    await site.web.stop()

    assert (meanwhile, after) == ("first", "second")
    assert [note.rsplit(": ", 1)[1] for note in notes] == ["the certificate that was read before still counts"]
    assert site.live.notes() == []


async def test_files_that_are_gone_change_nothing(site: Site) -> None:
    """A mount that went away."""
    await site.web.start()
    site.pair.key.unlink()
    shown, notes = await site.shown(), site.live.notes()
    await site.web.stop()

    assert shown == "first"
    assert "callbacks.tls_key_file: " in notes[0]


async def test_it_tells_when_the_first_of_its_chain_runs_out(site: Site) -> None:
    """Of the certificate that counts: of a renewed one once its key is there, with nobody calling."""
    first, second = map(expiry, (site.first, site.second))
    chain = site.first.cert.with_suffix(".chain")
    chain.write_bytes(site.first.cert.read_bytes() + site.second.cert.read_bytes())
    told = [site.live.not_after_s()]
    site.put(cert=Pair(chain, site.first.key))
    told.append(site.live.not_after_s())
    site.put(cert=site.second)
    told.append(site.live.not_after_s())
    site.put(key=site.second)
    told.append(site.live.not_after_s())

    assert second > first
    assert told == [first, first, first, second]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_an_old_version_of_tls_is_refused(site: Site) -> None:
    """TLS 1.2 is the least; 1.3 is taken by whoever can."""
    await site.web.start()
    old = trusting(site.first)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(HOST, site.web.port, ssl=old)
    _, writer = await site.connect()
    version = writer.get_extra_info("ssl_object").version()
    writer.close()
    await site.web.stop()

    assert version == "TLSv1.3"


async def test_who_speaks_no_tls_gets_no_answer(site: Site) -> None:
    """Nothing is asked, nothing breaks, the next one passes."""
    await site.web.start()
    reader, writer = await asyncio.open_connection(HOST, site.web.port)
    writer.write(post())
    reply = await asyncio.wait_for(reader.read(), HANG_S)
    writer.close()
    asked, shown = list(site.role.asked), await site.shown()
    await site.web.stop()

    assert b"HTTP" not in reply
    assert (asked, shown) == ([], "first")


async def test_a_handshake_that_does_not_come_is_cut_off(site: Site) -> None:
    """Until it is over nothing else bounds the connection."""
    web = WebServer(callbacks_app(site.role.accept), HOST, 0, site.live.context, handshake_s=0.1)
    await web.start()
    reader, writer = await asyncio.open_connection(HOST, web.port)
    ended = await asyncio.wait_for(reader.read(), HANG_S)
    writer.close()
    await web.stop()

    assert ended == b""


@pytest.mark.parametrize("fault", ["no cert", "no key", "no pem", "other key", "passphrase"])
def test_files_that_cannot_be_used_refuse_the_start(tmp_path: Path, fault: str) -> None:
    """With the setting, the file, and what must be true; a passphrase is not asked for on the terminal."""
    pair, other = certificates.make(tmp_path, "one"), certificates.make(tmp_path, "other", b"hush")
    cert, key = pair
    if fault in ("no cert", "no key"):
        (cert if fault == "no cert" else key).unlink()
    elif fault == "no pem":
        cert.write_bytes(os.urandom(100))
    else:
        cert, key = (other.cert, other.key) if fault == "passphrase" else (other.cert, pair.key)
    told = {"no cert": r"tls_cert_file: .*cannot be read", "no key": r"tls_key_file: .*cannot be read"}

    with pytest.raises(ValueError, match=told.get(fault, "private key, both in PEM, the key without a passphrase")):
        LiveCertificate(cert, key)
