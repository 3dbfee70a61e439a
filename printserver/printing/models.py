"""Rows of the printer register."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class Printer(Base):
    """`queue` names it in CUPS; `certificate_sha256` is the digest of the pinned certificate's DER."""

    __tablename__ = "printer"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    name: Mapped[str]
    location: Mapped[str]
    queue: Mapped[str] = mapped_column(unique=True)
    uri: Mapped[str]
    certificate_sha256: Mapped[str]
    colour: Mapped[bool]
    paused: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
