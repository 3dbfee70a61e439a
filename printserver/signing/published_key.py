"""One entry of the published key list: a public key, what it may sign, for whom and when."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from printserver.signing.errors import KeyListRefused, KeyNotValid, KeyUnknown, SignatureInvalid
from printserver.signing.p256 import key_id_of, load_public_key

_FIELDS: Final = {
    "key_id", "usage", "organisation", "spki", "certificate", "not_before", "not_after", "revoked_at",
}  # fmt: skip
_REASON: Final = "revoked_reason"


class KeyUsage(StrEnum):
    """What a published key may sign, and nothing else."""

    CODE = "code"
    PDF = "pdf"
    TREE_HEAD = "tree-head"
    SEAL_MAKER = "seal-maker"
    SEAL_CA = "seal-ca"
    """Certifies the keys of seals that are made after the ceremony, when the offline root is away."""
    SEAL = "seal"
    ATTESTATION = "attestation"
    TIME_STAMP = "time-stamp"

    @property
    def is_in_hsm(self) -> bool:
        """The attestation key alone is a file of the web process."""
        return self is not KeyUsage.ATTESTATION


@dataclass(frozen=True)
class PublishedKey:
    """One key of the list."""

    key_id: str
    """8 lower-case hex digits, the first 4 bytes of SHA-256 of `spki`."""
    usage: KeyUsage
    organisation: int | None
    """u32; a code key always has one."""
    spki: bytes
    """DER SubjectPublicKeyInfo: RSA for `pdf` (or P-256), P-256 for every other use."""
    certificate: str | None
    """PEM, issued by the list's root, or None."""
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    revoked_reason: str = ""
    """Why, in the words of the ceremony; empty in lists of version 1."""

    @classmethod
    def of_certificate(cls, certificate: x509.Certificate, usage: KeyUsage, *, organisation: int | None) -> Self:
        """An entry with the certificate's own key and validity."""
        spki = certificate_spki(certificate)
        return cls(
            key_id=key_id_of(spki),
            usage=usage,
            organisation=organisation,
            spki=spki,
            certificate=certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            revoked_at=None,
        )

    def revoked(self, at: datetime, reason: str = "") -> Self:
        """The same entry for the next list, revoked at that time."""
        return replace(self, revoked_at=at, revoked_reason=reason)

    def p256_key(self) -> ec.EllipticCurvePublicKey:
        """Raises: SignatureInvalid when the key is not P-256."""
        return load_public_key(self.spki)

    def x509_certificate(self) -> x509.Certificate:
        """Raises: KeyUnknown when the list publishes the bare key only."""
        if self.certificate is None:
            raise KeyUnknown("the key list holds no certificate for this key")
        return x509.load_pem_x509_certificate(self.certificate.encode("ascii"))

    def check_valid(self, at: datetime) -> None:
        """Raises: KeyNotValid when `at` is outside the key's validity (both ends belong to it)."""
        if not self.not_before <= at <= self.not_after:
            raise KeyNotValid("the signing key was not valid at that time")

    def check_not_revoked(self, at: datetime | None) -> None:
        """Raises: KeyNotValid when the key was revoked by then; without `at`, when it is revoked at all."""
        if self.revoked_at is not None and (at is None or self.revoked_at <= at):
            raise KeyNotValid("the signing key has been revoked")


def read_published_key(entry: Any, root: x509.Certificate) -> PublishedKey:
    """An entry as the list holds it; `root`: the list's verified root certificate.   Raises: KeyListRefused."""
    if not isinstance(entry, dict) or set(entry) - {_REASON} != _FIELDS:
        raise KeyListRefused("an entry of the key list has missing or unknown fields")
    if entry["usage"] not in list(KeyUsage):
        raise KeyListRefused("an entry of the key list has an unknown use")
    key = PublishedKey(
        key_id=entry["key_id"],
        usage=KeyUsage(entry["usage"]),
        organisation=entry["organisation"],
        spki=read_base64(entry["spki"]),
        certificate=entry["certificate"],
        not_before=read_time(entry["not_before"]),
        not_after=read_time(entry["not_after"]),
        revoked_at=None if entry["revoked_at"] is None else read_time(entry["revoked_at"]),
        revoked_reason=_text(entry.get(_REASON, "")),
    )
    _check_key(key, root)
    return key


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise KeyListRefused("the reason for a revocation is no text")
    return value


