"""The ingress's door as the settings say: TLS of its own or none, who may call."""

from starlette.types import ASGIApp

from connector.core.hops import client_of, is_among, network
from connector.settings import Settings
from connector.settings_ingress import Door
from connector.web.doorkeeper import May, kept
from connector.web.server import WebServer
from connector.web.tls import LiveCertificate


def certificate_of(settings: Settings) -> LiveCertificate | None:
    """The certificate of the callbacks' port. Raises ValueError when its files cannot be used."""
    part = settings.callbacks
    if part.tls_cert_file is None or part.tls_key_file is None:
        return None
    return LiveCertificate(part.tls_cert_file, part.tls_key_file)


def door_of(settings: Settings, app: ASGIApp) -> tuple[WebServer, LiveCertificate | None]:
    """The server of the callbacks, and its certificate. Raises ValueError."""
    part, certificate = settings.callbacks, certificate_of(settings)
    inner = kept(app, may_call(part)) if part.allow else app
    tls = certificate.context if certificate else None
    return WebServer(inner, part.host, part.port, tls), certificate


def may_call(door: Door) -> May:
    """Who is on the list, by the address that the trusted proxies tell."""
    trusted, allowed = (tuple(map(network, texts)) for texts in (door.trusted_proxies, door.allow))
    return lambda peer, forwarded: is_among(client_of(peer, forwarded, trusted), allowed)
