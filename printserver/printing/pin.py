"""Certificate pins: a controlled printer is known by one certificate, not by whoever signed it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from printserver.foundation.errors import Malformed, Unavailable


class CertificateMalformed(Malformed):
    code: ClassVar[str] = "printer-certificate-malformed"


class PrinterUnreachable(Unavailable):
    code: ClassVar[str] = "printer-unreachable"


@dataclass(frozen=True, slots=True)
class Pin:
    """One printer's certificate."""

    certificate_pem: str
    """Exactly one certificate, re-encoded."""

    sha256: str
    """64 lower-case hex digits over the DER bytes; compare it with what the printer shows on its panel."""

    not_after: datetime
    """UTC; afterwards the backend refuses the printer."""


def read_pin(certificate_pem: str) -> Pin:
    """Take one certificate as a pin; text around it is dropped.

    Raises: CertificateMalformed when there is none, more than one, or it cannot be read.
    """
    try:
        certificates = x509.load_pem_x509_certificates(certificate_pem.encode("ascii"))
    except ValueError:
        raise CertificateMalformed("this is not a certificate in PEM form") from None
    if len(certificates) != 1:
        raise CertificateMalformed(f"a pin is one certificate, these are {len(certificates)}")
    [certificate] = certificates
    return Pin(
        certificate_pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
        sha256=certificate.fingerprint(SHA256()).hex(),
        not_after=certificate.not_valid_after_utc,
    )


def fetch_pin(host: str, port: int, *, timeout: float = 10.0) -> Pin:
    """Read the certificate a printer shows now, for an administrator to compare and enrol. It proves nothing yet.

    timeout: seconds.   Raises: PrinterUnreachable, CertificateMalformed.
    """
    try:
        pem = ssl.get_server_certificate((host, port), timeout=timeout)
    except OSError as error:
        raise PrinterUnreachable(f"no certificate from {host}:{port}: {error.strerror or error}") from None
    return read_pin(pem)
