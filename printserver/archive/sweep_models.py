"""Rows of stored bytes that no other row names: what lies aside, and what a person gave back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class UnnamedObject(Base):
    """An object that lies aside. Whoever takes its row away decides on it: a round erases it, a person gives it back.

    `digest`: not called sha256, so that this row is no name of the object.   since: when it was set aside.
    """

    __tablename__ = "unnamed_object"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class GivenBackObject(Base):
    """An object that a person gave back. The row names it, so that it stays until somebody lets it go."""

    __tablename__ = "given_back_object"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    given_back_by: Mapped[UUID]
    given_back_at: Mapped[datetime]
