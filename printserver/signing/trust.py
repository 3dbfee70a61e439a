"""The offline root: it certifies keys that live in the HSM and signs the key list. Used in ceremonies only.

Its key is P-256 in a PEM file of mode 0600, with a passphrase if one is given, and is never on a serving machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from printserver.signing.errors import TrustFileRefused
from printserver.signing.p256 import fingerprint_of, software_sign, spki_of
from printserver.signing.ports import RawSign
from printserver.signing.published_key import KeyUsage, certificate_spki

DOCUMENT_SIGNING: Final = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""id-kp-documentSigning. Source: RFC 9336 section 3."""
REVOCATION_LIST_LASTS: Final = timedelta(days=400)
"""A year and a month to hold the next ceremony in; each key list comes with a new revocation list."""
_BINDING: Final = frozenset({KeyUsage.PDF, KeyUsage.SEAL, KeyUsage.SEAL_MAKER})
"""Uses that bind somebody to content: contentCommitment as key usage, documentSigning as extended one."""


@dataclass(frozen=True)
class OfflineRoot:
    """The root's key and its self-signed certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the root's SubjectPublicKeyInfo, 64 hex digits: what readers pin and the contract prints."""
        return fingerprint_of(spki_of(self.key.public_key()))

    @property
    def sign(self) -> RawSign:
        """For `key_list.build_key_list`."""
        return software_sign(self.key)


def make_root(
    key_path: Path,
    *,
    common_name: str,
    organisation_name: str,
    not_before: datetime,
    not_after: datetime,
    passphrase_file: Path | None = None,
) -> OfflineRoot:
    """Make the root: writes its key to `key_path` (0600, must not exist), answers key and certificate.

    passphrase_file: its first line encrypts the key.   Raises: TrustFileRefused.
    """
    key = make_key_file(key_path, passphrase_file=passphrase_file)
    name = _name(common_name, organisation_name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return OfflineRoot(key, certificate)


def load_root(key_path: Path, certificate_path: Path, *, passphrase_file: Path | None = None) -> OfflineRoot:
    """Open the root for a ceremony.   Raises: TrustFileRefused, also for the certificate of another key."""
    key = load_key_file(key_path, passphrase_file=passphrase_file)
    try:
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    except (OSError, ValueError, x509.InvalidVersion) as problem:
        raise TrustFileRefused("the root's certificate cannot be read") from problem
    if certificate_spki(certificate) != spki_of(key.public_key()):
        raise TrustFileRefused("the root's key and certificate do not belong together")
    return OfflineRoot(key, certificate)


def issue_certificate(
    root: OfflineRoot,
    usage: KeyUsage,
    *,
    spki: bytes,
    common_name: str,
    organisation_name: str,
    not_before: datetime,
    not_after: datetime,
    serial: int | None = None,
) -> x509.Certificate:
    """Certify a public key for one use; the private key stays where it is, usually in the HSM.

    spki: DER; RSA of at least 3072 bits for `pdf`, P-256 for everything else.
    serial: certificate serial number, random when not given.
    Raises: TrustFileRefused when the key does not suit the use or outlives the root.
    """
    key = _suitable_key(spki, usage)
    if not root.certificate.not_valid_before_utc <= not_before < not_after <= root.certificate.not_valid_after_utc:
        raise TrustFileRefused("a certificate is valid only within its root's validity")
    authority = usage is KeyUsage.SEAL_CA
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name, organisation_name))
        .issuer_name(root.certificate.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(_key_usage(authority=authority, binding=usage in _BINDING), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()),
            critical=False,
        )
    )
    if authority or usage in _BINDING:
        purposes = [DOCUMENT_SIGNING]
        if usage is KeyUsage.PDF:
            # What common checkers of CMS (openssl cms, pdfsig) ask of a signer.
            purposes.append(ExtendedKeyUsageOID.EMAIL_PROTECTION)
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if usage is KeyUsage.TIME_STAMP:
        # Critical and alone. Source: RFC 3161 section 2.3.
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(root.key, hashes.SHA256())


def make_revocation_list(
    root: OfflineRoot, revoked: Iterable[tuple[int, datetime]], *, number: int, at: datetime, until: datetime
) -> bytes:
    """The root's revocation list as DER: what signatures of level B-LT carry, and readers without a key list ask.

    revoked: certificate serial numbers and since when.   number: grows with each list; the key list's sequence.
    until: when the next list must be there at the latest.   Source: RFC 5280 section 5.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(at)
        .next_update(until)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), critical=False)
    )
    for serial, since in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(root.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def make_key_file(path: Path, *, passphrase_file: Path | None = None) -> ec.EllipticCurvePrivateKey:
    """A new P-256 key in a PEM file of mode 0600 that did not exist before.   Raises: TrustFileRefused."""
    key = ec.generate_private_key(ec.SECP256R1())
    passphrase = _passphrase(passphrase_file)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption() if passphrase is None else serialization.BestAvailableEncryption(passphrase),
    )
    write_private_file(path, pem)
    return key


def load_key_file(path: Path, *, passphrase_file: Path | None = None) -> ec.EllipticCurvePrivateKey:
    """Raises: TrustFileRefused for a missing, foreign or too openly readable file, or a wrong passphrase."""
    try:
        if path.stat().st_mode & 0o077:
            raise TrustFileRefused("a private key's file must be readable by its owner alone")
        key = serialization.load_pem_private_key(path.read_bytes(), _passphrase(passphrase_file))
    except (OSError, ValueError, TypeError) as problem:
        raise TrustFileRefused("the private key cannot be read; check the file and its passphrase") from problem
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise TrustFileRefused("the private key is not a P-256 key")
    return key


def write_private_file(path: Path, content: bytes) -> None:
    """Write a secret to a new file of mode 0600 and sync it.   Raises: TrustFileRefused when the file exists."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as problem:
        raise TrustFileRefused(f"{path.name} cannot be created; it may exist already") from problem
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _suitable_key(spki: bytes, usage: KeyUsage) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise TrustFileRefused("the public key cannot be read") from problem
    if usage is KeyUsage.PDF and isinstance(key, rsa.RSAPublicKey) and key.key_size >= 3072:
        return key
    on_p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    if usage is not KeyUsage.PDF and on_p256:
        return cast(ec.EllipticCurvePublicKey, key)
    raise TrustFileRefused(f"this kind of key is not for {usage}")


def _passphrase(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        line = file.read_bytes().split(b"\n", 1)[0].strip()
    except OSError as problem:
        raise TrustFileRefused("the passphrase file cannot be read") from problem
    if not line:
        raise TrustFileRefused("the passphrase file is empty")
    return line


def _name(common_name: str, organisation_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation_name),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*, authority: bool = False, binding: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=binding,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
