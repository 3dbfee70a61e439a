"""Rows of how long records are kept: changes, holds, disposal runs, and what is gone.

`…_by` names a person, never an account; `…_for` whose place that person took as a deputy.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class RetentionTurn(Base):
    """Touching the row locks it: of an organisation's holds, changes and disposals one is decided at a time."""

    __tablename__ = "retention_turn"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    taken_at: Mapped[datetime]


class RetentionChange(Base):
    """`old_…`: as it was when the change was asked for. A shortening is in force once a second person said so."""

    __tablename__ = "retention_change"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    record_id: Mapped[UUID] = mapped_column(ForeignKey("archive_record.id"), index=True)
    old_class: Mapped[str]
    old_end: Mapped[date | None] = mapped_column(Date())
    new_class: Mapped[str]
    new_end: Mapped[date | None] = mapped_column(Date())
    shortens: Mapped[bool]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    asked_by: Mapped[UUID]
    asked_for: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
    refusal: Mapped[str]


class LegalHold(Base):
    """`scope`: records, search or branch; one of a branch covers what is archived there and below it, now and later.

    `branch_id`: whose people decide on it.   `said`: the search.   `records`: how many it named.
    `lift_evidence`: the signed word of whoever asked to lift it.
    """

    __tablename__ = "legal_hold"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    scope: Mapped[str]
    said: Mapped[str]
    records: Mapped[int]
    matter: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    set_by: Mapped[UUID]
    set_for: Mapped[UUID | None]
    set_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    lift_reason: Mapped[str]
    lift_asked_by: Mapped[UUID | None]
    lift_asked_for: Mapped[UUID | None]
    lift_asked_at: Mapped[datetime | None]
    lift_evidence: Mapped[str | None]
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]


class HeldRecord(Base):
    __tablename__ = "held_record"

    hold_id: Mapped[UUID] = mapped_column(ForeignKey("legal_hold.id"), primary_key=True)
    record_id: Mapped[UUID] = mapped_column(ForeignKey("archive_record.id"), primary_key=True, index=True)


class HeldBranch(Base):
    """The branch of a hold and those that lay below it when it was set: moved elsewhere, they stay held."""

    __tablename__ = "held_branch"

    hold_id: Mapped[UUID] = mapped_column(ForeignKey("legal_hold.id"), primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), primary_key=True)


class DisposalRun(Base):
    """A list of records that shall go (鉴定销毁清册). `list_sha256`: of its canonical JSON, which both persons signed.

    `asked_evidence`, `approved_evidence`: their words, signed by the web process's attestation key.
    `certificate_sha256`: of the certificate, in the objects, once it is done.
    """

    __tablename__ = "disposal_run"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str]
    day: Mapped[date] = mapped_column(Date())
    records: Mapped[int]
    list_sha256: Mapped[str]
    asked_by: Mapped[UUID]
    asked_for: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    asked_evidence: Mapped[str]
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
    approved_evidence: Mapped[str]
    refusal: Mapped[str]
    finished_at: Mapped[datetime | None]
    certificate_sha256: Mapped[str | None]


class DisposalItem(Base):
    """A record on the list, as it was when it was listed. `named`: digests that shall be erased with it, once marked;
    `erased`: those that were.   `why`: it was kept."""

    __tablename__ = "disposal_item"
    __table_args__ = (UniqueConstraint("run_id", "record_id"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("disposal_run.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[UUID] = mapped_column(ForeignKey("archive_record.id"), index=True)
    retention_class: Mapped[str]
    contract_end: Mapped[date] = mapped_column(Date())
    kept_until: Mapped[date] = mapped_column(Date())
    state: Mapped[str]
    why: Mapped[str]
    named: Mapped[list[Any]]
    erased: Mapped[list[Any]]
    settled_at: Mapped[datetime | None]


class DisposedRecord(Base):
    """From the moment that a record is marked; its row in the archive remains with number, dates and digests."""

    __tablename__ = "disposed_record"

    record_id: Mapped[UUID] = mapped_column(ForeignKey("archive_record.id"), primary_key=True)
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), unique=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("disposal_run.id"), index=True)
    disposed_at: Mapped[datetime]
