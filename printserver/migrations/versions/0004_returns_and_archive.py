"""Returns and archive.

Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from printserver.foundation.database import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "archive_posting",
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("token", "number", name=op.f("pk_archive_posting")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("archive_posting", schema=None) as batch_op:
        batch_op.create_index("archive_posting_of_text", ["number"], unique=False)

    op.create_table(
        "archive_scheme",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("fonds", sa.String(), nullable=False),
        sa.Column("pattern", sa.String(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_archive_scheme_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_archive_scheme")),
    )
    op.create_table(
        "archive_saved_search",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_archive_saved_search_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_archive_saved_search_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_saved_search")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_archive_saved_search_person_id_name")),
    )
    op.create_table(
        "archive_party",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["archive_record.id"], name=op.f("fk_archive_party_record_id")),
        sa.PrimaryKeyConstraint("record_id", "position", name=op.f("pk_archive_party")),
    )
    with op.batch_alter_table("archive_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archive_party_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_archive_party_number"), ["number"], unique=False)

    op.create_table(
        "archive_text",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["archive_record.id"], name=op.f("fk_archive_text_record_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_archive_text")),
        sa.UniqueConstraint("record_id", name=op.f("uq_archive_text_record_id")),
    )
    with op.batch_alter_table("archive_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("catalogue", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("class_code", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("amount_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("amount_currency", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("contract_end", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("searchable_state", sa.String(), server_default="none", nullable=False))
        batch_op.add_column(sa.Column("searchable_sha256", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "searchable_pages", sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("searchable_failure", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("searchable_tries", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("searchable_at", Moment(), nullable=True))
        batch_op.create_index("archive_record_catalogue", ["organisation_id", "catalogue"], unique=False)
        batch_op.create_index("archive_record_newest_of_branch", ["branch_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_archive_record_searchable_state"), ["searchable_state"], unique=False)

    with op.batch_alter_table("return_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("section_request_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("section_sheet", sa.Integer(), nullable=True))

    with op.batch_alter_table("return_page", schema=None) as batch_op:
        batch_op.add_column(sa.Column("request_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("sheet", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_return_page_request_id"), ["request_id"], unique=False)
