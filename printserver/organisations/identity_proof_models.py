"""Rows of proofs of identity: of whom, by which document, in which state; their sealed evidence, and who did what."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class IdentityProof(Base):
    """Of a person (`person_id`), or of the company that a branch is (`branch_id`).

    `sealed_number`: base64; nobody reads it again without `wrapped_key`.
    `number_digest`: keyed, to notice the same number twice; no number can be had by trying.
    `erasure_asked_by`: the first of the two persons who erase it.
    """

    __tablename__ = "identity_proof"
    __table_args__ = (CheckConstraint("(person_id IS NULL) <> (branch_id IS NULL)", name="one_subject"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("branch.id"), index=True)
    document: Mapped[str]
    name: Mapped[str]
    legal_representative: Mapped[str]
    number_masked: Mapped[str]
    number_digest: Mapped[str] = mapped_column(index=True)
    sealed_number: Mapped[str | None]
    wrapped_key: Mapped[bytes | None]
    valid_until: Mapped[date | None]
    state: Mapped[str]
    submitted_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime]
    checked_by: Mapped[UUID | None]
    checked_at: Mapped[datetime | None]
    method: Mapped[str | None]
    recheck_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    erasure_asked_by: Mapped[UUID | None]
    erasure_asked_at: Mapped[datetime | None]


class IdentityEvidence(Base):
    """A picture or PDF of the document, made safe and sealed.

    `object_sha256`: of the sealed bytes in the store, which nobody reads again without `wrapped_key`.
    """

    __tablename__ = "identity_evidence"
    __table_args__ = (UniqueConstraint("proof_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    proof_id: Mapped[UUID] = mapped_column(ForeignKey("identity_proof.id"), index=True)
    position: Mapped[int]
    filename: Mapped[str]
    pages: Mapped[int]
    object_sha256: Mapped[str]
    wrapped_key: Mapped[bytes | None]


class IdentityStep(Base):
    """One step in a proof's life. `person_id`: None for what time alone did."""

    __tablename__ = "identity_step"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    proof_id: Mapped[UUID] = mapped_column(ForeignKey("identity_proof.id"), index=True)
    action: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    method: Mapped[str | None]
    remark: Mapped[str]
    person_id: Mapped[UUID | None]
    at: Mapped[datetime]


class IdentityPolicy(Base):
    """What an organisation asks of its people and companies; without a row, nothing but the usual dates."""

    __tablename__ = "identity_policy"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    custodians: Mapped[bool]
    binding_roles: Mapped[bool]
    companies: Mapped[bool]
    recheck_days: Mapped[int]
    retention_days: Mapped[int]
    changed_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[datetime]
