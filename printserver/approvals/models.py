"""Rows of decisions and authorisations. A row alone is no evidence: the signer reads only the signed words."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class Approval(Base):
    """`evidence` is the compact JWS over the manifest's digest. A person decides once in a flow."""

    __tablename__ = "approval"
    __table_args__ = (UniqueConstraint("request_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    step: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str]
    manifest_sha256: Mapped[str]
    evidence: Mapped[str]
    decided_at: Mapped[datetime]


class Authorisation(Base):
    """One use for one copy. `redeemed_at` is set once, by a conditional UPDATE, before the HSM is asked."""

    __tablename__ = "authorisation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), unique=True)
    manifest_sha256: Mapped[str]
    content_sha256: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None]
