"""Rows of organisations, branches, people, role bindings, sessions and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from printserver.foundation.database import Base
from printserver.organisations import freeze_models, identity_proof_models, key_media_models

__all__ = ["freeze_models", "identity_proof_models", "key_media_models"]
"""Rows with files of their own, which come along with these."""


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
    """An account. `password_hash` is argon2id under web's secret, never a password; see `passwords`.

    `person_id`: the first account of the same person, when there are several; that person counts once.
    `kind`: `person`, or `service` for a program, which has tokens and no password.
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
    kind: Mapped[str] = mapped_column(default="person", server_default="person")
    password_changed_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    email: Mapped[str | None]
    dormancy_warned_at: Mapped[datetime | None]


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
    """A signed-in browser. `secret_sha256` is an HMAC that binds the cookie to account and end: see `sessions`.

    `factor_shown_at` counts only with its `factor_mac`, which no write to the database can make.
    """

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
    last_seen_at: Mapped[datetime | None]
    factor: Mapped[str | None]
    factor_shown_at: Mapped[datetime | None]
    factor_mac: Mapped[str | None]


class ApiToken(Base):
    """`secret_sha256` is an HMAC over the token and all that limits it: account, end, scopes, networks.

    `scopes`: names of permissions; None for all that the account may do.   `networks`: CIDR; None for everywhere.
    """

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str]
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    scopes: Mapped[list[Any] | None]
    networks: Mapped[list[Any] | None]
    issued_by: Mapped[UUID | None]


class SignInSource(Base):
    """From where people tried to sign in to an account: `device:…` that it knows, or `network:…`."""

    __tablename__ = "sign_in_source"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    failed: Mapped[int] = mapped_column(default=0)
    resting_until: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]


class FormerPassword(Base):
    """Hashes of passwords that shall not come again."""

    __tablename__ = "former_password"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    password_hash: Mapped[str]
    retired_at: Mapped[datetime]


class TotpFactor(Base):
    """Seeds are encrypted for their account. `last_step`: the newest time step of which a code was used."""

    __tablename__ = "totp_factor"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    seed: Mapped[str | None]
    next_seed: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger(), default=0)


class RecoveryCode(Base):
    __tablename__ = "recovery_code"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    code_mac: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class Passkey(Base):
    """A public key of an account's authenticator; it counts only with its `mac`, which no write to the database makes.

    `credential_id`, `public_key` (COSE): base64url.   `newest_challenge`: of what was signed last, in µs since 1970.
    `evidence_since`: since when the signer takes its signatures as that person's word, by `statement_id`.
    """

    __tablename__ = "passkey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    credential_id: Mapped[str] = mapped_column(unique=True)
    public_key: Mapped[str]
    rp_id: Mapped[str]
    origin: Mapped[str]
    name: Mapped[str]
    sign_count: Mapped[int] = mapped_column(BigInteger(), default=0)
    newest_challenge: Mapped[int] = mapped_column(BigInteger(), default=0)
    mac: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    statement_id: Mapped[UUID | None]
    evidence_since: Mapped[datetime | None]


class AccessReset(Base):
    """A new first password for somebody who can help to seal: one administrator orders it, another person completes it.

    `half`: the first half of the password, encrypted; only the one who ordered it was told.
    """

    __tablename__ = "access_reset"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    half: Mapped[str]
    second_factor_too: Mapped[bool]
    reason: Mapped[str]
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    requested_at: Mapped[datetime]
    completed_by: Mapped[UUID | None]
    completed_at: Mapped[datetime | None]
