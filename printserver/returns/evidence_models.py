"""Rows of evidence packages that were ordered: several records at once take a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class EvidenceOrder(Base):
    """`done`: records gathered so far, for those who wait.   failure, failure_code: why there is no package.

    package_sha256: in the object store until `erased_at`.   account_id: whoever ordered it, with that person's rights.
    """

    __tablename__ = "evidence_order"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    record_ids: Mapped[list[Any]]
    whole_scans: Mapped[bool]
    done: Mapped[int]
    failure: Mapped[str]
    failure_code: Mapped[str]
    package_sha256: Mapped[str | None]
    filename: Mapped[str]
    bytes: Mapped[int | None] = mapped_column(BigInteger())
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
