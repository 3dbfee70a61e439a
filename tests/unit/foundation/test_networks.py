"""Which part of the net an address belongs to."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from printserver.foundation.networks import lies_within, network_of, parsed_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_subscriber_counts_as_one(address: str, network: str):
    assert network_of(address) == network


@given(st.ip_addresses())
@example(IPv6Address("::ffff:0:0"))
def test_an_address_lies_within_its_own_network_and_within_none_of_none(address: object):
    assert lies_within(str(address), [parsed_network(str(address))])
    assert not lies_within(str(address), [])


@pytest.mark.parametrize("text", ["", "here", "192.0.2.0/33", "300.0.0.1", "2001:db8::/129"])
def test_what_is_no_network_is_refused(text: str):
    with pytest.raises(ValueError, match=r"."):
        parsed_network(text)
    assert not lies_within(text, ["0.0.0.0/0", "::/0"])


def test_a_network_has_one_form():
    assert parsed_network(" 192.0.2.77/24 ") == "192.0.2.0/24"
    assert parsed_network("2001:DB8::1") == "2001:db8::1/128"
