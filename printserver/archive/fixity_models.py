"""Rows of the checks whether what the archive keeps is still what was put there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class FixityCheck(Base):
    """The last check of a record's objects; a record without a row was never checked.

    `result`: intact or damaged.   bytes: read.   problems: {"what", "sha256", "result"} each, of damaged ones.
    damaged_since: when the first of several checks in a row found damage.
    """

    __tablename__ = "fixity_check"

    record_id: Mapped[UUID] = mapped_column(ForeignKey("archive_record.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    checked_at: Mapped[datetime] = mapped_column(index=True)
    result: Mapped[str] = mapped_column(index=True)
    objects: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger())
    problems: Mapped[list[Any]]
    damaged_since: Mapped[datetime | None]
