"""Rows of print requests and their copies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base
from printserver.print_requests import paper_models

__all__ = ["paper_models"]
"""Rows with a file of their own, which come along with these."""


class PrintRequest(Base):
    """`replaces_copy_id` names the copy that this request is a replacement for, at most one request a copy.

    `seal_id`, `places`: the first seal, and where it is wanted; `RequestSeal` has them all.   `layout` and
    `manifest_sha256` come with rendering.
    `sides`: keyword of RFC 8011, `one-sided` or `two-sided-long-edge`.   `drawn`: copies so far, for those who wait.
    `flow`: of the class, as it was when the request was handed in; `steps` those of this case; `step` the one that
    waits. `electronic`: none, also or only.   `code_corner`: as asked for.   `contract_end`: as far as the
    applicant knows it.   `amount_minor`: in the currency's
    smallest unit. `reference_key`: the caller's own number, once a caller; a resubmission takes it over.
    `earlier_id`: the submission that this one follows; `changed_pages` against that.
    """

    __tablename__ = "print_request"
    __table_args__ = (
        CheckConstraint("copies >= 1", name="copies"),
        Index("one_request_a_reference", "reference_key", unique=True),
        Index("print_request_newest_of_branch", "branch_id", "id"),
        Index("print_request_newest_of_applicant", "applicant_id", "id"),
        Index("print_request_amount", "organisation_id", "amount_minor"),
    )

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
    class_code: Mapped[str] = mapped_column(default="general", server_default=text("'general'"))
    flow: Mapped[dict[str, Any] | None]
    steps: Mapped[list[Any] | None]
    step: Mapped[str] = mapped_column(default="", server_default=text("''"))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger())
    amount_currency: Mapped[str] = mapped_column(default="", server_default=text("''"))
    reference_key: Mapped[str | None]
    earlier_id: Mapped[UUID | None] = mapped_column(index=True)
    changed_pages: Mapped[list[Any] | None]
    urged_at: Mapped[datetime | None]
    electronic: Mapped[str] = mapped_column(default="none", server_default=text("'none'"))
    code_corner: Mapped[str] = mapped_column(default="free", server_default=text("'free'"))
    contract_end: Mapped[date | None] = mapped_column(Date())


class RequestSeal(Base):
    """A seal that a request asks for. `wanted`: places as applied for; `places`: those drawn, once they are.

    `position`: from 1. A request of an earlier release has no such row, but `seal_id` and `places` of its own.
    """

    __tablename__ = "request_seal"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seal.id"), index=True)
    wanted: Mapped[list[Any]]
    places: Mapped[list[Any] | None]


class CopySeal(Base):
    """A seal was put on a copy: the signature that its holder's key made over the copy's rendition, in the objects.

    `position`: in the manifest's order, from 1.
    """

    __tablename__ = "copy_seal"

    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seal.id"), index=True)
    signature_sha256: Mapped[str]
    sealed_at: Mapped[datetime]


class RequestParty(Base):
    """Another party of the contract. `kind`: person or company; `number`: of its identity card, or its USCC."""

    __tablename__ = "request_party"
    __table_args__ = (UniqueConstraint("request_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"))
    position: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(index=True)
    consents: Mapped[bool]
    accepts_print: Mapped[bool]


class RequestAttachment(Base):
    """What approvers see besides and nobody prints; made safe as documents are."""

    __tablename__ = "request_attachment"
    __table_args__ = (UniqueConstraint("request_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"))
    position: Mapped[int]
    filename: Mapped[str]
    original_sha256: Mapped[str]
    safe_sha256: Mapped[str]
    pages: Mapped[int]


class RequestReader(Base):
    """Somebody who may read the request because it was copied to that person."""

    __tablename__ = "request_reader"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True, index=True)


class RequestTurn(Base):
    """Who may take a step: holders of `role` within `scope`, or `person_id`. For lists; the rule decides."""

    __tablename__ = "request_turn"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    step: Mapped[str]
    role: Mapped[str | None]
    scope: Mapped[str | None]
    person_id: Mapped[UUID | None] = mapped_column(index=True)


class RequestDraft(Base):
    """An application that is not handed in. `document`: what was made safe; `fields`: as typed."""

    __tablename__ = "request_draft"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    title: Mapped[str]
    document: Mapped[dict[str, Any]]
    fields: Mapped[dict[str, Any]]
    earlier_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime] = mapped_column(index=True)


class OpenForm(Base):
    """The form of an application as it stands in its person's browser.   problem: why it was refused, when it was."""

    __tablename__ = "open_form"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    typed: Mapped[dict[str, Any]]
    problem: Mapped[dict[str, Any] | None]
    saved_at: Mapped[datetime] = mapped_column(index=True)


class RequestTemplate(Base):
    """Values of the form kept under a name, for one person."""

    __tablename__ = "request_template"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    fields: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class WetSeal(Base):
    """The custodian's record that a request was sealed by hand: how many papers, when; once a seal of the request."""

    __tablename__ = "wet_seal"
    __table_args__ = (UniqueConstraint("request_id", "seal_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"))
    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seal.id"))
    papers: Mapped[int]
    sealed_at: Mapped[datetime]
    note: Mapped[str]
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


class Copy(Base):
    """One physical print, or the electronic original when `number` is 0. `serial` is the ten random bytes.

    No more than one copy a printer is `sent` at a time.
    """

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


class RequestBatch(Base):
    """A table of which each row becomes an application. `hand_in`: at once, else they stay drafts.

    `fields`: what all of them have, as an application's JSON.
    """

    __tablename__ = "request_batch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    filename: Mapped[str]
    template_code: Mapped[str]
    template_version: Mapped[int]
    language: Mapped[str]
    fields: Mapped[dict[str, Any]]
    hand_in: Mapped[bool]
    state: Mapped[str]
    rows: Mapped[int]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RequestBatchRow(Base):
    """`number`: the row's line in the file. `problem`: why it failed, for its person."""

    __tablename__ = "request_batch_row"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("request_batch.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    values: Mapped[dict[str, Any]]
    state: Mapped[str]
    problem: Mapped[str] = mapped_column(default="")
    problem_code: Mapped[str] = mapped_column(default="", server_default=text("''"))
    draft_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]
