"""Rows of archive records: one for each copy whose signed paper came home complete."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class ArchiveRecord(Base):
    """`number` is the archive number (档号); `serial` is spelled as people read it.

    `pages` lists {"page", "image_sha256", "scan_sha256", "position", "verdict", "return_id"}, page 1 first.
    """

    __tablename__ = "archive_record"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), unique=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    number: Mapped[str]
    serial: Mapped[str] = mapped_column(unique=True)
    copy_number: Mapped[int]
    copies: Mapped[int]
    title: Mapped[str] = mapped_column(index=True)
    own_reference: Mapped[str] = mapped_column(index=True)
    issued_sha256: Mapped[str]
    pages: Mapped[list[Any]]
    retention_class: Mapped[str]
    created_at: Mapped[datetime]


class ArchiveCounter(Base):
    """The last archive number given in a year (UTC). Taking one locks the row, so numbers have no gaps."""

    __tablename__ = "archive_counter"
    __table_args__ = (CheckConstraint("last >= 0", name="last"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