def _check_key(key: PublishedKey, root: x509.Certificate) -> None:
    if key.revoked_reason and key.revoked_at is None:
        raise KeyListRefused("a key has a reason for a revocation that was none")
    if key.key_id != key_id_of(key.spki):
        raise KeyListRefused("a key id does not belong to its key")
    if key.organisation is None:
        if key.usage is KeyUsage.CODE:
            raise KeyListRefused("a code key belongs to no organisation")
    elif type(key.organisation) is not int or not 0 <= key.organisation < 1 << 32:
        raise KeyListRefused("an organisation's number is out of range")
    if key.not_before >= key.not_after:
        raise KeyListRefused("a key is never valid")
    if key.usage is KeyUsage.PDF:
        _check_pdf_key(key.spki)
    else:
        _check_p256_key(key.spki)
    if key.certificate is not None:
        _check_certificate(key, read_certificate(key.certificate), root)


def _check_p256_key(spki: bytes) -> None:
    try:
        load_public_key(spki)
    except SignatureInvalid as problem:
        raise KeyListRefused("a key of the list is not P-256") from problem


def _check_pdf_key(spki: bytes) -> None:
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise KeyListRefused("a PDF key of the list cannot be read") from problem
    if not (isinstance(key, rsa.RSAPublicKey) and key.key_size >= 3072):
        _check_p256_key(spki)


def _check_certificate(key: PublishedKey, certificate: x509.Certificate, root: x509.Certificate) -> None:
    if certificate_spki(certificate) != key.spki:
        raise KeyListRefused("a certificate of the list is for another key")
    try:
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature) as problem:
        raise KeyListRefused("a certificate of the list was not issued by its root") from problem


def write_published_key(key: PublishedKey) -> dict[str, Any]:
    """The entry as JSON, all fields present; the reason only of a revoked key."""
    reason = {_REASON: key.revoked_reason} if key.revoked_reason else {}
    return {
        **reason,
        "key_id": key.key_id,
        "usage": str(key.usage),
        "organisation": key.organisation,
        "spki": base64.b64encode(key.spki).decode("ascii"),
        "certificate": key.certificate,
        "not_before": write_time(key.not_before),
        "not_after": write_time(key.not_after),
        "revoked_at": None if key.revoked_at is None else write_time(key.revoked_at),
    }


def read_certificate(text: Any) -> x509.Certificate:
    """Raises: KeyListRefused."""
    try:
        return x509.load_pem_x509_certificate(text.encode("ascii"))
    except (ValueError, AttributeError, x509.InvalidVersion) as problem:
        raise KeyListRefused("a certificate of the key list cannot be read") from problem


def certificate_spki(certificate: x509.Certificate) -> bytes:
    """The certificate's key as DER SubjectPublicKeyInfo.   Raises: KeyListRefused for a kind of key we never use."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise KeyListRefused("a certificate holds a key of an unknown kind") from problem
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def read_base64(text: Any) -> bytes:
    """Raises: KeyListRefused."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as problem:
        raise KeyListRefused("the key list holds bad base64") from problem


def read_time(text: Any) -> datetime:
    """UTC, whole seconds, one spelling.   Raises: KeyListRefused."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        raise KeyListRefused("times in the key list are written as 2026-01-31T12:00:00Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as problem:
        raise KeyListRefused("the key list holds an impossible time") from problem


def write_time(at: datetime) -> str:
    """Fractions of a second are cut off.   Raises: KeyListRefused for a time without a zone."""
    if at.tzinfo is None:
        raise KeyListRefused("times in the key list are in UTC")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
