"""Which addresses are public: what a link that somebody else wrote may lead us to.

The connector stands inside a network that trusts it. A link to an address in there would have it fetch for the writer
of the link what he cannot reach himself. So only what the registries of special addresses (RFC 6890 and its like) call
globally reachable is public, and of IPv6 only what is handed out for it (2000::/3). An IPv6 address that carries an
IPv4 address is as public as that one: something on the way may take it out again.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address."""


def is_public(text: str) -> bool:
    """Whether this is the text of an address that the whole internet can reach; False for what is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return _is_public_4(address) if isinstance(address, IPv4Address) else _is_public_6(address)


def _is_public_4(address: IPv4Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if carried := _carried(address):
        return all(map(_is_public_4, carried))
    return address.is_global and address in _GLOBAL_UNICAST


def _carried(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses inside: mapped, 6to4, Teredo's two, NAT64."""
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    alone = address.ipv4_mapped or address.sixtofour
    return (alone,) if alone is not None else address.teredo or ()
