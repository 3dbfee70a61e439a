"""Rows of decisions and authorisations. A row alone is no evidence: the signer reads only the signed words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base

_NO_CUSTODY: Final = "substr(step, 1, 8) <> 'custody:'"


class Approval(Base):
    """`evidence` is the signed word over the manifest's digest. A person decides once in a flow, and once a seal kept.

    `acts_for`: whose place a deputy takes.   `to_id`: who must agree as well, or to whom the step was forwarded.
    `kind`: what the evidence is signed by: attested, passkey or system.
    """

    __tablename__ = "approval"
    __table_args__ = (
        UniqueConstraint("request_id", "person_id", "step"),
        Index(
            "one_decision_a_person",
            "request_id",
            "person_id",
            unique=True,
            sqlite_where=text(_NO_CUSTODY),
            postgresql_where=text(_NO_CUSTODY),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    step: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str]
    manifest_sha256: Mapped[str]
    evidence: Mapped[str]
    decided_at: Mapped[datetime]
    acts_for: Mapped[UUID | None]
    to_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(default="attested", server_default=text("'attested'"))


class DocumentClass(Base):
    """A class of documents. `flow`: the one that officers confirmed last; none before the first.

    `hints`: {"printer_id", "place": {"page", "x_um", "y_um"}}, filled in for the applicant, each optional.
    `public_view`: how much of a page a stranger with its code is shown: none, masked, titled or full.
    `marks`: against copying, see `rendering.security_marks.MarksChoice`; what is not named is as usual.
    """

    __tablename__ = "document_class"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    retention: Mapped[str]
    seal_types: Mapped[list[Any]]
    hints: Mapped[dict[str, Any]]
    flow: Mapped[dict[str, Any] | None]
    version: Mapped[int]
    retired: Mapped[bool]
    changed_at: Mapped[datetime]
    public_view: Mapped[str] = mapped_column(default="masked", server_default=text("'masked'"))
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))


class ClassReturnPolicy(Base):
    """What a class says of its signed papers, see `return_policy.ReturnPolicy`; classes without a row have the usual.

    The log holds what it was before.
    """

    __tablename__ = "class_return_policy"
    __table_args__ = (UniqueConstraint("organisation_id", "class_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    class_code: Mapped[str]
    policy: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


class Authorisation(Base):
    """One use for one copy. `redeemed_at` is set once, by a conditional UPDATE, before the HSM is asked."""

    __tablename__ = "authorisation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("print_request.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    copy_id: Mapped[UUID] = mapped_column(ForeignKey("copy.id"), unique=True)
    manifest_sha256: Mapped[str]
    content_sha256: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None]


class StatementRow(Base):
    """Something that people say to the signer's register. `subject_id`: the person or seal it is about.

    `path`: of the branch it is about, empty for the whole organisation. `made_at` is part of what is signed.
    `refusal`: why an officer or the signer would not have it.
    """

    __tablename__ = "statement"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str]
    path: Mapped[str]
    subject_id: Mapped[UUID | None] = mapped_column(index=True)
    body: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str]
    refusal: Mapped[str]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    registered_at: Mapped[datetime | None]


class StatementSignature(Base):
    """A person signs a statement once. `as_officer`: by the rights of that moment; the signer judges for itself."""

    __tablename__ = "statement_signature"
    __table_args__ = (UniqueConstraint("statement_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    as_officer: Mapped[bool]
    evidence: Mapped[str]
    signed_at: Mapped[datetime]
