"""Rows of verification: from how many places a copy's code was opened lately. No address, and nothing for long."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class CodeSighting(Base):
    """A code of the copy was opened. `visitor`: keyed digest of network, copy and day; it names nobody the day after.

    Deleted after `sightings.KEPT`.
    """

    __tablename__ = "code_sighting"

    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), primary_key=True)
    visitor: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)
