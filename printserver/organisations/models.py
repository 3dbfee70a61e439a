"""Rows of organisations, branches, people, role bindings, sessions and tokens."""

from __future__ import annotations

from datetime import datetime
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
    """`path` is `/<id>/<id>/…/`, this branch's own id last: a prefix of the paths of all below it."""

    __tablename__ = "branch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str]
    path: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class User(Base):
    """A person. `password_hash` is argon2id, never a password."""

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


class RoleBinding(Base):
    """`user_id` holds `role` at `branch_id` and below."""

    __tablename__ = "role_binding"
    __table_args__ = (UniqueConstraint("user_id", "role", "branch_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str]
    branch_id: Mapped[UUID] = mapped_column(ForeignKey("branch.id"))
    created_at: Mapped[datetime]


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
