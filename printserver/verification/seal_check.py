"""What a seal file, or a signature made with a seal, is worth: whose, made by which maker, valid when. Asks nobody.

Never raises on hostile bytes; the signature is judged before the maker, so that a whole seal of a stranger is told
from a forged one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from printserver.signing.errors import (
    SealAlgorithmUnknown,
    SealMakerUnknown,
    SealObjectExpired,
    SealObjectForged,
    SealObjectMalformed,
)
from printserver.signing.seal_algorithms import ALGORITHMS
from printserver.signing.seal_certificates import SealCertificate, read_seal_certificate
from printserver.signing.seal_makers import SealMakers, Vouched
from printserver.signing.seal_object import (
    Makers,
    SealObject,
    SealPicture,
    check_seal_signed,
    check_seal_valid,
    read_seal_object,
    vouched_seal,
)
from printserver.signing.seal_signature import (
    SealSignature,
    check_data,
    check_signature_signed,
    check_signature_valid,
    digest_for,
    is_seal_signature,
    read_seal_signature,
)


class SealVerdictKind(StrEnum):
    """What is said of a seal or a signature made with one. Words for people are the pages' own."""

    GENUINE = "genuine"
    """Whole, of a maker that is believed here, and valid: a seal now, a signature when it was made."""
    EXPIRED = "expired"
    """Whole and of a believed maker, but not valid at that time."""
    MAKER_UNKNOWN = "maker-unknown"
    """Whole, but nobody here vouches for its maker: anybody can make such a seal."""
    OTHER_DATA = "other-data"
    """The signature is whole, but was made over something else than what was shown."""
    FORGED = "forged"
    """The signature does not belong to these bytes."""
    UNVERIFIABLE = "unverifiable"
    """Signed with an algorithm that is not verified here."""
    UNREADABLE = "unreadable"
    """No seal of GM/T 0031 or GB/T 38540, and no signature made with one."""


@dataclass(frozen=True)
class Certified:
    """Who a certificate names. `fingerprint`: SHA-256 of the whole certificate, 64 hex digits."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    fingerprint: str

    @classmethod
    def of(cls, certificate: SealCertificate) -> Certified:
        return cls(
            certificate.subject,
            certificate.issuer,
            f"{certificate.serial:x}",
            certificate.not_before,
            certificate.not_after,
            sha256(certificate.der).hexdigest(),
        )


@dataclass(frozen=True)
class SealReport:
    """What the seal says of itself, whatever it is worth. `holders`: none when only their digests are listed."""

    version: int
    seal_id: str
    name: str
    seal_type: int
    """1 for an organisation's seal, 2 for a person's; others are the maker's own."""
    vendor_id: str
    created_at: datetime
    valid_from: datetime
    valid_to: datetime
    algorithm: str
    maker: Certified
    vouched: Vouched | None
    """Why the maker is believed: internal (made here) or pinned; None for a stranger."""
    holders: tuple[Certified, ...]
    holder_digests: int
    picture: SealPicture
    time_stamped: bool
    sha256: str


@dataclass(frozen=True)
class UseReport:
    """What a signature made with the seal says of itself. `digest`: of what was sealed, hex, by `hash`.

    data_compared: whether what was sealed was shown and is the same.
    """

    signed_at: datetime
    digest: str
    hash: str
    property_info: str
    holder: Certified
    algorithm: str
    data_compared: bool
    time_stamped: bool


@dataclass(frozen=True)
class SealVerdict:
    """`seal` for everything that could be read; `use` besides when it is a signature made with a seal."""

    kind: SealVerdictKind
    seal: SealReport | None = None
    use: UseReport | None = None


