"""People, seals and approvals.

Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from printserver.foundation.database import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "custom_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("permissions", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("retired_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_custom_role_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_role")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_custom_role_organisation_id_code")),
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("valid_from", Moment(), nullable=False),
        sa.Column("valid_until", Moment(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["deputy_id"], ["user_account.id"], name=op.f("fk_delegation_deputy_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_delegation_organisation_id")),
        sa.ForeignKeyConstraint(["principal_id"], ["user_account.id"], name=op.f("fk_delegation_principal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    with op.batch_alter_table("delegation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delegation_deputy_id"), ["deputy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delegation_principal_id"), ["principal_id"], unique=False)

    op.create_table(
        "rights_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("signed_off_by", sa.Uuid(), nullable=True),
        sa.Column("signed_off_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_rights_review_opened_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_rights_review_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_review")),
    )
    with op.batch_alter_table("rights_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rights_review_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "rights_review_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["review_id"], ["rights_review.id"], name=op.f("fk_rights_review_line_review_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_rights_review_line_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_review_line")),
    )
    with op.batch_alter_table("rights_review_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rights_review_line_review_id"), ["review_id"], unique=False)

    with op.batch_alter_table("branch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed_at", Moment(), nullable=True))

    with op.batch_alter_table("role_binding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("valid_from", Moment(), nullable=True))
        batch_op.add_column(sa.Column("valid_until", Moment(), nullable=True))
        batch_op.add_column(sa.Column("granted_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("statement_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", Moment(), nullable=True))

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("frozen_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("frozen_reason", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("left_at", Moment(), nullable=True))
