"""Addresses to which a secret or a document may be sent: encrypted, or on this very machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_trusted_address(url: str) -> bool:
    """https, or http on this very machine; without a name or password in it."""
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
