"""Where a controlled printer is: `ipps://host[:port]/path`, and nothing else, because a person typed it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlsplit

from printserver.foundation.errors import Malformed

IPPS_PORT: Final = 631  # RFC 7472 section 3
# By name, not by number: the pin is kept under the name. No user, query or fragment.
_PRINTER_URI: Final = re.compile(r"ipps://[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?(?::[1-9][0-9]{0,4})?/[A-Za-z0-9._/-]*")


class PrinterAddressMalformed(Malformed):
    code: ClassVar[str] = "printer-address-malformed"


@dataclass(frozen=True, slots=True)
class PrinterAddress:
    uri: str
    host: str
    port: int
    path: str


def read_printer_address(uri: str) -> PrinterAddress:
    """Raises: PrinterAddressMalformed."""
    if not _PRINTER_URI.fullmatch(uri):
        raise PrinterAddressMalformed("a printer's address is ipps://host[:port]/path, in small letters up to the path")
    parts = urlsplit(uri)
    try:
        port = parts.port or IPPS_PORT
    except ValueError:
        raise PrinterAddressMalformed("a port is a number up to 65535") from None
    return PrinterAddress(uri, parts.hostname or "", port, parts.path)
