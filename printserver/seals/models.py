"""Rows of seals. The seal itself is the signed object; the row says where it is in its life.

Of a seal that is only applied for, `object_sha256` is empty. Rows are for pages and for refusing: what makes the signer
sign is its own register.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class Seal(Base):
    """`code_id`: 12 hexadecimal digits, the seal's six bytes in verification codes. Sizes in micrometres.

    `custodian_id`: the first of its custodians.   `owner_id`: of a personal seal, its only custodian.
    `origin`: `internal`, made here, or `filed`, another maker's object.   `artwork_source`: drawn, image or filed.
    `design`: what the generator was told.   `replaces_id`: the seal that this one renews.
    `classes`: of documents that it may seal, empty for all.   `uses`: copies that were authorised with it.
    `evidence`: what the signer asks of approvals, `attested` or `passkey`.
    """

    __tablename__ = "seal"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    custodian_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    code_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    type: Mapped[str]
    state: Mapped[str]
    width_um: Mapped[int]
    height_um: Mapped[int]
    object_sha256: Mapped[str]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    created_at: Mapped[datetime]
    registration_number: Mapped[str] = mapped_column(default="", server_default=text("''"))
    origin: Mapped[str] = mapped_column(default="internal", server_default=text("'internal'"))
    artwork_source: Mapped[str] = mapped_column(default="drawn", server_default=text("'drawn'"))
    artwork_sha256: Mapped[str | None]
    design: Mapped[dict[str, Any] | None]
    purpose: Mapped[str] = mapped_column(default="", server_default=text("''"))
    applicant_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    replaces_id: Mapped[UUID | None]
    classes: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    evidence: Mapped[str] = mapped_column(default="attested", server_default=text("'attested'"))
    uses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    uses_limit: Mapped[int | None]


class SealCustodian(Base):
    """A further custodian of a seal, besides `Seal.custodian_id`, who may have a row here as well.

    Rows are ended, never deleted; one that is ended counts as none.
    """

    __tablename__ = "seal_custodian"

    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seal.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True, index=True)
    ended_at: Mapped[datetime | None]


class SealPermit(Base):
    """Who may ask for a seal: `kind` `person` or `branch` (and all below it). None at all: everybody in its reach."""

    __tablename__ = "seal_permit"

    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seal.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    target_id: Mapped[UUID] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime | None]


class SealStep(Base):
    """A step of a seal's life: who wanted it, why, with what form and attachment. `outcome`: open, done or dropped.

    `body_sha256`: of the body of the officers' statement that it waits for. At most one step of a seal is open.
    """

    __tablename__ = "seal_step"
    __table_args__ = (
        Index(
            "one_open_step_per_seal",
            "seal_id",
            unique=True,
            sqlite_where=text("outcome = 'open'"),
            postgresql_where=text("outcome = 'open'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seal.id"), index=True)
    action: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str]
    form: Mapped[dict[str, Any]]
    attachment_sha256: Mapped[str | None]
    attachment_name: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    statement_id: Mapped[UUID | None]
    body_sha256: Mapped[str | None]
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class SealArtwork(Base):
    """A picture of a registered seal that somebody handed in, before and after its paper was taken away."""

    __tablename__ = "seal_artwork"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    filename: Mapped[str]
    width_um: Mapped[int]
    height_um: Mapped[int]
    dpi: Mapped[int]
    original_sha256: Mapped[str]
    before_sha256: Mapped[str]
    artwork_sha256: Mapped[str]
    created_at: Mapped[datetime]


class SealImport(Base):
    """A file of registered seals that was looked at; applying it names the digest of that very file."""

    __tablename__ = "seal_import"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    filename: Mapped[str]
    file_sha256: Mapped[str]
    lines: Mapped[list[Any]]
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]


class PhysicalSeal(Base):
    """A seal of rubber or metal in the register: who keeps it and where. No machine here moves it."""

    __tablename__ = "physical_seal"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    keeper_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    type: Mapped[str]
    registration_number: Mapped[str]
    place: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]


class PhysicalSealStep(Base):
    """What became of a physical seal; `witness`: the second person at its destruction or handover."""

    __tablename__ = "physical_seal_step"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seal_id: Mapped[UUID] = mapped_column(ForeignKey("physical_seal.id"), index=True)
    action: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    reason: Mapped[str]
    keeper_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    place: Mapped[str]
    witness_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
