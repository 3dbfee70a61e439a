"""Proofs of identity are handed in: what is right in form is kept, its number and evidence sealed before any row."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select

from printserver.audit.log import append
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.identity_numbers import masked, normal_form
from printserver.organisations.identity_proof import OF_PERSONS, Document, ProofState, fits
from printserver.organisations.identity_proof_errors import (
    IdentityNumberWrong,
    IdentityProofMalformed,
    IdentityProofOpen,
)
from printserver.organisations.identity_proof_events import IdentitySubmitted
from printserver.organisations.identity_proof_models import IdentityEvidence, IdentityProof
from printserver.organisations.people import PersonGone
from printserver.organisations.secrets import Purpose, Secrets
from printserver.organisations.stewards import concerned_branch, concerned_person
from printserver.storage.objects import Objects
from printserver.storage.sealed import Belonging, KeyWrapper, Sealed, seal_apart, unseal_apart

MOST_FILES: Final = 6
LONGEST_NAME: Final = 200
NUMBER_KIND: Final = "identity-number"
EVIDENCE_KIND: Final = "identity-evidence"


@dataclass(frozen=True)
class NewProof:
    """Of a person, or of the company that a branch is; one of the two.

    valid_until: the document's last day; None when it has none.   legal_representative: of a company.
    """

    document: Document
    name: str
    number: str
    valid_until: date | None
    person_id: UUID | None = None
    branch_id: UUID | None = None
    legal_representative: str = ""


@dataclass(frozen=True)
class EvidenceFile:
    """What a person handed in, as a safe PDF."""

    filename: str
    pdf: bytes
    pages: int


@dataclass(frozen=True)
class SealedFile:
    id: UUID
    filename: str
    pages: int
    object_sha256: str
    wrapped_key: bytes


@dataclass(frozen=True)
class SealedProof:
    """All that is secret of a proof that has no row yet."""

    id: UUID
    number: Sealed
    files: tuple[SealedFile, ...]


def checked_proof(work: Work, actor: Actor, new: NewProof) -> NewProof:
    """In its usual form.

    Raises: PersonNotFound, PersonGone, BranchNotFound, IdentityProofMalformed, IdentityNumberWrong, IdentityProofOpen.
    """
    of_person = new.person_id is not None
    if of_person == (new.branch_id is not None) or of_person != (new.document in OF_PERSONS):
        raise IdentityProofMalformed("a proof is of a person with a document, or of a company with its licence")
    if new.person_id is not None and concerned_person(work, actor, new.person_id).left_at is not None:
        raise PersonGone("this person has left")
    if new.branch_id is not None:
        concerned_branch(work, actor, new.branch_id)
    name, representative = _name(new.name), "" if of_person else _name(new.legal_representative)
    number = normal_form(new.number)
    if not fits(new.document, number):
        raise IdentityNumberWrong("the number has a typing error: it is not as such numbers are made")
    if new.valid_until is not None and new.valid_until < work.now().date():
        raise IdentityProofMalformed("this document is no longer valid")
    if work.session.scalar(select(IdentityProof.id).where(_of(new), IdentityProof.state == ProofState.SUBMITTED)):
        raise IdentityProofOpen("a proof is waiting to be looked at already; withdraw that one, or wait")
    return NewProof(new.document, name, number, new.valid_until, new.person_id, new.branch_id, representative)


def seal_proof(
    objects: Objects, keys: KeyWrapper, organisation_id: UUID, number: str, files: Sequence[EvidenceFile]
) -> SealedProof:
    """Outside of any transaction: the HSM is asked once for the number and once for each file.

    Raises: IdentityProofMalformed, Unavailable.
    """
    if not 1 <= len(files) <= MOST_FILES:
        raise IdentityProofMalformed(f"a proof comes with 1 to {MOST_FILES} pictures or files of the document")
    proof_id = new_id()
    sealed = seal_apart(number.encode(), Belonging(organisation_id, NUMBER_KIND, proof_id), keys)
    return SealedProof(proof_id, sealed, tuple(_seal_file(objects, keys, organisation_id, file) for file in files))


def submit_proof(work: Work, actor: Actor, new: NewProof, sealed: SealedProof, secrets: Secrets) -> UUID:
    """sealed: number and evidence of this very proof.   Raises: as `checked_proof`."""
    proof = checked_proof(work, actor, new)
    work.session.add(
        IdentityProof(
            id=sealed.id,
            organisation_id=actor.organisation_id,
            person_id=proof.person_id,
            branch_id=proof.branch_id,
            document=proof.document,
            name=proof.name,
            legal_representative=proof.legal_representative,
            number_masked=masked(proof.number),
            number_digest=number_digest(secrets, actor.organisation_id, proof.document, proof.number),
            sealed_number=b64encode(sealed.number.content).decode("ascii"),
            wrapped_key=sealed.number.wrapped_key,
            valid_until=proof.valid_until,
            state=ProofState.SUBMITTED,
            submitted_by=actor.person_id,
            submitted_at=work.now(),
        )
    )
    work.session.flush()
    for position, file in enumerate(sealed.files, 1):
        work.session.add(IdentityEvidence(position=position, proof_id=sealed.id, **vars(file)))
    append(
        work,
        actor.by,
        IdentitySubmitted(
            id=sealed.id,
            of_person=proof.person_id,
            of_branch=proof.branch_id,
            document=proof.document,
            files=len(sealed.files),
        ),
    )
    return sealed.id


def number_digest(secrets: Secrets, organisation_id: UUID, document: str, number: str) -> str:
    """The same for the same number within an organisation; of no use to whoever lacks web's secret."""
    return secrets.mac(Purpose.IDENTITY_NUMBER, str(organisation_id), document, number)


def open_number(keys: KeyWrapper, organisation_id: UUID, proof_id: UUID, sealed_number: str, wrapped: bytes) -> str:
    """Raises: SealedNotGenuine, Unavailable."""
    sealed = Sealed(wrapped, b64decode(sealed_number))
    return unseal_apart(sealed, Belonging(organisation_id, NUMBER_KIND, proof_id), keys).decode()


def open_file(keys: KeyWrapper, organisation_id: UUID, evidence_id: UUID, sealed: Sealed) -> bytes:
    """The PDF.   Raises: SealedNotGenuine, Unavailable."""
    return unseal_apart(sealed, Belonging(organisation_id, EVIDENCE_KIND, evidence_id), keys)


def _seal_file(objects: Objects, keys: KeyWrapper, organisation_id: UUID, file: EvidenceFile) -> SealedFile:
    evidence_id = new_id()
    sealed = seal_apart(file.pdf, Belonging(organisation_id, EVIDENCE_KIND, evidence_id), keys)
    filename = "".join(each for each in file.filename if each.isprintable())[-LONGEST_NAME:]
    return SealedFile(
        evidence_id, filename, file.pages, objects.put(sealed.content, organisation_id), sealed.wrapped_key
    )


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise IdentityProofMalformed("the names are needed, as they stand on the document")
    return name


def _of(new: NewProof) -> ColumnElement[bool]:
    return IdentityProof.person_id == new.person_id if new.person_id else IdentityProof.branch_id == new.branch_id
