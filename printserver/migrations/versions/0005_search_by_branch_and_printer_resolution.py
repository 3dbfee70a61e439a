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
