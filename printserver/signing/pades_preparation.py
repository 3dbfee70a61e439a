"""Everything that a PDF signature needs besides the key, got and judged before an authorisation is redeemed.

A certificate that is expired, revoked or of unknown standing is refused here, at every level; what the network must
give is fetched here, so that an authority's outage wastes no copy. One result serves the signatures of a minute.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from printserver.signing.errors import CertificateNotValid
from printserver.signing.pades_level import PdfLevel
from printserver.signing.revocation import RevocationProofs, RevocationSource
from printserver.signing.time_stamps import PortTimeStamper, TimeStampAsk

REUSED_SECONDS: Final = 60.0
CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""An authority's clock and ours."""
_SIGNING: Final = {"non_repudiation"}
_STAMPING: Final = {"time_stamping"}


@dataclass(frozen=True)
class Prepared:
    """context, time_stamper: None as far as the level needs none."""

    level: PdfLevel
    context: ValidationContext
    time_stamper: PortTimeStamper | None


@dataclass(frozen=True)
class _Kept:
    prepared: Prepared
    chain: tuple[x509.Certificate, ...]
    until: float


class PdfPreparation:
    """Thread safe.   trust_roots: of the signers and of the time-stamp authorities.   ask_time: None only at B-B."""

    def __init__(
        self,
        level: PdfLevel,
        *,
        trust_roots: Sequence[x509.Certificate],
        revocation: RevocationSource,
        ask_time: TimeStampAsk | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if level.is_stamped and ask_time is None:
            raise ValueError(f"level {level} needs a time-stamp authority")
        self.level, self.trust_roots = level, tuple(trust_roots)
        self._revocation, self._ask_time, self._monotonic = revocation, ask_time, monotonic
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    def prepare(self, chain: Sequence[x509.Certificate], at: datetime) -> Prepared:
        """chain: the signer's certificate, then its issuers, the root last.   at: the time that will be signed.

        Raises: CertificateNotValid; RevocationUnknown, TimeStampUnavailable and other Unavailable, to be asked again.
        """
        for certificate in chain:
            if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
                raise CertificateNotValid("the certificate of the PDF key, or its issuer's, is not valid now: renew it")
        with self._lock:
            kept = self._kept
            if kept is None or kept.chain != tuple(chain) or self._monotonic() >= kept.until:
                kept = _Kept(self._made(chain, at), tuple(chain), self._monotonic() + REUSED_SECONDS)
                self._kept = kept
            return kept.prepared

    def _made(self, chain: Sequence[x509.Certificate], at: datetime) -> Prepared:
        proofs = self._revocation.proofs(chain)
        stamper, stamping = self._stamper()
        proofs = proofs.with_those_of(self._revocation.proofs(stamping))
        context = self._context(proofs, at)
        _check(context, chain, _SIGNING)
        if stamper is not None:
            _check(context, stamping, set(), _STAMPING)
        return Prepared(self.level, context, stamper)

    def _stamper(self) -> tuple[PortTimeStamper | None, list[x509.Certificate]]:
        """A stamp on nothing shows that the authority answers, and brings its certificates."""
        if self._ask_time is None or not self.level.is_stamped:
            return None, []
        stamper = PortTimeStamper(self._ask_time)
        stamper.ask_once()
        sent = [x509.load_der_x509_certificate(each.dump()) for each in stamper.certificates()]
        return stamper, _in_order(sent[:1], [*sent[1:], *self.trust_roots])

    def _context(self, proofs: RevocationProofs, at: datetime) -> ValidationContext:
        return ValidationContext(
            trust_roots=[asn1_certificate(root) for root in self.trust_roots],
            moment=at.astimezone(UTC),
            allow_fetching=False,
            crls=proofs.crls,
            ocsps=proofs.ocsps,
            # "hard-fail" would not look at a list that no certificate names, such as our own root's.
            revocation_mode="require" if self.level.carries_proofs or proofs.complete else "hard-fail",
            time_tolerance=CLOCKS_DIFFER,
            retroactive_revinfo=True,
        )


def _check(
    context: ValidationContext,
    chain: Sequence[x509.Certificate],
    key_usage: set[str],
    extended_key_usage: set[str] | None = None,
) -> None:
    first, *others = [asn1_certificate(each) for each in chain]
    validator: Any = CertificateValidator(first, intermediate_certs=others, validation_context=context)
    try:
        asyncio.run(validator.async_validate_usage(key_usage, extended_key_usage or set()))
    except (PathError, ValidationError) as problem:
        raise CertificateNotValid(f"a certificate is not good for signing now: {problem}") from problem


def _in_order(begun: list[x509.Certificate], others: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Each certificate's issuer behind it, as far as `others` hold it."""
    while begun and begun[-1].issuer != begun[-1].subject:
        issuers = [each for each in others if each.subject == begun[-1].issuer and each not in begun]
        if not issuers:
            break
        begun = [*begun, issuers[0]]
    return begun


def asn1_certificate(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """As pyHanko wants it."""
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
