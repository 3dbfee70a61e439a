"""Whom we believe as makers of seals: the key list's own, and certificates that this installation has pinned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from printserver.signing.errors import (
    KeyListRefused,
    KeyNotValid,
    KeyUnknown,
    SealMakerUnknown,
    SealObjectMalformed,
    TrustFileRefused,
)
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import key_id_of
from printserver.signing.published_key import KeyUsage, PublishedKey
from printserver.signing.seal_certificates import SealCertificate, read_seal_certificate

_ENDINGS: Final = frozenset({".pem", ".crt", ".cer", ".der"})
_LARGEST_FILE: Final = 64 * 1024


class Vouched(StrEnum):
    """Why a maker is believed."""

    INTERNAL = "internal"
    """It is the seal maker of the key list: the seal was made here."""
    PINNED = "pinned"
    """Its certificate is one that this installation has been given, such as a registered maker's."""


@dataclass(frozen=True)
class SealMakers:
    """`pinned`: DER certificates. With neither, nobody is believed."""

    key_list: KeyList | None = None
    pinned: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, makers: SealMakers | KeyList | Sequence[x509.Certificate]) -> SealMakers:
        """From a key list alone, or from certificates alone."""
        if isinstance(makers, SealMakers):
            return makers
        if isinstance(makers, KeyList):
            return cls(key_list=makers)
        return cls(pinned=tuple(each.public_bytes(serialization.Encoding.DER) for each in makers))

    @classmethod
    def read(cls, key_list: KeyList, folder: Path) -> Self:
        """The key list's makers, and those whose certificates lie in `folder`.   Raises: TrustFileRefused."""
        return cls(key_list, read_pinned_makers(folder))

    def vouch(self, maker: SealCertificate, *, made_at: datetime, at: datetime) -> Vouched:
        """Why this maker may be believed about a seal it made at `made_at`.   Raises: SealMakerUnknown."""
        if not maker.is_valid(made_at):
            raise SealMakerUnknown("the maker's certificate was not valid when the seal was made")
        if maker.der in self.pinned:
            return Vouched.PINNED
        if self.key_list is None:
            raise SealMakerUnknown("the seal's maker is not one of the trusted ones")
        try:
            key = self.key_list.find(key_id_of(maker.spki), KeyUsage.SEAL_MAKER)
            key.check_valid(made_at)
            key.check_not_revoked(at)
            if _published_der(key) != maker.der:
                raise SealMakerUnknown("the seal's maker shows another certificate than the published one")
        except (KeyUnknown, KeyNotValid, KeyListRefused) as problem:
            raise SealMakerUnknown("the key list does not trust the seal's maker") from problem
        return Vouched.INTERNAL

    def check_holder(self, der: bytes, *, at: datetime) -> None:
        """For a seal that was made here: its holder's certificate comes from the root or from the list's seal CA.

        Raises: SealMakerUnknown.
        """
        if self.key_list is None:
            raise SealMakerUnknown("without a key list no holder is known")
        issuers = [self.key_list.root_certificate]
        for key in self.key_list.of_usage(KeyUsage.SEAL_CA):
            try:
                key.check_not_revoked(at)
                issuers.append(key.x509_certificate())
            except (KeyNotValid, KeyUnknown):
                continue
        if not any(_issued(der, issuer) for issuer in issuers):
            raise SealMakerUnknown("the holder's certificate was not issued by the root or its seal CA")


def read_pinned_makers(folder: Path) -> tuple[bytes, ...]:
    """DER of every certificate file (.pem, .crt, .cer, .der); none when there is no such folder.

    Raises: TrustFileRefused for a file that is no certificate: a mistyped pin must not go unnoticed.
    """
    if not folder.is_dir():
        return ()
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
    return tuple(read_maker_file(path) for path in files)


def read_maker_file(path: Path) -> bytes:
    """The DER of a maker's certificate, from PEM or DER.   Raises: TrustFileRefused."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise TrustFileRefused(f"{path.name} is too large for a certificate")
        if b"-----BEGIN CERTIFICATE-----" in data:
            data = x509.load_pem_x509_certificate(data).public_bytes(serialization.Encoding.DER)
        return read_seal_certificate(data).der
    except (OSError, ValueError, x509.InvalidVersion, SealObjectMalformed) as problem:
        raise TrustFileRefused(f"{path.name} cannot be read as a certificate") from problem


def _published_der(key: PublishedKey) -> bytes:
    return key.x509_certificate().public_bytes(serialization.Encoding.DER)


def _issued(der: bytes, issuer: x509.Certificate) -> bool:
    try:
        x509.load_der_x509_certificate(der).verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.InvalidVersion):
        return False
    return True
