"""Rows of records that came from other installations: kept, shown and never changed here."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class ArchiveSource(Base):
    """An installation whose root somebody chose to believe. `note`: how the fingerprint was compared, and with what."""

    __tablename__ = "archive_source"
    __table_args__ = (UniqueConstraint("organisation_id", "root_fingerprint"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    root_fingerprint: Mapped[str]
    note: Mapped[str]
    pinned_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    pinned_at: Mapped[datetime]


class ForeignRecord(Base):
    """`record_id`, `number`, `serial`: the other installation's. `branch_id`: of those here who may read it.

    package_sha256: its evidence package, whole, in the object store.   facts: what was proved of it, for pages.
    checked_at: when the package was last read again.   check_result: see `archive.fixity.ObjectResult`.
    """

    __tablename__ = "foreign_record"
    __table_args__ = (UniqueConstraint("organisation_id", "source_id", "record_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("archive_source.id"), index=True)
    record_id: Mapped[str]
    number: Mapped[str] = mapped_column(index=True)
    serial: Mapped[str] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(index=True)
    own_reference: Mapped[str] = mapped_column(index=True)
    package_sha256: Mapped[str]
    facts: Mapped[dict[str, Any]]
    imported_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    imported_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    check_result: Mapped[str | None]
    damaged_since: Mapped[datetime | None]
