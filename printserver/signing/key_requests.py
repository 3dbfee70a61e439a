"""Certificates of outside authorities for keys of the HSM: the request, and what must be true of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from asn1crypto import algos, csr, keys, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from printserver.signing.errors import CertificateChainRefused
from printserver.signing.p256 import raw_to_der
from printserver.signing.pades_preparation import asn1_certificate
from printserver.signing.published_key import KeyUsage, PublishedKey, certificate_spki

CERTIFIED_OUTSIDE: Final = frozenset({KeyUsage.PDF, KeyUsage.TIME_STAMP})
"""Only what strangers' software checks by certificates; all else is believed by the key list alone."""


def certificate_request(
    spki: bytes, *, common_name: str, organisation_name: str, sign: Callable[[bytes], bytes]
) -> bytes:
    """A PKCS #10 request as PEM.

    sign: over the message; PKCS #1 v1.5 with SHA-256 for an RSA key, r‖s with SHA-256 for P-256.
    Source: RFC 2986 (unverified against the text; shown by `openssl req -verify`).
    """
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": asn1_x509.Name.build({"organization_name": organisation_name, "common_name": common_name}),
            "subject_pk_info": keys.PublicKeyInfo.load(spki),
            "attributes": [],
        }
    )
    is_rsa = isinstance(load_der_public_key(spki), rsa.RSAPublicKey)
    signature = sign(info.dump())
    request = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": algos.SignedDigestAlgorithm(
                {"algorithm": "sha256_rsa" if is_rsa else "sha256_ecdsa"}
            ),
            "signature": signature if is_rsa else raw_to_der(signature),
        }
    )
    armoured: bytes = pem.armor("CERTIFICATE REQUEST", request.dump())
    return armoured


def check_chain(
    chain: Sequence[x509.Certificate], key: PublishedKey, roots: Sequence[x509.Certificate], at: datetime
) -> tuple[x509.Certificate, ...]:
    """Prove that an imported chain is for this key and use, valid now, and leads to a root of the settings.

    chain: the key's own certificate first, each issuer behind it; the root may be left out.
    Answers the chain with its root.   Raises: CertificateChainRefused.
    """
    if key.usage not in CERTIFIED_OUTSIDE:
        raise CertificateChainRefused(f"a {key.usage} key is believed by the key list alone; it takes no certificate")
    if key.revoked_at is not None:
        raise CertificateChainRefused("the key has been revoked")
    own = chain[0]
    if certificate_spki(own) != key.spki:
        raise CertificateChainRefused("the first certificate is for another key")
    _check_usage(own, key.usage)
    root = _check_path(chain, roots, at)
    return tuple(chain) if chain[-1] == root else (*chain, root)


def _check_usage(certificate: x509.Certificate, usage: KeyUsage) -> None:
    stamping = False
    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        stamping = list(extended.value) == [ExtendedKeyUsageOID.TIME_STAMPING] and extended.critical
    except x509.ExtensionNotFound:
        stamping = False
    if stamping is not (usage is KeyUsage.TIME_STAMP):
        raise CertificateChainRefused(
            "a time-stamp key's certificate says critically that it is for time-stamps alone, and no other does"
        )


def _check_path(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime) -> x509.Certificate:
    """The root that the chain leads to."""
    for certificate, issuer in pairwise(chain):
        if certificate.issuer != issuer.subject:
            raise CertificateChainRefused("the certificates are not in the order of a chain")
    context = ValidationContext(
        trust_roots=[asn1_certificate(root) for root in roots],
        moment=at.astimezone(UTC),
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    first, *others = [asn1_certificate(certificate) for certificate in chain]
    validator: Any = CertificateValidator(first, intermediate_certs=others, validation_context=context)
    try:
        path = asyncio.run(validator.async_validate_usage({"digital_signature"}))
    except (PathError, ValidationError) as problem:
        raise CertificateChainRefused(f"the chain does not hold: {problem}") from problem
    anchor = path.trust_anchor.certificate.dump()
    return x509.load_der_x509_certificate(anchor)
