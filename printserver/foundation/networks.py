"""Which part of the net an address belongs to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

_MAPPED_BITS: Final = 96
"""Before the IPv4 address in an IPv6 one. Source: RFC 4291 section 2.5.5.2."""


def network_of(address: str) -> str:
    """An IPv6 subscriber has a whole /64, so these count as one address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))


def parsed_network(text: str) -> str:
    """`text` in its one form, `192.0.2.0/24`; an address is a network of one.   Raises: ValueError.

    IPv4 written as IPv6 (`::ffff:192.0.2.0/120`) is IPv4.
    """
    network = ipaddress.ip_network(text.strip(), strict=False)
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return str(network)
    return str(ipaddress.ip_network((mapped, network.prefixlen - _MAPPED_BITS)))


def lies_within(address: str, networks: Iterable[str]) -> bool:
    """Whether `address` belongs to one of `networks` (CIDR); what is no address belongs to none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((mapped or parsed) in ipaddress.ip_network(each) for each in networks)
