"""Certificates for the keys of new seals, issued by the seal CA's key: the offline root is away by then.

The CA's key lies in the HSM behind a port. `cryptography` signs with keys in memory only, so the body that it builds is
taken and signed by the port.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from asn1crypto import algos, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from printserver.signing.errors import SealOrderRefused, SignatureInvalid
from printserver.signing.p256 import load_public_key, raw_to_der, sign_message
from printserver.signing.ports import RawSign
from printserver.signing.trust import DOCUMENT_SIGNING

LONGEST_NAME: Final = 64
"""Bytes of a common name that every library takes; the norm means characters (RFC 5280 appendix A.1, unverified)."""


def issue_holder_certificate(
    ca: x509.Certificate,
    sign: RawSign,
    *,
    spki: bytes,
    common_name: str,
    serial_text: str,
    not_before: datetime,
    not_after: datetime,
) -> x509.Certificate:
    """Certify a seal holder's P-256 key; the organisation is the CA's own.

    serial_text: the seal's id in codes, shown as the subject's serial number, so that equal names stay apart.
    Raises: SealOrderRefused when the certificate would outlive its CA, SignatureInvalid for another kind of key.
    """
    if not ca.not_valid_before_utc <= not_before < not_after <= ca.not_valid_after_utc:
        raise SealOrderRefused("a seal's key is valid only within the validity of the seal CA")
    key, ca_key = load_public_key(spki), ca.public_key()
    if not isinstance(ca_key, ec.EllipticCurvePublicKey):
        raise SignatureInvalid("the seal CA's key is not a P-256 key")
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(ca, common_name, serial_text))
        .issuer_name(ca.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key), critical=False)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
    )
    return _signed_by(builder, sign, ca)


def _signed_by(builder: x509.CertificateBuilder, sign: RawSign, ca: x509.Certificate) -> x509.Certificate:
    """The throw-away key signs a certificate of which only the body is kept."""
    body = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).tbs_certificate_bytes
    fields: dict[str, Any] = {
        "tbs_certificate": asn1_x509.TbsCertificate.load(body),
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        "signature_value": core.OctetBitString(raw_to_der(sign_message(sign, body))),
    }
    issued = x509.load_der_x509_certificate(asn1_x509.Certificate(fields).dump())
    issued.verify_directly_issued_by(ca)
    return issued


def _subject(ca: x509.Certificate, common_name: str, serial_text: str) -> x509.Name:
    # The whole name stands in the seal itself.
    short = common_name.encode("utf-8")[:LONGEST_NAME].decode("utf-8", "ignore")
    organisation = ca.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return x509.Name(
        [
            *organisation,
            x509.NameAttribute(NameOID.COMMON_NAME, short),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_text),
        ]
    )


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
