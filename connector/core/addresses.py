"""Which addresses are public: what a link that somebody else wrote may lead us to.

The connector stands inside a network that trusts it. A link to an address in there would have it fetch for the writer
of the link what he cannot reach himself. So only what the registries of special addresses (RFC 6890 and its like) call
globally reachable is public, and of IPv6 only what is handed out for it (2000::/3). An IPv6 address that carries an
IPv4 address is as public as that one: something on the way may take it out again.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_DOCUMENTATION = IPv6Network("3fff::/20")
"""RFC 9637; the interpreter's own table is older."""
_RELAYS = IPv4Network("192.88.99.0/24")
"""Of 6to4 (RFC 7526), retired: whoever still answers there is on the way to somewhere else."""
_ISATAP, _ISATAP_BITS = 0x0000_5EFE, 0xFDFF_FFFF
"""RFC 5214: how the last 64 bits begin, the bit apart that says whether what follows is unique."""
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
    return address.is_global and address not in _RELAYS and not (address.is_multicast or address.is_reserved)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if carried := _carried(address):
        return all(map(_is_public_4, carried))
    if not (address.is_global and address in _GLOBAL_UNICAST) or address in _DOCUMENTATION:
        return False
    last = int(address) & 0xFFFF_FFFF_FFFF_FFFF
    return (last >> 32) & _ISATAP_BITS != _ISATAP or _is_public_4(IPv4Address(last & 0xFFFF_FFFF))


def _carried(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses inside: mapped, 6to4, Teredo's two, NAT64."""
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    alone = address.ipv4_mapped or address.sixtofour
    return (alone,) if alone is not None else address.teredo or ()
