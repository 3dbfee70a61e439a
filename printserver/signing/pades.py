"""PDF signatures: PAdES B-B to B-LTA, certified so that no later change is allowed, and our own check of each output.

Source: ETSI EN 319 142-1 (unverified against the text), as implemented by pyHanko.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.status import DocumentTimestampStatus, PdfSignatureStatus
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from printserver.signing.errors import PdfNotSignable, PdfNotSigned, PdfSignatureRefused
from printserver.signing.pades_level import PdfLevel
from printserver.signing.pades_preparation import Prepared, asn1_certificate
from printserver.signing.ports import MessageSign

BYTES_RESERVED: Final = 16_384
"""For the CMS, as hex digits in the file: our certificates fit several times; no trial signature is needed."""
BYTES_RESERVED_WITH_STAMP: Final = 49_152
"""A time-stamp brings its authority's chain."""
UM_PER_POINT: Final = 25_400 / 72
RSA_3072_SIGNATURE: Final = 384
logging.getLogger("pyhanko.sign.signers.pdf_signer").addFilter(
    # All proofs were fetched before; pyHanko would warn of that with each signature.
    lambda record: "fetching is not allowed" not in record.getMessage()
)
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
        first, *chain = [asn1_certificate(certificate) for certificate in certificates]
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
class VisiblePlace:
    """Where readers show the signature: over a seal that the page shows already; the field itself draws nothing.

    page: from 1.   left_um, top_um: of its rectangle, from the page's top-left corner as a person sees it.
    page_height_um: of a page that is neither turned nor cropped.
    """

    page: int
    left_um: int
    top_um: int
    width_um: int
    height_um: int
    page_height_um: int

    def box(self) -> tuple[int, int, int, int]:
        """Left, bottom, right, top in points from the bottom-left corner, rounded to whole ones."""
        bottom = self.page_height_um - self.top_um - self.height_um
        edges = (self.left_um, bottom, self.left_um + self.width_um, bottom + self.height_um)
        left, low, right, high = (round(edge / UM_PER_POINT) for edge in edges)
        return left, low, right, high


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
    stamped_at: datetime | None = None
    """By a trusted time-stamp on the signature; None without one, or when its authority is not trusted here."""
    level: PdfLevel = PdfLevel.B_B
    """What the file carries; its proofs of the certificates are not judged here."""


def sign_pdf(
    pdf: bytes,
    *,
    sign: MessageSign,
    certificates: Sequence[x509.Certificate],
    field_name: str,
    reason: str,
    location: str,
    time: datetime,
    prepared: Prepared | None = None,
    place: VisiblePlace | None = None,
) -> bytes:
    """Certify a PDF with a signature that draws nothing, appended as one revision (B-LTA: and its time-stamp's).

    pdf: unsigned, not encrypted.   certificates: the RSA signer's first, then its chain, the root last.
    time: claimed signing time, aware.   prepared: B-B without it.   place: without it readers show it in lists only.
    Raises: PdfNotSignable, TimeStampUnavailable; whatever `sign` raises.
    """
    signer = _SignerAt(
        _metadata(field_name, reason, location, prepared),
        signer=PortSigner(sign, certificates),
        timestamper=None if prepared is None else prepared.time_stamper,
        stamp_style=None if place is None else _NothingDrawn(),
        new_field_spec=_field(field_name, place),
    )
    signer.at = time.astimezone(UTC)
    reserved = BYTES_RESERVED if prepared is None or prepared.time_stamper is None else BYTES_RESERVED_WITH_STAMP
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        if any(True for _ in fields.enumerate_sig_fields(writer)):
            raise PdfNotSignable("the PDF already has signature fields")
        signed: bytes = signer.sign_pdf(writer, bytes_reserved=reserved).getvalue()
    except _BROKEN as problem:
        raise PdfNotSignable("the PDF cannot be signed as it is") from problem
    return signed


def _metadata(field_name: str, reason: str, location: str, prepared: Prepared | None) -> signers.PdfSignatureMetadata:
    proofs = prepared is not None and prepared.level.carries_proofs
    return signers.PdfSignatureMetadata(
        field_name=field_name,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        location=location,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        embed_validation_info=proofs,
        validation_context=prepared.context if prepared is not None and proofs else None,
        use_pades_lta=prepared is not None and prepared.level is PdfLevel.B_LTA,
        # In the signature's own revision, so that the signature covers the whole file.
        dss_settings=DSSContentSettings(include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE),
    )


