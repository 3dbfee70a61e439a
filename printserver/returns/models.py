"""Rows of returns: what was handed in, and the fate of each of its pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base
from printserver.returns import evidence_models, foreign_models, quarantine_models, signing_models

__all__ = ["evidence_models", "foreign_models", "quarantine_models", "signing_models"]
"""Rows with a file of their own, which come along with these."""

_USABLE = text("state <> 'failed'")
_KEPT = text("state IN ('matched', 'settled')")


class Return(Base):
    """One scanned file, stored untouched under `scan_sha256` before anything read it; a branch hands it in once.

    `pages_read`: how many have their fate so far, from the first on. `section_request_id`: of the process sheet behind
    which the next page lies, which is page `section_sheet` of the scan.
    """

    __tablename__ = "return_batch"
    __table_args__ = (
        Index(
            "one_return_per_scan",
            "branch_id",
            "scan_sha256",
            unique=True,
            sqlite_where=_USABLE,
            postgresql_where=_USABLE,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    handed_in_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    filename: Mapped[str]
    scan_sha256: Mapped[str] = mapped_column(index=True)
    scan_kind: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    failure: Mapped[str] = mapped_column(default="")
    pages: Mapped[int] = mapped_column(default=0)
    pages_read: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    section_request_id: Mapped[UUID | None]
    section_sheet: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ReturnPage(Base):
    """`position` is the page's place in the scan, from 1; `page` its number in the copy. `findings` is JSON.

    Of each page of a copy at most one is kept, matched or settled. `request_id`: of a process sheet and of what lies
    behind it; `sheet`: that sheet's place in the scan.
    """

    __tablename__ = "return_page"
    __table_args__ = (
        UniqueConstraint("return_id", "position"),
        Index(
            "one_kept_page",
            "copy_id",
            "page",
            unique=True,
            sqlite_where=_KEPT,
            postgresql_where=_KEPT,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    return_id: Mapped[UUID] = mapped_column(ForeignKey("return_batch.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    position: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(default="")
    copy_id: Mapped[UUID | None] = mapped_column(ForeignKey("copy.id"), index=True)
    page: Mapped[int | None]
    request_id: Mapped[UUID | None] = mapped_column(index=True)
    sheet: Mapped[int | None]
    rotation: Mapped[int] = mapped_column(default=0)
    image_sha256: Mapped[str | None]
    verdict: Mapped[str] = mapped_column(default="")
    findings: Mapped[dict[str, Any]]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None]


class ReturnedCopy(Base):
    """A copy of which some page came home. Touching the row locks it: its pages are counted by one at a time."""

    __tablename__ = "returned_copy"

    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), primary_key=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
