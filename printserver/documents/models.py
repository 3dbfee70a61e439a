"""Rows of documents: the rebuilt, safe bytes are stored, and of the original its digest; and rows of templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
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
    findings: Mapped[dict[str, Any] | None]


class DocumentTemplate(Base):
    """A template of the organisation's own; those that come with the product have no row.

    `owner_branch_id`: whose template it is. `retired_at`: nothing new is made of it.
    """

    __tablename__ = "document_template"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str]
    owner_branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class DocumentTemplateVersion(Base):
    """Never changed. `description`: names, class, fields, sample. `sources`: digest of each file, in the objects."""

    __tablename__ = "document_template_version"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    template_id: Mapped[UUID] = mapped_column(ForeignKey("document_template.id"))
    number: Mapped[int]
    description: Mapped[dict[str, Any]]
    sources: Mapped[dict[str, Any]]
    added_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime]
