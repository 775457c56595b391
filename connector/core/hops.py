"""Whose address a request comes from, when proxies may stand before us.

A proxy appends to X-Forwarded-For the address it was called from. Whoever calls the first proxy may have written that
header before, so only what trusted proxies wrote is believed: read from the right, the first address that is not a
trusted proxy's own is the client. Without a trusted proxy as our peer the header says nothing. What is no address,
where one must stand, is nobody's: None, which no list allows.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def network(text: str) -> Network:
    """Read a network, or one address. Raises ValueError with what to write."""
    try:
        return ip_network(text)
    except ValueError:
        right = _without_host_bits(text) or "it as 10.0.0.0/8, 2001:db8::/32 or 10.1.2.3"
        raise ValueError(f"{text} is no network; write {right}") from None


def client_of(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> Address | None:
    """The client. ``peer``: who is connected to us; ``forwarded``: the lines of X-Forwarded-For, as they came."""
    address = _address(peer)
    hops = [hop for line in forwarded for hop in line.split(",")]
    while hops and address is not None and is_among(address, trusted):
        address = _address(hops.pop())
    return address


def is_among(address: Address | None, networks: Iterable[Network]) -> bool:
    """Whether one of the networks holds the address."""
    return address is not None and any(address in one for one in networks)


def _address(text: str) -> Address | None:
    """An address, with a port or without; IPv4 in IPv6 is IPv4."""
    bare = text.strip().rpartition("]")[0].removeprefix("[") if "[" in text else text.strip()
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _without_host_bits(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return ""
