"""Rows of records of signings by hand. Numbers of identity papers are in none of them: only their last characters."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base

_FIRST = text("revision = 1")


class SigningRecord(Base):
    """One revision of a record: who signed a copy's paper by hand, when and where. The highest revision holds.

    `capture_id`: made by whoever recorded it, so that what is sent twice is recorded once; `content_sha256` tells
    whether it is the same.   `signers`: [{"name", "party", "check", "number_end"}].   `captured_at`: by the clock of
    the telephone; `received_at` by the server's.   `reason`: of a correction.   `decision`: empty, confirmed or
    refused, by a second person.
    """

    __tablename__ = "signing_record"
    __table_args__ = (
        UniqueConstraint("record_id", "revision"),
        Index(
            "one_signing_record_a_capture",
            "organisation_id",
            "capture_id",
            unique=True,
            sqlite_where=_FIRST,
            postgresql_where=_FIRST,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID]
    revision: Mapped[int]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), index=True)
    capture_id: Mapped[UUID]
    content_sha256: Mapped[str]
    signers: Mapped[list[Any]]
    witness: Mapped[str]
    place: Mapped[str]
    signed_at: Mapped[datetime]
    captured_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    late: Mapped[bool]
    reason: Mapped[str]
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    recorded_person: Mapped[UUID]
    decision: Mapped[str]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    remark: Mapped[str]