def _field(name: str, place: VisiblePlace | None) -> fields.SigFieldSpec:
    if place is None:
        return fields.SigFieldSpec(name)
    return fields.SigFieldSpec(name, on_page=place.page - 1, box=place.box())


class _NothingDrawn(StaticStampStyle):
    """An appearance without a mark: the seal below it is what people see, on the screen and on the paper."""

    def __init__(self) -> None:
        super().__init__(border_width=0, background=None)


def verify_pdf(
    pdf: bytes,
    trust_roots: Sequence[x509.Certificate],
    *,
    at: datetime | None = None,
    listed_keys: Collection[bytes] = (),
) -> PdfVerdict:
    """Prove that every signature of this PDF is intact and trusted and that the last one covers the whole file.

    trust_roots: none trusts nobody.   at: the moment the certificates are judged at, now if not given.
    listed_keys: DER of public keys that a verified key list vouches for; their certificates may have other issuers.
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
        statuses = [
            validate_pdf_signature(signature, _context(trust_roots, at, signature, listed_keys))
            for signature in embedded
        ]
        stamp = _last_stamp(reader, trust_roots, at)
    except _BROKEN as problem:
        raise PdfSignatureRefused("the PDF's signature cannot be verified") from problem
    for signature, status in zip(embedded, statuses, strict=True):
        _check(signature, status)
    last = statuses[-1] if stamp is None else stamp
    if last.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise PdfSignatureRefused("the PDF was changed after it was signed")
    return _verdict(embedded[-1], statuses[-1], len(statuses), _level(reader, statuses[-1], stamp))


def _last_stamp(
    reader: PdfFileReader, trust_roots: Sequence[x509.Certificate], at: datetime | None
) -> DocumentTimestampStatus | None:
    """The document time-stamp, if it is the last thing signed.   Raises: PdfSignatureRefused."""
    if reader.embedded_signatures[-1].sig_object.get("/Type") != "/DocTimeStamp":
        return None
    status = None
    for stamp in reader.embedded_timestamp_signatures:
        status = validate_pdf_timestamp(stamp, _context(trust_roots, at))
        if not (status.intact and status.valid) or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
            raise PdfSignatureRefused("the PDF's time-stamp does not belong to its content")
    return status


def _level(reader: PdfFileReader, status: PdfSignatureStatus, stamp: DocumentTimestampStatus | None) -> PdfLevel:
    if status.timestamp_validity is None:
        return PdfLevel.B_B
    if "/DSS" not in reader.root:
        return PdfLevel.B_T
    return PdfLevel.B_LT if stamp is None else PdfLevel.B_LTA


def _check(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> None:
    if not (status.intact and status.valid):
        raise PdfSignatureRefused("the PDF's signature does not belong to its content")
    if not status.trusted:
        raise PdfSignatureRefused("the PDF was signed by somebody who is not trusted")
    if status.timestamp_validity is not None and not (
        status.timestamp_validity.intact and status.timestamp_validity.valid
    ):
        raise PdfSignatureRefused("the time-stamp does not belong to the PDF's signature")
    unchanged = status.docmdp_ok or status.modification_level is None
    if status.coverage < SignatureCoverageLevel.ENTIRE_REVISION or not (unchanged and status.seed_value_ok):
        raise PdfSignatureRefused(f"the PDF was changed in a way signature {signature.field_name} does not allow")


def _verdict(signature: EmbeddedPdfSignature, status: PdfSignatureStatus, count: int, level: PdfLevel) -> PdfVerdict:
    permission = signature.docmdp_level
    stamp = status.timestamp_validity
    return PdfVerdict(
        signer=status.signing_cert.subject.human_friendly,
        certificate=status.signing_cert.dump(),
        signed_at=status.signer_reported_dt,
        field_name=signature.field_name,
        signatures=count,
        no_changes_allowed=permission is fields.MDPPerm.NO_CHANGES,
        stamped_at=stamp.timestamp if stamp is not None and stamp.trusted else None,
        level=level,
    )


def _context(
    trust_roots: Sequence[x509.Certificate],
    at: datetime | None,
    signature: EmbeddedPdfSignature | None = None,
    listed_keys: Collection[bytes] = (),
) -> ValidationContext:
    roots = [asn1_certificate(root) for root in trust_roots]
    signer = None if signature is None else signature.signer_cert
    if signer is not None and signer.public_key.dump() in listed_keys:
        roots.append(signer)
    return ValidationContext(
        trust_roots=roots,
        moment=None if at is None else at.astimezone(UTC),
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
