"""Which addresses a link may lead to."""

import pytest

from connector.core.addresses import is_public

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]
PUBLIC += ["2600::5efe:8.8.8.8", "2600::200:5efe:8.8.8.8", "2600::1:5efe:10.0.0.1"]
NOT_PUBLIC = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # noqa: S104 - nothing listens
    *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "::10.0.0.1"),
    *("3fff::1", "3fff:fff:ffff::1", "192.88.99.1", "::ffff:192.88.99.1", "2600::5efe:10.0.0.1"),
    *("2600::200:5efe:127.0.0.1", "fd00::5efe:8.8.8.8"),
    *("2001:0:808:808::f5ff:fffe", "4000::1", "localhost", "", "8.8.8", "2130706433"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_whole_internet_reaches_it(address: str) -> None:
    """Also where an IPv6 address carries a public IPv4 one."""
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_special_addresses_are_not_public(address: str) -> None:
    """Ourselves, private and shared nets, link-local (a cloud's metadata), documentation, multicast, and what carries
    one of them; what is no address is not either."""
    assert not is_public(address)
