"""Rows of documents: only the rebuilt, safe bytes are stored; of the original its digest is kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class Document(Base):
    __tablename__ = "document"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    filename: Mapped[str]
    original_sha256: Mapped[str] = mapped_column(index=True)
    safe_sha256: Mapped[str]
    pages: Mapped[int]
    created_at: Mapped[datetime]
