"""PDF signatures: PAdES B-B, certified so that no later change is allowed, and our own check of every output.

Source: ETSI EN 319 142-1 (unverified against the text), as implemented by pyHanko.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from printserver.signing.errors import PdfNotSignable, PdfNotSigned, PdfSignatureRefused
from printserver.signing.ports import MessageSign

BYTES_RESERVED: Final = 16_384
"""For the CMS, as hex digits in the file: our certificates fit several times; no trial signature is needed."""
RSA_3072_SIGNATURE: Final = 384
_BROKEN: Final = (
    PdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, NotImplementedError, OverflowError,
    RecursionError,
)  # fmt: skip
"""What pyHanko and asn1crypto raise over a file that is not what it says."""


class PortSigner(signers.Signer):
    """A pyHanko signer whose RSA key is behind a port: pyHanko never opens PKCS#11 itself.

    Blocks while the port signs; pyHanko runs it in an event loop of the calling thread's own.
    """

    def __init__(self, sign: MessageSign, certificates: Sequence[x509.Certificate]) -> None:
        first, *chain = [_asn1(certificate) for certificate in certificates]
        super().__init__(signing_cert=first, cert_registry=SimpleCertificateStore.from_certs(chain))
        self._sign = sign

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, nothing else."""
        if digest_algorithm != "sha256":
            raise SigningError("the key signs SHA-256 only")
        return b"\0" * RSA_3072_SIGNATURE if dry_run else self._sign(data)


class _SignerAt(signers.PdfSigner):
    """Takes the signing time from the caller, not from the wall clock."""

    at: datetime

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.at
        return session


@dataclass(frozen=True)
class PdfVerdict:
    """What a wholly verified PDF's last signature says."""

    signer: str
    """The certificate's subject, for people."""
    certificate: bytes
    """DER of the signer's certificate."""
    signed_at: datetime | None
    """As claimed by the signer."""
    field_name: str
    signatures: int
    """How many there are; all of them verify."""
    no_changes_allowed: bool
    """Certified, and nothing may change."""


def sign_pdf(
    pdf: bytes,
    *,
    sign: MessageSign,
    certificates: Sequence[x509.Certificate],
    field_name: str,
    reason: str,
    location: str,
    time: datetime,
) -> bytes:
    """Certify a PDF with an invisible signature, appended as one revision.

    pdf: unsigned, not encrypted.   certificates: the RSA signer's first, then its chain, the root last.
    time: claimed signing time, aware.   Raises: PdfNotSignable; whatever `sign` raises.
    """
    metadata = signers.PdfSignatureMetadata(
        field_name=field_name,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        location=location,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    signer = _SignerAt(
        metadata,
        signer=PortSigner(sign, certificates),
        new_field_spec=fields.SigFieldSpec(field_name),
    )
    signer.at = time.astimezone(UTC)
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        if any(True for _ in fields.enumerate_sig_fields(writer)):
            raise PdfNotSignable("the PDF already has signature fields")
        signed: bytes = signer.sign_pdf(writer, bytes_reserved=BYTES_RESERVED).getvalue()
    except _BROKEN as problem:
        raise PdfNotSignable("the PDF cannot be signed as it is") from problem
    return signed


def verify_pdf(pdf: bytes, trust_roots: Sequence[x509.Certificate], *, at: datetime | None = None) -> PdfVerdict:
    """Prove that every signature of this PDF is intact and trusted and that the last one covers the whole file.

    trust_roots: none trusts nobody.   at: the moment the certificates are judged at, now if not given.
    Certificates are not looked up for revocation: the key list says what is revoked.
    Raises: PdfNotSigned, PdfSignatureRefused.
    """
    if not trust_roots:
        raise PdfSignatureRefused("no root is trusted")
    if not pdf.startswith(b"%PDF-"):
        raise PdfSignatureRefused("not a PDF")
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        embedded = reader.embedded_regular_signatures
        if not embedded:
            raise PdfNotSigned("the PDF is not signed")
        statuses = [validate_pdf_signature(signature, _context(trust_roots, at)) for signature in embedded]
    except _BROKEN as problem:
        raise PdfSignatureRefused("the PDF's signature cannot be verified") from problem
    for signature, status in zip(embedded, statuses, strict=True):
        _check(signature, status)
    last = statuses[-1]
    if last.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise PdfSignatureRefused("the PDF was changed after it was signed")
    return _verdict(embedded[-1], last, len(statuses))


def _check(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> None:
    if not (status.intact and status.valid):
        raise PdfSignatureRefused("the PDF's signature does not belong to its content")
    if not status.trusted:
        raise PdfSignatureRefused("the PDF was signed by somebody who is not trusted")
    if status.coverage < SignatureCoverageLevel.ENTIRE_REVISION or not status.bottom_line:
        raise PdfSignatureRefused(f"the PDF was changed in a way signature {signature.field_name} does not allow")


def _verdict(signature: EmbeddedPdfSignature, status: PdfSignatureStatus, count: int) -> PdfVerdict:
    permission = signature.docmdp_level
    return PdfVerdict(
        signer=status.signing_cert.subject.human_friendly,
        certificate=status.signing_cert.dump(),
        signed_at=status.signer_reported_dt,
        field_name=signature.field_name,
        signatures=count,
        no_changes_allowed=permission is fields.MDPPerm.NO_CHANGES,
    )


def _context(trust_roots: Sequence[x509.Certificate], at: datetime | None) -> ValidationContext:
    return ValidationContext(
        trust_roots=[_asn1(root) for root in trust_roots],
        moment=None if at is None else at.astimezone(UTC),
        allow_fetching=False,
        revocation_mode="soft-fail",
    )


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
