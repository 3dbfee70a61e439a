"""Rows of organisations, branches, people, role bindings, sessions and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base


class Organisation(Base):
    """`number` is the organisation's u32 in verification codes."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("number BETWEEN 1 AND 4294967295", name="number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger(), unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class Branch(Base):
    """`path` is `/<id>/<id>/…/`, this branch's own id last: a prefix of the paths of all below it.

    A closed branch keeps its records; nobody belongs to it and nothing new begins there.
    """

    __tablename__ = "branch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str]
    path: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class User(Base):
    """A person's account. `password_hash` is argon2id, never a password.

    `person_id`: the first account of the same person, when there are several; that person counts once.
    """

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("organisation_id", "staff_number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"))
    login: Mapped[str] = mapped_column(unique=True)
    staff_number: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    frozen: Mapped[bool] = mapped_column(default=False)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    person_id: Mapped[UUID | None]
    frozen_at: Mapped[datetime | None]
    frozen_reason: Mapped[str | None]
    left_at: Mapped[datetime | None]


class RoleBinding(Base):
    """`user_id` holds `role` at `branch_id` and below, within the dates, until it is ended.

    `statement_id`: by which statement two officers gave it; None for roles that cannot help to seal.
    """

    __tablename__ = "role_binding"
    __table_args__ = (UniqueConstraint("user_id", "role", "branch_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str]
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"))
    created_at: Mapped[datetime]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    granted_by: Mapped[UUID | None]
    statement_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


class CustomRole(Base):
    """A role that an organisation made for itself. `code` is never one of the built-in roles'."""

    __tablename__ = "custom_role"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    permissions: Mapped[list[Any]]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Delegation(Base):
    """`deputy_id` stands in for `principal_id` in `role`, wherever the principal holds it, within the dates."""

    __tablename__ = "delegation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    principal_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    deputy_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    reason: Mapped[str]
    statement_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RightsReview(Base):
    """Once a period somebody looks at every right. Signed off when each line is confirmed or objected to."""

    __tablename__ = "rights_review"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    period: Mapped[str]
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    signed_off_by: Mapped[UUID | None]
    signed_off_at: Mapped[datetime | None]


class RightsReviewLine(Base):
    """One right as it was when the review was opened. `kind`: `role` or `seal`; `detail`: the role or the use."""

    __tablename__ = "rights_review_line"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    review_id: Mapped[UUID] = mapped_column(ForeignKey("rights_review.id"), index=True)
    kind: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    subject_id: Mapped[UUID]
    subject_name: Mapped[str]
    detail: Mapped[str]
    verdict: Mapped[str | None]
    reason: Mapped[str | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]


class WebSession(Base):
    """A signed-in browser. `secret_sha256` is the digest of the cookie, so that a read of the table opens nothing."""

    __tablename__ = "web_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    csrf_token: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(default="")
    device: Mapped[str] = mapped_column(default="")


class ApiToken(Base):
    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str]
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
