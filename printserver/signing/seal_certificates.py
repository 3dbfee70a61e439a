"""The certificates in a seal, read without an opinion: makers use SM2 keys and habits that X.509 libraries refuse.

What makes a certificate believable is never read from it: the maker's is pinned byte by byte, the holders' are signed
by the maker.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from asn1crypto import x509

from printserver.signing.errors import SealObjectMalformed

_USUAL_BYTES: Final = 4096
_BROKEN: Final = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)
"""What asn1crypto raises over bytes that are not what they say."""


@dataclass(frozen=True)
class SealCertificate:
    """Who, by whom, from when to when (UTC, both ends included), which key (DER SubjectPublicKeyInfo)."""

    der: bytes
    subject: str
    common_name: str
    issuer: str
    serial: int
    not_before: datetime
    not_after: datetime
    spki: bytes

    def is_valid(self, at: datetime) -> bool:
        return self.not_before <= at <= self.not_after


def read_seal_certificate(der: bytes) -> SealCertificate:
    """The same few certificates are read again for each seal: those of usual size are kept.

    Raises: SealObjectMalformed.
    """
    return _kept(der) if len(der) <= _USUAL_BYTES else _read(der)


@lru_cache(maxsize=256)
def _kept(der: bytes) -> SealCertificate:
    return _read(der)


def _read(der: bytes) -> SealCertificate:
    try:
        certificate = x509.Certificate.load(der, strict=True)
        body = certificate["tbs_certificate"]
        validity = body["validity"]
        return SealCertificate(
            der=der,
            subject=_shown(_said(body["subject"])),
            common_name=_shown(_common_name(body["subject"])),
            issuer=_shown(_said(body["issuer"])),
            serial=body["serial_number"].native,
            not_before=_utc(validity["not_before"].native),
            not_after=_utc(validity["not_after"].native),
            spki=body["subject_public_key_info"].dump(),
        )
    except _BROKEN as problem:
        raise SealObjectMalformed("a certificate of the seal cannot be read") from problem


def _said(name: x509.Name) -> str:
    """The values alone, the common name first: what they are called differs from language to language."""
    parts = dict(name.native)
    return ", ".join(_text(said) for said in (parts.pop("common_name", ""), *reversed(parts.values())) if said)


def _common_name(name: x509.Name) -> str:
    return _text(name.native.get("common_name", ""))


def _text(said: object) -> str:
    return " ".join(str(each) for each in said) if isinstance(said, list) else str(said)


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)[:500]


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
