"""Rows of print requests and their copies."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class PrintRequest(Base):
    """`replaces_copy_id` names the copy that this request is a replacement for, at most one request a copy.

    `places` lists a place as {"page", "x_um", "y_um"}; `layout` and `manifest_sha256` come with rendering.
    `sides`: keyword of RFC 8011, `one-sided` or `two-sided-long-edge`.   `drawn`: copies so far, for those who wait.
    """

    __tablename__ = "print_request"
    __table_args__ = (CheckConstraint("copies >= 1", name="copies"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    applicant_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seal.id"), index=True)
    printer_id: Mapped[UUID] = mapped_column(ForeignKey("printer.id"))
    title: Mapped[str]
    purpose: Mapped[str]
    own_reference: Mapped[str] = mapped_column(index=True)
    places: Mapped[list[Any]]
    layout: Mapped[list[Any]]
    copies: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    manifest_sha256: Mapped[str | None]
    failure: Mapped[str] = mapped_column(default="")
    sides: Mapped[str] = mapped_column(default="one-sided", server_default=text("'one-sided'"))
    drawn: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    replaces_copy_id: Mapped[UUID | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Copy(Base):
    """One physical print. `serial` is the ten random bytes; no more than one copy a printer is `sent` at a time."""

    __tablename__ = "copy"
    __table_args__ = (
        UniqueConstraint("request_id", "number"),
        Index(
            "one_copy_at_a_time_per_printer",
            "printer_id",
            unique=True,
            sqlite_where=text("state = 'sent'"),
            postgresql_where=text("state = 'sent'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"), index=True)
    printer_id: Mapped[UUID] = mapped_column(ForeignKey("printer.id"))
    number: Mapped[int]
    serial: Mapped[bytes] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    pages: Mapped[int]
    rendition_sha256: Mapped[str]
    issued_sha256: Mapped[str | None] = mapped_column(unique=True)
    issued_at: Mapped[datetime | None]
    job_uuid: Mapped[UUID | None] = mapped_column(unique=True)
    cups_job_id: Mapped[int | None]
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    released_at: Mapped[datetime | None]
    printed_at: Mapped[datetime | None]
    settled_reason: Mapped[str] = mapped_column(default="")
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    impressions_reported: Mapped[int | None]


class ReleaseCode(Base):
    """A short-lived code that releases a request's copies once at the printer; only its salted digest is kept."""

    __tablename__ = "release_code"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    code_sha256: Mapped[str] = mapped_column(index=True)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    used_at: Mapped[datetime | None]


class ReleaseTries(Base):
    """How often a person typed a wrong release code lately, and until when no further try of theirs is looked at."""

    __tablename__ = "release_tries"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    failed: Mapped[int]
    failed_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class CopyNotice(Base):
    """A holder of a copy was told that it is void or replaced. `channel`: how, in a word; `note`: what proves it."""

    __tablename__ = "copy_notice"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), index=True)
    kind: Mapped[str]
    holder: Mapped[str]
    channel: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    delivered_at: Mapped[datetime]
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