def check_seal_file(file: bytes, makers: Makers, at: datetime, *, data: bytes | None = None) -> SealVerdict:
    """Judge a seal, or a signature made with one.

    at: now; a signature is judged by the time it claims.   data: what was sealed, whole; without it only the seal, the
    holder and the digest are proved.   Raises: Sm2Unavailable.
    """
    try:
        if is_seal_signature(file):
            return _judge_use(read_seal_signature(file), SealMakers.of(makers), data)
        return _judge_seal(read_seal_object(file), SealMakers.of(makers), at)
    except SealObjectMalformed:
        return SealVerdict(SealVerdictKind.UNREADABLE)


def _judge_seal(seal: SealObject, makers: SealMakers, at: datetime) -> SealVerdict:
    vouched = _vouched(seal, makers, at)
    report = _report(seal, vouched)
    checks: list[Callable[[], object]] = [
        lambda: check_seal_signed(seal),
        lambda: vouched_seal(seal, makers, at),
        lambda: check_seal_valid(seal, at),
    ]
    return SealVerdict(_first_problem(checks), report)


def _judge_use(signature: SealSignature, makers: SealMakers, data: bytes | None) -> SealVerdict:
    seal, at = signature.seal, signature.signed_at
    report = _report(seal, _vouched(seal, makers, at))
    checks: list[Callable[[], object]] = [
        lambda: check_seal_signed(seal),
        lambda: check_signature_signed(signature),
        lambda: vouched_seal(seal, makers, at),
        lambda: check_signature_valid(signature),
    ]
    kind, same = _first_problem(checks), False
    if kind not in (SealVerdictKind.FORGED, SealVerdictKind.UNVERIFIABLE) and data is not None:
        same = _is_over(signature, data)
        kind = kind if same else SealVerdictKind.OTHER_DATA
    return SealVerdict(kind, report, _use(signature, same))


def _is_over(signature: SealSignature, data: bytes) -> bool:
    try:
        check_data(signature, digest_for(signature, data))
    except SealObjectForged:
        return False
    return True


def _first_problem(checks: list[Callable[[], object]]) -> SealVerdictKind:
    try:
        for check in checks:
            check()
    except SealAlgorithmUnknown:
        return SealVerdictKind.UNVERIFIABLE
    except SealObjectForged:
        return SealVerdictKind.FORGED
    except SealMakerUnknown:
        return SealVerdictKind.MAKER_UNKNOWN
    except SealObjectExpired:
        return SealVerdictKind.EXPIRED
    return SealVerdictKind.GENUINE


def _vouched(seal: SealObject, makers: SealMakers, at: datetime) -> Vouched | None:
    try:
        return vouched_seal(seal, makers, at).vouched
    except SealMakerUnknown:
        return None


def _report(seal: SealObject, vouched: Vouched | None) -> SealReport:
    facts = seal.facts
    return SealReport(
        version=seal.version,
        seal_id=facts.seal_id,
        name=facts.name,
        seal_type=facts.seal_type,
        vendor_id=facts.vendor_id,
        created_at=facts.created_at,
        valid_from=facts.valid_from,
        valid_to=facts.valid_to,
        algorithm=_algorithm(seal.algorithm),
        maker=Certified.of(read_seal_certificate(seal.maker_certificate)),
        vouched=vouched,
        holders=tuple(Certified.of(read_seal_certificate(each)) for each in seal.holder_certificates),
        holder_digests=len(seal.holder_digests),
        picture=seal.picture,
        time_stamped=seal.time_stamped,
        sha256=seal.sha256,
    )


def _use(signature: SealSignature, same: bool) -> UseReport:
    return UseReport(
        signed_at=signature.signed_at,
        digest=signature.data_digest.hex(),
        hash=_hash(signature.algorithm),
        property_info=signature.property_info,
        holder=Certified.of(read_seal_certificate(signature.holder_certificate)),
        algorithm=_algorithm(signature.algorithm),
        data_compared=same,
        time_stamped=signature.time_stamped,
    )


def _algorithm(oid: str) -> str:
    known = ALGORITHMS.get(oid)
    return oid if known is None else known.name


def _hash(oid: str) -> str:
    known = ALGORITHMS.get(oid)
    return "" if known is None else known.name.rpartition(" ")[2]
