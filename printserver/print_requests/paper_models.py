"""Rows about a copy's paper once it is printed: when it has to come home, who was told, and who holds it.

What is corrected stays: extensions, revisions of hand-overs and reminders are only ever added.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class OwedReturn(Base):
    """By when the signed paper of a printed copy is due; laid when it is printed, by its class's rule of that day.

    `due_at`: None when the class wants no paper back.   `days`, `counted_from`, `counted_at`: how it came about.
    `extended`: by a person, so that nothing recounts it.   `written_off_…`: the paper stays with us, or never comes.
    """

    __tablename__ = "owed_return"
    __table_args__ = (Index("owed_return_of_branch", "branch_id", "due_at"),)

    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"))
    days: Mapped[int | None]
    counted_from: Mapped[str]
    counted_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    remind_before: Mapped[int]
    escalate_after: Mapped[int]
    extended: Mapped[bool]
    written_off_as: Mapped[str | None]
    written_off_reason: Mapped[str | None]
    written_off_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    written_off_at: Mapped[datetime | None]


class DueExtension(Base):
    """A due date was moved by a person; the one before is kept."""

    __tablename__ = "due_extension"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("owed_return.copy_id"), index=True)
    due_before: Mapped[datetime]
    due_after: Mapped[datetime]
    reason: Mapped[str]
    extended_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    extended_at: Mapped[datetime]


class OwedReminder(Base):
    """A stage of a copy's due date was told. There is one row a copy, due date and stage: whoever adds it tells it."""

    __tablename__ = "owed_reminder"

    copy_id: Mapped[UUID] = mapped_column(ForeignKey("owed_return.copy_id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]


class BlockException(Base):
    """Requests of a branch are accepted for a time although it owes too many papers.

    `granted_person`: the natural person, who cannot use it.   `uses`: requests that were handed in by it so far.
    """

    __tablename__ = "block_exception"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    reason: Mapped[str]
    valid_until: Mapped[datetime]
    most_uses: Mapped[int]
    uses: Mapped[int]
    granted_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    granted_person: Mapped[UUID]
    granted_at: Mapped[datetime]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]


class HandOver(Base):
    """Link `position` (from 1) of a copy's chain of holders; the highest `revision` holds, the others are what it was.

    `holder_kind`: party, person, branch or us.   `receiver`: who signed for it.   `proof_sha256`: of the photo or scan
    of that signature in the object store.   `cancelled`: it never happened.   `reason`: of a correction.
    """

    __tablename__ = "hand_over"
    __table_args__ = (
        UniqueConstraint("copy_id", "position", "revision"),
        Index("hand_over_of_organisation", "organisation_id", "holder"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"))
    position: Mapped[int]
    revision: Mapped[int]
    holder_kind: Mapped[str]
    holder: Mapped[str]
    holder_branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("branch.id"))
    means: Mapped[str]
    receiver: Mapped[str]
    courier_number: Mapped[str] = mapped_column(index=True)
    proof_sha256: Mapped[str | None]
    handed_at: Mapped[datetime]
    note: Mapped[str]
    cancelled: Mapped[bool]
    reason: Mapped[str]
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
