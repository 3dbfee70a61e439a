"""Rows of frozen places: branches with all below them, and whole organisations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class PlaceFreeze(Base):
    """In force until it is ended.   `branch_id`: None for the whole organisation.

    What is in force here holds for people and pages; what the signer obeys lies in its own register.
    """

    __tablename__ = "place_freeze"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("branch.id"))
    reason: Mapped[str]
    frozen_by: Mapped[UUID | None]
    frozen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
