"""Settings of the ingress's door: TLS of its own, the proxies before it, who may call."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from connector.core.hops import network


def _network(text: str) -> str:
    network(text)
    return text


Networks = tuple[Annotated[str, AfterValidator(_network)], ...]


class Door(BaseModel):
    """Who gets in, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tls_cert_file: Path | None = Field(
        None, description="certificate chain, PEM, for TLS without a proxy; read again when it has changed"
    )
    tls_key_file: Path | None = Field(None, description="its private key, PEM, without a passphrase")
    trusted_proxies: Networks = Field(
        (), description="networks of proxies whose X-Forwarded-For is believed, as 10.0.0.0/8; for `callbacks.allow`"
    )
    allow: Networks = Field((), description="networks that may call, others get 403; empty: everybody")


def door_faults(door: Door) -> list[str]:
    """What does not go together."""
    faults = []
    if (door.tls_cert_file is None) != (door.tls_key_file is None):
        faults.append("callbacks.tls_cert_file, callbacks.tls_key_file: TLS needs both")
    if door.trusted_proxies and not door.allow:
        faults.append("callbacks.trusted_proxies: nothing asks for a client's address; set callbacks.allow, or neither")
    return faults
