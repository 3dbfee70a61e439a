"""Rows of archive records: one for each copy whose signed paper came home complete."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class ArchiveRecord(Base):
    """`number` is the archive number (档号), unique; `pages` lists {"page", "image_sha256", "verdict", "return_id"}."""

    __tablename__ = "archive_record"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), unique=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(index=True)
    own_reference: Mapped[str] = mapped_column(index=True)
    issued_sha256: Mapped[str]
    pages: Mapped[list[Any]]
    retention_class: Mapped[str]
    created_at: Mapped[datetime]
