"""Rows of the printer register, of what its printers say, and of the tickets that print one copy each."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base

EMPTY = text("''")


class Printer(Base):
    """`queue` names it in CUPS; `certificate_sha256` is the digest of the pinned certificate's DER.

    `spooler` names the cupsd in the settings.   `counter`: where its page count comes from, `ipp`, `panel` or `none`.
    `release_rule`: `person`, `second-person` or `code`.   `document_format`: what it is sent, a MIME type.
    `calibration`: what a person chose from the calibration sheet, see `rendering.calibration`; empty for the usual.
    """

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
    model: Mapped[str] = mapped_column(default="", server_default=EMPTY)
    spooler: Mapped[str] = mapped_column(default="local", server_default=text("'local'"))
    certificate_pem: Mapped[str] = mapped_column(Text, default="", server_default=EMPTY)
    certificate_not_after: Mapped[datetime | None]
    document_format: Mapped[str] = mapped_column(default="application/pdf", server_default=text("'application/pdf'"))
    resolution_dpi: Mapped[int] = mapped_column(default=600, server_default=text("600"))
    two_sided: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    counter: Mapped[str] = mapped_column(default="none", server_default=text("'none'"))
    release_rule: Mapped[str] = mapped_column(default="person", server_default=text("'person'"))
    capabilities: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    capabilities_at: Mapped[datetime | None]
    paused_reason: Mapped[str] = mapped_column(default="", server_default=EMPTY)
    retired_at: Mapped[datetime | None]
    calibration: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))


class PrinterStatus(Base):
    """What a printer said when it was last asked. `supplies` lists {"name", "level"}, level in per cent or null.

    `queue_reasons`: what its print queue adds to the printer's own reasons.
    """

    __tablename__ = "printer_status"

    printer_id: Mapped[UUID] = mapped_column(ForeignKey("printer.id"), primary_key=True)
    state: Mapped[str] = mapped_column(default="")
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    supplies: Mapped[list[Any]] = mapped_column(default=list)
    impressions: Mapped[int | None]
    sheets: Mapped[int | None]
    up_seconds: Mapped[int | None]
    queue_reasons: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    problem: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class CounterReading(Base):
    """One reading of a printer's own page counter, since it was made. `source`: `ipp` or `panel` (read by a person)."""

    __tablename__ = "counter_reading"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    printer_id: Mapped[UUID] = mapped_column(ForeignKey("printer.id"), index=True)
    taken_at: Mapped[datetime] = mapped_column(index=True)
    impressions: Mapped[int]
    sheets: Mapped[int | None]
    source: Mapped[str]
    taken_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))


class CountAlarm(Base):
    """A printer's counter and the authorisations disagree on `day` (ISO date of the server's time zone)."""

    __tablename__ = "count_alarm"
    __table_args__ = (UniqueConstraint("printer_id", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    printer_id: Mapped[UUID] = mapped_column(ForeignKey("printer.id"), index=True)
    day: Mapped[str]
    figures: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(default="")


class PrintTicket(Base):
    """The one right to print a copy's job. `secret_sha256`: of the ticket, which lies in the encrypted job file alone.

    `attempt` names the backend's run that claimed it.   `record`: the fence's own lines, as last delivered.
    `hand_over` names the durable job that brought it to the spooler.
    """

    __tablename__ = "print_ticket"
    __table_args__ = (Index("ix_print_ticket_open", "printer_id", "state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    copy_id: Mapped[UUID] = mapped_column(index=True)
    job_uuid: Mapped[UUID] = mapped_column(unique=True)
    printer_id: Mapped[UUID] = mapped_column(ForeignKey("printer.id"))
    secret_sha256: Mapped[str]
    state: Mapped[str]
    attempt: Mapped[str | None]
    record: Mapped[str] = mapped_column(Text, default="")
    hand_over: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    committed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
