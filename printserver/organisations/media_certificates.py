"""What a certificate file says, so far as the register of key media wants to know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from printserver.organisations.key_media_errors import CertificateUnreadable

LARGEST_BYTES: Final = 64 * 1024
LONGEST_SUBJECT: Final = 500
_PEM: Final = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class CertificateFacts:
    """`serial`: hexadecimal, upper case.   `sha256`: of the DER bytes.   `subject`: RFC 4514, for people."""

    serial: str
    sha256: str
    subject: str
    not_after: datetime


def read_certificate(data: bytes) -> CertificateFacts:
    """data: one X.509 certificate, DER or PEM; of a PEM file with several, the first.   Raises: CertificateUnreadable.

    Nothing is believed by it: it only says what the person carries, and until when.
    """
    if not 0 < len(data) <= LARGEST_BYTES:
        raise CertificateUnreadable("this is no certificate: a file of at most 64 KiB, DER or PEM")
    try:
        is_pem = _PEM in data
        certificate = x509.load_pem_x509_certificate(data) if is_pem else x509.load_der_x509_certificate(data)
        subject = certificate.subject.rfc4514_string()
        not_after, serial = certificate.not_valid_after_utc, certificate.serial_number
    except (ValueError, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as problem:
        raise CertificateUnreadable("this is no certificate: a file of at most 64 KiB, DER or PEM") from problem
    seen = "".join(each if each.isprintable() else "?" for each in subject)[:LONGEST_SUBJECT]
    return CertificateFacts(f"{serial:X}", certificate.fingerprint(SHA256()).hex(), seen, not_after)
