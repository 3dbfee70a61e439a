"""Search by branch and printer resolution.

Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from printserver.foundation.database import Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_table("archive_posting")
    op.create_table(
        "archive_word",
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shelf", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("token", "shelf", "number", name=op.f("pk_archive_word")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("archive_word", schema=None) as batch_op:
        batch_op.create_index("archive_word_of_text", ["number"], unique=False)

    op.create_table(
        "given_back_object",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_back_by", sa.Uuid(), nullable=False),
        sa.Column("given_back_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_given_back_object_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "sha256", name=op.f("pk_given_back_object")),
    )
    op.create_table(
        "unnamed_object",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_unnamed_object_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "digest", name=op.f("pk_unnamed_object")),
    )
    op.create_table(
        "open_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("typed", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("problem", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True),
        sa.Column("saved_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_open_form_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_open_form_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_form")),
    )
    with op.batch_alter_table("open_form", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_open_form_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_open_form_saved_at"), ["saved_at"], unique=False)

    with op.batch_alter_table("archive_text", schema=None) as batch_op:
        batch_op.add_column(sa.Column("form", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("ix_archive_text_form"), ["form"], unique=False)

    with op.batch_alter_table("foreign_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("checked_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("check_result", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("damaged_since", Moment(), nullable=True))

    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lift_evidence", sa.String(), nullable=True))

    with op.batch_alter_table("wet_seal", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_wet_seal_request_id"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_wet_seal_request_id_seal_id"), ["request_id", "seal_id"])
