"""Whose address counts: what trusted proxies wrote, read from the right, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.hops import client_of, is_among, network

TRUSTED = (network("10.0.0.0/8"), network("2001:db8::/32"))
LB = "10.0.0.7"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        (LB, ["198.51.100.1"], "198.51.100.1"),
        (LB, ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        (LB, ["198.51.100.1, 203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        (LB, ["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
        (LB, ["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        (LB, [], LB),
        (LB, ["rubbish, 203.0.113.9"], "203.0.113.9"),
        (LB, ["203.0.113.9:4711"], "203.0.113.9"),
        (LB, ["[2001:4860::1]:4711"], "2001:4860::1"),
        (LB, ["2001:4860::1"], "2001:4860::1"),
        ("2001:db8::1", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:10.0.0.7", ["::ffff:203.0.113.9"], "203.0.113.9"),
    ],
)
def test_the_client_is_the_first_untrusted_hop_from_the_right(peer: str, forwarded: list[str], client: str) -> None:
    """A peer that is no trusted proxy is the client; of what it says about others nothing is believed."""
    assert str(client_of(peer, forwarded, TRUSTED)) == client


@pytest.mark.parametrize(
    "hop", ["", "unknown", "_hidden", "203.0.113.999", "203.0.113.9 evil", "[", "]", ":", "1" * 9000]
)
def test_what_is_no_address_is_nobodys(hop: str) -> None:
    """It is not passed over: the hop to its left was written by whoever wrote it."""
    client = client_of(LB, [f"198.51.100.1, {hop}"], TRUSTED)

    assert client is None
    assert not is_among(client, [network("0.0.0.0/0"), network("::/0")])


@given(st.text(max_size=20), st.lists(st.text("0123456789abcdef.:[], x", max_size=30), max_size=2))
def test_nothing_raises(peer: str, forwarded: list[str]) -> None:
    """Whatever stands there."""
    client_of(peer, forwarded, TRUSTED)


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=5))
def test_whoever_calls_the_proxy_cannot_choose_the_address(written: list[str]) -> None:
    """What stood in the header before the trusted proxy appended changes nothing."""
    client = client_of(LB, [", ".join([*written, "203.0.113.9"])], TRUSTED)

    assert str(client) == "203.0.113.9"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10.1.2.3/8", r"10\.1\.2\.3/8 is no network; write 10\.0\.0\.0/8"),
        ("proxy", r"proxy is no network; write it as"),
        ("", r"is no network"),
    ],
)
def test_a_wrong_network_is_told_with_the_right_one(text: str, told: str) -> None:
    """One bit too many is the usual slip."""
    with pytest.raises(ValueError, match=told):
        network(text)


def test_one_address_is_a_network() -> None:
    """Of its own."""
    assert is_among(client_of("203.0.113.9", [], ()), [network("203.0.113.9")])
