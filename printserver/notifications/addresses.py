"""Where a webhook may lead: never into networks that only this server can reach, unless its operator says so.

An address is read by one strict grammar, and what its name means is decided at each attempt: the addresses that the
resolver gives are checked, and exactly one of those is connected to. So neither a name that changes its meaning nor
another way to write an address leads inside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import ClassVar, Final

from printserver.foundation.errors import Malformed

LONGEST_URL: Final = 500
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.\-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>/[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]*)?",
    re.ASCII,
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?", re.ASCII)
# Source: IANA IPv4 and IPv6 Special-Purpose Address Registries; IPv6 outside 2000::/3 is not for everybody at all.
_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
_PUBLIC_6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class AddressRefused(Malformed):
    """Nothing was sent there."""

    code: ClassVar[str] = "webhook-address-refused"


@dataclass(frozen=True)
class AddressRules:
    """ports: that may be connected to.   networks: that may be reached although they are not public, in CIDR.

    plain_loopback: whether `http` and every port of 127.0.0.1 and ::1 may be used, which is for tests.
    """

    ports: frozenset[int] = frozenset({443, 8443})
    networks: tuple[Network, ...] = ()
    plain_loopback: bool = False

    @classmethod
    def of(cls, ports: Sequence[int], networks: Sequence[str], *, plain_loopback: bool) -> AddressRules:
        """Raises: ValueError."""
        return cls(frozenset(ports), tuple(ip_network(each) for each in networks), plain_loopback)


@dataclass(frozen=True)
class Endpoint:
    """target: path and query, at least `/`.   literal: the address, where the host is one."""

    scheme: str
    host: str
    port: int
    target: str
    literal: Address | None

    @property
    def authority(self) -> str:
        """For the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def read_endpoint(url: str, rules: AddressRules) -> Endpoint:
    """Raises: AddressRefused."""
    read = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if read is None:
        raise AddressRefused("give an address like https://oa.example.com/hooks, without a user name or a fragment")
    host = read["host"].strip("[]").lower()
    literal = _literal(host) if read["host"].startswith("[") or not _is_name(host) else None
    port = int(read["port"] or (443 if read["scheme"] == "https" else 80))
    endpoint = Endpoint(read["scheme"], host, port, read["target"] or "/", literal)
    if literal is not None:
        require_allowed([str(literal)], rules)
    _require_port_and_scheme(endpoint, rules)
    return endpoint


def require_allowed(addresses: Sequence[str], rules: AddressRules) -> tuple[Address, ...]:
    """All of what a name means, if every one may be reached.   Raises: AddressRefused."""
    read = tuple(_plain(each) for each in addresses)
    if not read or not all(_is_allowed(each, rules) for each in read):
        raise AddressRefused("the address leads into a network that webhooks may not reach")
    return read


def _require_port_and_scheme(endpoint: Endpoint, rules: AddressRules) -> None:
    if rules.plain_loopback and endpoint.literal is not None and endpoint.literal.is_loopback:
        return
    if endpoint.scheme != "https":
        raise AddressRefused("webhooks are sent by https only")
    if endpoint.port not in rules.ports:
        raise AddressRefused(f"webhooks may use these ports: {', '.join(map(str, sorted(rules.ports)))}")


def _is_name(host: str) -> bool:
    """A name of the DNS: its last label begins with a letter, which no number in any notation does."""
    labels = host.split(".")
    return all(_LABEL.fullmatch(label) for label in labels) and labels[-1][0].isalpha()


def _literal(host: str) -> Address:
    """Only the one usual form: no decimal, octal or hexadecimal numbers, nothing left out."""
    try:
        return ip_address(host)
    except ValueError:
        raise AddressRefused("the address names no host") from None


def _plain(text: str) -> Address:
    """An IPv4 address in the clothes of IPv6 is that IPv4 address."""
    try:
        address = ip_address(text)
    except ValueError:
        raise AddressRefused("the name leads to something that is no address") from None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_allowed(address: Address, rules: AddressRules) -> bool:
    if any(address in network for network in rules.networks):
        return True
    if rules.plain_loopback and address.is_loopback:
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
