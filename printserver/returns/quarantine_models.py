"""Rows of scans that no gate let in, and of the channels by which scans come in without anybody at a page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base

_WAITING = text("outcome = ''")


class QuarantinedScan(Base):
    """A file that was refused, stored untouched under `scan_sha256`; a branch keeps it once while it waits.

    `problem`: the refusal's code; `detail`: its words.   `outcome`: empty while it waits, `taken-in` or `discarded`.
    """

    __tablename__ = "quarantined_scan"
    __table_args__ = (
        Index(
            "one_waiting_scan",
            "branch_id",
            "scan_sha256",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    handed_in_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    channel: Mapped[str]
    filename: Mapped[str]
    scan_sha256: Mapped[str] = mapped_column(index=True)
    bytes: Mapped[int]
    problem: Mapped[str]
    detail: Mapped[str]
    created_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(default="")
    return_id: Mapped[UUID | None] = mapped_column(ForeignKey("return_batch.id"))
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None]
    settled_reason: Mapped[str] = mapped_column(default="")


class IntakeChannel(Base):
    """How one channel of a branch does: `name` is a folder, a mail address or a user of the SFTP drop.

    `trouble`: what keeps it from taking in scans now, in words; empty when nothing does.   `waiting`: files that are
    there and not whole yet.   `taken_in`, `quarantined`: since the row was made.
    """

    __tablename__ = "intake_channel"
    __table_args__ = (UniqueConstraint("channel", "name", "branch_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    channel: Mapped[str]
    name: Mapped[str]
    account: Mapped[str]
    trouble: Mapped[str] = mapped_column(default="")
    waiting: Mapped[int] = mapped_column(default=0)
    taken_in: Mapped[int] = mapped_column(default=0)
    quarantined: Mapped[int] = mapped_column(default=0)
    looked_at: Mapped[datetime]
    last_taken_at: Mapped[datetime | None]
