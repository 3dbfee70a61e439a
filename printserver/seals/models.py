"""Rows of seals. The seal itself is the signed object; the row says where it is in its life."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class Seal(Base):
    """`code_id`: 12 hexadecimal digits, the seal's six bytes in verification codes. Sizes in micrometres."""

    __tablename__ = "seal"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    custodian_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    code_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    type: Mapped[str]
    state: Mapped[str]
    width_um: Mapped[int]
    height_um: Mapped[int]
    object_sha256: Mapped[str]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    created_at: Mapped[datetime]
