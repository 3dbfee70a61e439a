"""Issue one copy: check, redeem and commit, spend, and only then sign; verify the result before it counts.

The HSM signs once for each seal, once for each page's code and once for the PDF, and nothing else for a copy.
A crash after the redemption wastes the authorisation and its serial; it never makes a second signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from printserver.approvals.authorisation import (
    AuthorisationSpent,
    record_refusal,
    redeem,
    redeemed_copies,
)
from printserver.audit.log import By
from printserver.foundation.errors import PrintServerError, TransitionRefused, Unavailable
from printserver.foundation.ids import made_at
from printserver.foundation.serials import ELECTRONIC_ORIGINAL
from printserver.foundation.unit_of_work import Database
from printserver.print_requests.copies import move_copy, record_issued
from printserver.print_requests.copy_seals import record_sealed
from printserver.print_requests.queries import copies_in, copy_facts
from printserver.print_requests.states import CopyAction, CopyState, next_copy_state
from printserver.rendering.mark_check import check_marks
from printserver.rendering.overlay import put_codes
from printserver.signer.checks import Approved, approved_copy
from printserver.signer.keys import SigningKeys
from printserver.signer.sealing import Holder, SealHolders, put_seals
from printserver.signing.codes import CodeBody, encode_text, parse_text, sign_code, verify_code
from printserver.signing.errors import AlreadySpent, CopyBeforeEpoch, PdfSignatureRefused
from printserver.signing.pades import sign_pdf, verify_pdf
from printserver.signing.pades_preparation import PdfPreparation, Prepared
from printserver.signing.register_journal import RegisterJournal
from printserver.signing.spent_journal import SpentJournal
from printserver.storage.objects import Objects

BY_SIGNER: Final = By(process="signer")
SIGNATURE_FIELD: Final = "IssuingSignature"


@dataclass(frozen=True)
class Issuing:
    """public_url: scheme and host of the page that the codes open."""

    database: Database
    objects: Objects
    keys: SigningKeys
    journal: SpentJournal
    register: RegisterJournal
    preparation: PdfPreparation
    public_url: str
    guarded_now: Callable[[], datetime] | None = None
    """The database's clock when not given."""
    _holders: SealHolders = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_holders", SealHolders(self.keys))

    def issue(self, authorisation_id: UUID) -> str:
        """Sign the authorised copy and answer the digest of the issued PDF.

        What the network must give is got before the redemption, but for the time-stamp on the signature itself.
        Raises: whatever `approved_copy` refuses, TransitionRefused, AuthorisationSpent, AlreadySpent, CopyBeforeEpoch,
        CertificateNotValid, HsmUnavailable and other Unavailable.
        Refusals are recorded; from the redemption on, a failure wastes the copy.
        """
        try:
            now = self._now().replace(microsecond=0)
            approved = self._checked(authorisation_id, now)
            holders = tuple(self._holders.holder(seal, now) for seal in approved.seals)
            prepared = self.preparation.prepare(self.keys.pdf()[0], now)
            with self.database.work() as work:
                next_copy_state(copy_facts(work, approved.authorisation.copy_id).state, CopyAction.ISSUE)
                redeem(work, BY_SIGNER, approved.authorisation)
        except PrintServerError as problem:
            self._record_refusal(authorisation_id, problem)
            raise
        try:
            return self._sign(approved, holders, prepared, now)
        except BaseException:
            self._waste(approved.authorisation.copy_id)
            raise

    def waste_interrupted(self) -> int:
        """At the start, when nothing is under way: copies that were redeemed and never signed are wasted."""
        with self.database.work() as work:
            interrupted = redeemed_copies(work, copies_in(work, CopyState.AUTHORISED))
            for copy_id in interrupted:
                move_copy(work, BY_SIGNER, copy_id, CopyAction.WASTE, reason="the signer was interrupted")
        return len(interrupted)

    def _checked(self, authorisation_id: UUID, now: datetime) -> Approved:
        approved = approved_copy(self.database, self.objects, self.keys.key_list, self.register, authorisation_id)
        if approved.authorisation.redeemed_at is not None:
            raise AuthorisationSpent("this authorisation was used already")
        if self.journal.is_spent(approved.serial):
            raise AlreadySpent("this copy was signed or wasted before; its authorisation has been set back")
        self.journal.check_uses(approved.uses_limits)
        self._refuse_older_than_the_epoch(approved)
        key, _ = self.keys.code(approved.organisation)
        key.check_valid(now)
        return approved

    def _refuse_older_than_the_epoch(self, approved: Approved) -> None:
        """A copy's id says when it was made (UUIDv7) and stands in the manifest that people signed."""
        begins = self.journal.epoch_begins_at
        if begins is not None and made_at(approved.authorisation.copy_id) < begins:
            raise CopyBeforeEpoch("this copy was made before an old state was restored; apply for a new one")

    def _now(self) -> datetime:
        """Raises: ClockSetBack, ClockJumped."""
        return self.database.clock.now() if self.guarded_now is None else self.guarded_now()

    def _sign(self, approved: Approved, holders: tuple[Holder, ...], prepared: Prepared, now: datetime) -> str:
        self.journal.spend(
            approved.serial,
            authorisation_id=approved.authorisation.id,
            manifest_sha256=approved.authorisation.manifest_sha256,
            at=now,
            limits=approved.uses_limits,
        )
        uses = put_seals(self.objects, self.keys, approved, holders, now)
        codes = self._codes(approved, now)
        pages = put_codes(approved.rendition, approved.layout, codes, approved.printer_dpi)
        check_marks(pages, approved.layout, approved.serial, codes)
        chain, sign = self.keys.pdf()
        pdf = sign_pdf(
            pages,
            sign=sign,
            certificates=chain,
            field_name=SIGNATURE_FIELD,
            reason=f"{approved.title} · {_which(approved)}",
            location="",
            time=now,
            prepared=prepared,
            place=approved.seal_place,
        )
        self._verify(pdf, codes, now)
        digest = self.objects.put(pdf, approved.authorisation.organisation_id)
        with self.database.work() as work:
            lines, head = self.journal.marked_head
            record_issued(
                work,
                BY_SIGNER,
                approved.authorisation.copy_id,
                digest,
                journal_lines=lines,
                journal_head=head,
            )
            record_sealed(work, BY_SIGNER, approved.authorisation.copy_id, uses)
        return digest

    def _codes(self, approved: Approved, now: datetime) -> list[str]:
        key, sign = self.keys.code(approved.organisation)
        pages = len(approved.layout)
        bodies = (
            CodeBody(
                key_id=key.key_id,
                organisation=approved.organisation,
                serial=approved.serial,
                issued_at=now,
                page=page,
                pages=pages,
                copy=approved.number,
                copies=approved.copies,
                first_seal_id=bytes.fromhex(approved.seal_code_id),
                document_sha256=bytes.fromhex(approved.document_sha256),
            )
            for page in range(1, pages + 1)
        )
        return [encode_text(self.public_url, sign_code(body, sign).blob) for body in bodies]

    def _verify(self, pdf: bytes, codes: list[str], now: datetime) -> None:
        key_list = self.keys.key_list
        verdict = verify_pdf(pdf, self.preparation.trust_roots, at=now)
        if verdict.level is not self.preparation.level or (verdict.level.is_stamped and verdict.stamped_at is None):
            raise PdfSignatureRefused(f"the signature came out as {verdict.level}, not as the settings ask")
        for code in codes:
            verify_code(parse_text(code), key_list)

    def _waste(self, copy_id: UUID) -> None:
        with self.database.work() as work:
            try:
                move_copy(work, BY_SIGNER, copy_id, CopyAction.WASTE, reason="signing failed after the redemption")
            except TransitionRefused:
                structlog.get_logger().warning("copy left as it is", copy_id=str(copy_id))

    def _record_refusal(self, authorisation_id: UUID, problem: PrintServerError) -> None:
        """An outage is no refusal: it is asked again, and would fill the log."""
        structlog.get_logger().error("refused to sign", authorisation_id=str(authorisation_id), code=problem.code)
        if isinstance(problem, Unavailable):
            return
        with self.database.work() as work:
            record_refusal(work, BY_SIGNER, authorisation_id, problem)


def _which(approved: Approved) -> str:
    """As the signature's reason says it to whoever opens the file."""
    if approved.number == ELECTRONIC_ORIGINAL:
        return "电子原件 electronic original"
    return f"{approved.number}/{approved.copies}"
