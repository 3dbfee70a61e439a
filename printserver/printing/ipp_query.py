"""Ask a printer what it is and how it is, over IPPS and with its pinned certificate only.

Pinned means: the very certificate, whatever its names, dates and signers are; the handshake proves that the printer
holds its key, and not an octet is sent before the digest was compared. The message is pycups' own; the answer is read
by `ipp_answer`. Everything is bounded: octets, seconds, redirects (none).
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, ClassVar, Final

import cups

from printserver.foundation.errors import Unavailable
from printserver.printing.ipp_answer import PrinterAnswer, PrinterAnswerRefused, read_answer
from printserver.printing.pin import PrinterUnreachable
from printserver.printing.printer_address import PrinterAddress, read_printer_address

SECONDS: Final = 10.0
LARGEST_ANSWER: Final = 1024 * 1024
STATUS: Final = (
    *("printer-state", "printer-state-reasons", "marker-names", "marker-levels", "printer-supply"),
    *("printer-supply-description", "printer-impressions-completed", "printer-media-sheets-completed"),
    "printer-up-time",
)
EVERYTHING: Final = (
    *("printer-make-and-model", "printer-uuid", "printer-firmware-string-version", "color-supported"),
    *("print-color-mode-supported", "document-format-supported", "printer-resolution-supported", "sides-supported"),
    *("pwg-raster-document-resolution-supported", "pwg-raster-document-sheet-back"),
    *("pwg-raster-document-type-supported", "urf-supported", "media-supported"),
    *STATUS,
)


class PrinterCertificateChanged(Unavailable):
    """Another certificate than the pinned one: another printer, an exchanged one, or an attacker."""

    code: ClassVar[str] = "printer-certificate-changed"


def ask_printer(uri: str, certificate_sha256: str, *, seconds: float = SECONDS) -> PrinterAnswer:
    """Everything that the register keeps of a printer.

    Raises: PrinterAddressMalformed, PrinterUnreachable, PrinterCertificateChanged, PrinterAnswerRefused.
    """
    return read_answer(query(uri, certificate_sha256, EVERYTHING, seconds=seconds))


def query(uri: str, certificate_sha256: str, attributes: Sequence[str], *, seconds: float = SECONDS) -> bytes:
    """The octets that the printer answers to Get-Printer-Attributes, at most a mebibyte.

    seconds: for everything but the look-up of the name.   Raises: as `ask_printer`.
    """
    return exchange(uri, certificate_sha256, _request(read_printer_address(uri), attributes), seconds=seconds)


def exchange(uri: str, certificate_sha256: str, message: bytes, *, seconds: float = SECONDS) -> bytes:
    """The octets that the printer answers to an IPP message.   Raises: as `ask_printer`."""
    address = read_printer_address(uri)
    try:
        with _connected(address, certificate_sha256, time.monotonic() + seconds) as connection:
            return _answer(connection, address, message)
    except (OSError, http.client.HTTPException) as error:
        raise PrinterUnreachable(f"no answer from {address.host}:{address.port}: {_in_short(error)}") from None


def _request(address: PrinterAddress, attributes: Sequence[str]) -> bytes:
    request = cups.IPPRequest(cups.IPP_OP_GET_PRINTER_ATTRIBUTES)
    request.add(cups.IPPAttribute(cups.IPP_TAG_OPERATION, cups.IPP_TAG_URI, "printer-uri", address.uri))
    wanted = cups.IPPAttribute(cups.IPP_TAG_OPERATION, cups.IPP_TAG_KEYWORD, "requested-attributes", list(attributes))
    request.add(wanted)
    message = io.BytesIO()
    request.writeIO(message.write)
    return message.getvalue()


class _Impatient(ssl.SSLSocket):
    """Reads until a moment, however slowly the octets drip."""

    deadline: float

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        self.settimeout(left)
        return super().recv_into(*arguments, **options)


def _connected(address: PrinterAddress, certificate_sha256: str, deadline: float) -> _Impatient:
    """Raises: PrinterCertificateChanged, OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # No chain and no name: exactly one certificate will do, and it is compared below.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.sslsocket_class = _Impatient
    bare = socket.create_connection((address.host, address.port), timeout=_left(deadline))
    try:
        bare.settimeout(_left(deadline))
        secured = context.wrap_socket(bare, server_hostname=address.host)
    except BaseException:
        bare.close()
        raise
    shown = secured.getpeercert(binary_form=True)
    if not isinstance(secured, _Impatient) or shown is None or sha256(shown).hexdigest() != certificate_sha256:
        secured.close()
        raise PrinterCertificateChanged(f"{address.host}:{address.port} shows another certificate than the trusted one")
    secured.deadline = deadline
    return secured


def _answer(connection: _Impatient, address: PrinterAddress, message: bytes) -> bytes:
    http_connection = http.client.HTTPConnection(address.host, address.port)
    http_connection.sock = connection
    headers = {"Content-Type": "application/ipp", "Accept-Encoding": "identity", "Connection": "close"}
    http_connection.request("POST", address.path, message, headers)
    with http_connection.getresponse() as response:
        if response.status != http.client.OK:
            raise PrinterAnswerRefused(f"the printer answers with HTTP status {response.status}")
        answer = response.read(LARGEST_ANSWER + 1)
    if len(answer) > LARGEST_ANSWER:
        raise PrinterAnswerRefused("the printer's answer is longer than a mebibyte")
    return answer


def _left(deadline: float) -> float:
    return max(0.001, deadline - time.monotonic())


def _in_short(error: Exception) -> str:
    """Nothing of what was said: whoever may enrol printers could read other servers' answers by it."""
    if isinstance(error, http.client.HTTPException):
        return "what answers speaks no HTTP"
    return str(getattr(error, "strerror", None) or type(error).__name__)[:200]
